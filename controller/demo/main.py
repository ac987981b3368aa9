"""`python -m controller demo`: a whole zone on one machine, from nothing to a citizen's hand."""

import argparse
import asyncio
import logging
import os
import signal
import socket
import sys
import tomllib
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from content.errors import CallerError
from controller import keys
from controller.app import create_app
from controller.config import ZoneConfig, load_config
from controller.demo import cast as demo_cast
from controller.demo.display import extent, open_display, panes
from controller.demo.hand import RemoteHand
from controller.demo.page import Stage, create_demo_page, new_token
from controller.demo.seed import REGION, ZONE, seed
from controller.demo.stage import HALL, VILLAGE, Place, Players, enrol, shown_panes

logger = logging.getLogger(__name__)

LOOPBACK = "127.0.0.1"
FIRST_PORTS = {"web": 8080, "api": 8443, "broker": 8883, "page": 8090}
MARK = "demo.zone"
"""A file that says: this state folder is a demo's. The demo opens no other."""
POLICY_S = 2.0


class NotADemo(CallerError):
    """The state folder belongs to a real zone."""


@dataclass(frozen=True, slots=True)
class Ports:
    """Loopback ports in use."""

    web: int
    api: int
    broker: int
    page: int


def main(argv: list[str]) -> int:
    """Run the demo until Ctrl-C; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m controller demo")
    parser.add_argument("--state", type=Path, default=Path(".state/demo"))
    parser.add_argument("--village", action="store_true", default=bool(os.environ.get("VILLAGE")))
    parser.add_argument(
        "--virtual", action="store_true", help="a virtual display even if there is one"
    )
    options = parser.parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s %(message)s")
    try:
        asyncio.run(run(options.state.resolve(), village=options.village, virtual=options.virtual))
    except (CallerError, RuntimeError) as error:
        print(str(error), file=sys.stderr)  # noqa: T201 - the command line's own answer
        return 2
    return 0


async def run(state: Path, *, village: bool, virtual: bool) -> None:
    """Start everything in order, say so, wait for the end, and take it down in reverse."""
    config, ports = prepare(state)
    places = (HALL, VILLAGE) if village else (HALL,)
    ended = _end_signal()
    async with AsyncExitStack() as stack:
        shown = shown_panes(panes(tuple(place.id for place in places)), places)
        display = await open_display(extent(shown), state / "display.log", virtual=virtual)
        stack.push_async_callback(display.close)
        app = create_app(config)
        await _serve(stack, app, config.web.port)
        cast = await demo_cast.gather(app, state / "cast")
        _say("正在准备示范内容 ……")
        await seed(app, cast)
        _keep_signing(stack, app, cast)
        players = Players(state, display=display.name)
        stack.push_async_callback(players.end)
        for place in places:
            home = state / "terminals" / place.id
            await enrol(app, place, home, shown)
            await _play(players, place, home)
        stage = Stage(
            hand=RemoteHand(display.name),
            panes=shown,
            slips={place.id: state / "terminals" / place.id / "slips" for place in places},
            desk_url=config.public_url,
            setup_link=_setup_link(config, cast),
            token=new_token(),
        )
        stack.callback(stage.hand.close)
        await _serve(stack, create_demo_page(stage), ports.page)
        _announce(ports, stage)
        await ended.wait()
        _say("正在停止 ……")


def prepare(state: Path) -> tuple[ZoneConfig, Ports]:
    """Write the demo's zone.toml with free ports, those of the last start if they still are.

    Raises:
        NotADemo: the folder holds a zone that no demo made.
    """
    (state / "cast").mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (state / MARK).exists():
        if (state / "zone.toml").exists() or (state / "zone.db").exists():
            raise NotADemo(f"{state} 是正式专区的数据目录，不能用于演示。请换一个目录：--state DIR")
        (state / MARK).write_text("demo\n", "utf-8")
    ports = _choose_ports(state / "zone.toml")
    lines = [
        f'zone = "{ZONE}"',
        f'region = "{REGION}"',
        f'public_url = "http://{LOOPBACK}:{ports.web}"',
        *("[web]", f"port = {ports.web}"),
        *("[api]", f"port = {ports.api}"),
        *("[broker]", f"port = {ports.broker}"),
    ]
    (state / "zone.toml").write_text("\n".join(lines) + "\n", "utf-8")
    (state / "page.port").write_text(str(ports.page), "utf-8")
    return load_config(state), ports


def _choose_ports(path: Path) -> Ports:
    before: dict[str, int] = {}
    if path.exists():
        values = tomllib.loads(path.read_text("utf-8"))
        before = {name: values[name]["port"] for name in ("web", "api", "broker")}
        page = path.with_name("page.port")
        if page.exists():
            before["page"] = int(page.read_text("utf-8"))
    taken: set[int] = set()
    for name, first in FIRST_PORTS.items():
        port = before.get(name, first)
        while port in taken or not _is_free(port):
            port += 1
        taken.add(port)
        before[name] = port
    return Ports(**before)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


async def _serve(stack: AsyncExitStack, app: web.Application, port: int) -> None:
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=2)
    stack.push_async_callback(runner.cleanup)
    await runner.setup()
    await web.TCPSite(runner, LOOPBACK, port).start()


async def _play(players: Players, place: Place, home: Path) -> None:
    link, slips = str(home / "printer.tty"), str(home / "slips")
    await players.start(
        f"printer-{place.id}",
        *("devices", "simulate", "printer", "--link", link, "--out", slips),
        ready="ready",
    )
    await players.start(
        f"agent-{place.id}", "devices", "agent", "--home", str(home), ready="agent ready"
    )


def _keep_signing(stack: AsyncExitStack, app: web.Application, cast: demo_cast.Cast) -> None:
    """Let keys that a visitor registers count at once: the demo's root key signs each new policy."""

    async def sign() -> None:
        while True:
            await asyncio.sleep(POLICY_S)
            await app[keys.POLICIES].sign_with(cast.root)

    task = asyncio.create_task(sign(), name="demo-policy")
    stack.callback(task.cancel)


def _setup_link(config: ZoneConfig, cast: demo_cast.Cast) -> str:
    return f"{config.public_url}/invite/{cast.setup_token}" if cast.setup_token else ""


def _end_signal() -> asyncio.Event:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    return ended


def _announce(ports: Ports, stage: Stage) -> None:
    _say("")
    _say(f"演示页面（触摸终端、信息屏、小票）： http://{LOOPBACK}:{ports.page}/")
    _say(f"工作台：                           {stage.desk_url}/")
    if stage.setup_link:
        _say(f"首次设置管理员（一次有效）：       {stage.setup_link}")
    _say("按 Ctrl-C 停止；再次启动会接着上次的内容。")
    _say("demo ready")


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - the command line's own answer
