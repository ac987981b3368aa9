"""`python -m controller demo`: a whole zone on one machine, from nothing to a citizen's hand."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import uvloop

from content.errors import ZoneError
from controller.demo.places import HALL, VILLAGE
from controller.demo.zone import DemoZone, Wishes, demo_zone

WRONG = 2
NO = frozenset({"", "0", "no", "false"})


def main(argv: list[str]) -> int:
    """Run the demo until Ctrl-C; return the exit code."""
    options = _options(argv)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    places = (HALL, VILLAGE) if options.village else (HALL,)
    wishes = Wishes(options.state.resolve(), places, virtual=options.virtual)
    try:
        # uvloop as in `serve`: it also reaps children itself, where asyncio's watcher of 3.11 may lose a race.
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_run(wishes))
    except ZoneError as error:
        print(str(error), file=sys.stderr)  # noqa: T201 - the command line's own answer
        return WRONG
    except OSError as error:
        sentence = (
            f"无法读写 {error.filename or wishes.state}，请检查权限和磁盘空间。（{error.strerror}）"
        )
        print(sentence, file=sys.stderr)  # noqa: T201 - the command line's own answer
        return WRONG
    return 0


def _options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m controller demo")
    parser.add_argument("--state", type=Path, default=Path(".state/demo"), help="演示数据目录")
    parser.add_argument(
        "--village",
        action="store_true",
        default=os.environ.get("VILLAGE", "").lower() not in NO,
        help="再加一台村级终端（或设 VILLAGE=1）",
    )
    parser.add_argument("--virtual", action="store_true", help="即使有图形界面也用虚拟屏幕")
    return parser.parse_args(argv)


async def _run(wishes: Wishes) -> None:
    """Run until a signal; one that comes during the start ends that too."""
    ended = _end_signal()
    running = asyncio.create_task(_show(wishes, ended))
    waiting = asyncio.create_task(ended.wait())
    await asyncio.wait((running, waiting), return_when=asyncio.FIRST_COMPLETED)
    if not running.done():
        _say("正在停止……")
        running.cancel()
    waiting.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def _show(wishes: Wishes, ended: asyncio.Event) -> None:
    async with demo_zone(wishes, say=_say) as zone:
        await _announce(zone, wished_virtual=wishes.virtual)
        await ended.wait()


def _end_signal() -> asyncio.Event:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, ended.set)
    return ended


async def _announce(zone: DemoZone, *, wished_virtual: bool) -> None:
    if zone.display.is_virtual and os.environ.get("DISPLAY") and not wished_virtual:
        _say("这台电脑的屏幕放不下触摸终端（1080×1920）和信息屏（1920×1080），改在演示页面中显示。")
    link = await zone.stage.setup_link()
    _say("")
    _say(f"演示页面（触摸终端、信息屏、小票）： {zone.page_url}")
    _say(f"工作台：                           {zone.stage.desk_url}/desk")
    if link:
        _say(f"首次设置管理员（一次有效）：       {link}")
    for problem in zone.stage.problems():
        _say(problem)
    _say("按 Ctrl-C 停止；再次启动会接着上次的内容。")
    _say("demo ready")


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the command line's own answer
