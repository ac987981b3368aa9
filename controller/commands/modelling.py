"""Put a search model that was learned elsewhere into use, such as that of `make search-model`."""

import argparse
import asyncio
import sys

from content.search.learned import Learned
from controller import keys
from controller.commands.offline import offline
from controller.config import ZoneConfig, load_config
from controller.services.audit import SYSTEM
from controller.store import nights


def search_model(options: argparse.Namespace) -> int:
    """Keep the model as the newest; desk and phones take it over within minutes, terminals within hours."""
    data = options.file.read_bytes()
    name = Learned.from_bytes(data).name
    if asyncio.run(_put(load_config(options.state), name, data)):
        sys.stdout.write(f"检索模型 {name} 已启用。终端会自动取得，屏幕下次启动后使用。\n")
        sys.stdout.write("如果效果不好，可在“检索考题”页退回上一个。\n")
    else:
        sys.stdout.write(f"检索模型 {name} 已在使用中，没有改动。\n")
    return 0


async def _put(config: ZoneConfig, name: str, data: bytes) -> bool:
    """Say whether it was not in use before."""
    async with offline(config) as app:
        now = int(app[keys.CLOCK].now().timestamp())
        async with app[keys.DATABASE].write() as c:
            if name in (one for one, _ in (await nights.model_names(c))[:1]):
                return False
            await nights.put_model(c, name, data, now=now)
            await app[keys.AUDIT].write(c, actor=SYSTEM, act="search_model_published", subject=name)
            return True
