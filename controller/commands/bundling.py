"""Write a content bundle to a stick from the command line."""

import argparse
import asyncio
import sys
from pathlib import Path

from aiohttp import web

from controller import keys
from controller.commands.offline import offline
from controller.config import ZoneConfig, load_config
from controller.services.bundles import Bundled, Bundles
from controller.services.feed_library import FeedLibrary
from controller.services.folding import BlobFolder
from devices.wire.bundle_file import SUFFIX


def bundle(options: argparse.Namespace) -> int:
    """Write the bundle and say what is in it."""
    config = load_config(options.state)
    path = file_in(options.out, zone=config.main_feed)
    for one in asyncio.run(_write(config, path, tuple(options.feed))):
        sys.stdout.write(f"频道 {one.feed}：到第 {one.sequence} 条\n")
    sys.stdout.write(f"内容包已写入 {path}。插到终端后会自动校验并更新，结果显示在屏幕上。\n")
    return 0


def file_in(out: Path, *, zone: str) -> Path:
    """Return the file to write: in a folder one named after the zone, else the path that was given."""
    if out.is_dir():
        return out / f"{zone.replace('/', '-')}{SUFFIX}"
    return out if out.suffix == SUFFIX else out.with_name(out.name + SUFFIX)


async def _write(config: ZoneConfig, path: Path, feeds: tuple[str, ...]) -> tuple[Bundled, ...]:
    async with offline(config) as app:
        bundles = Bundles(
            log=app[keys.FEED_LOG],
            library=FeedLibrary(database=app[keys.DATABASE]),
            policies=app[keys.POLICIES],
            blobs=BlobFolder(config.state / "blobs"),
        )
        return await bundles.write(path, feeds or await _published(app, config))


async def _published(app: web.Application, config: ZoneConfig) -> tuple[str, ...]:
    """Return the zone's feeds that have content; the main feed if none has, so that its want is named."""
    known = await app[keys.FEED_LOG].sequences()
    return tuple(feed for feed in config.all_feeds if feed in known) or (config.main_feed,)
