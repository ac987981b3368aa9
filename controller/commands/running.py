"""Make a zone, run it, and give its first administrator a way in."""

import argparse
import asyncio
import logging
import signal
import sys

from content.errors import ZoneError
from controller import keys
from controller.commands.offline import offline
from controller.config import FILE, ConfigError, config_from, load_config
from controller.serving import serving


class ZoneExists(ZoneError):
    """The folder holds a zone already."""


def init(options: argparse.Namespace) -> int:
    """Write zone.toml."""
    path = options.state / FILE
    if path.exists():
        raise ZoneExists(f"{path} 已存在，没有改动。如需修改，请直接编辑这个文件。")
    values = {"zone": options.zone, "region": options.region, "public_url": options.public_url}
    config = config_from(values, state=options.state)
    options.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    lines = (
        f"zone = {_quoted(config.zone)}",
        f"region = {_quoted(config.region)}",
        f"public_url = {_quoted(config.public_url)}",
        "# 县级文件公开前，须有几位拟稿人之外的人签名：",
        "threshold = 2",
        "",
        "# 政府信息公开机构的联系电话，显示在群众手机的办理进度页上：",
        '# contact = "0000-0000000"',
    )
    path.write_text("\n".join(lines) + "\n", "utf-8")
    _say(f"已生成 {path}。现在可以运行：python -m controller serve --state {options.state}")
    return 0


def serve(options: argparse.Namespace) -> int:
    """Run the controller until it is told to end."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    config = load_config(options.state)

    async def run() -> None:
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, ended.set)
        async with serving(config) as zone:
            if zone.set_up_link:
                _say(f"首次设置链接（24 小时内有效，只能使用一次）：{zone.set_up_link}")
            for problem in zone.app[keys.PUSH].problems:
                _say(problem)
            _say(f"控制端已启动：{config.public_url}/desk")
            await ended.wait()
            _say("正在停止……")

    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())
    return 0


def set_up_link(options: argparse.Namespace) -> int:
    """Print a new set-up link; earlier ones end."""
    config = load_config(options.state)

    async def make() -> str | None:
        async with offline(config) as app:
            return await app[keys.PEOPLE].set_up_token()

    token = asyncio.run(make())
    if token is None:
        raise ConfigError("这个专区已经有账号，不再需要首次设置；请由管理员在工作台邀请新的人员。")
    _say(f"{config.public_url}/setup/{token}")
    return 0


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
