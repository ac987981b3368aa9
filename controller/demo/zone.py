"""Bring a whole demo zone up in order, and take it down in reverse. Nobody else constructs here."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from content.errors import CallerError
from controller import keys
from controller.broker.mosquitto import find_program
from controller.demo import cast as demo_cast
from controller.demo.children import Children
from controller.demo.devices import hands
from controller.demo.display import Display, open_display
from controller.demo.folder import LOOPBACK, configure, held, listen_for_page
from controller.demo.hand import RemoteHand
from controller.demo.page import Stage, create_demo_page, new_token
from controller.demo.panes import Window
from controller.demo.places import Place, Terminal, enrol, play
from controller.demo.seed import seed
from controller.serving import serving

POLICY_S = 2.0
FILLED_S, LOOK_S = 60.0, 0.2


class NoBroker(CallerError):
    """mosquitto is not installed."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is wanted of a demo.

    Attributes:
        state: its folder.
        places: its terminals.
        virtual: a virtual display even if there is another.
        start_ui: whether the agents open the windows.
    """

    state: Path
    places: tuple[Place, ...]
    virtual: bool = False
    start_ui: bool = True


@dataclass(frozen=True, slots=True)
class DemoZone:
    """A demo that runs."""

    app: web.Application
    stage: Stage
    display: Display
    terminals: tuple[Terminal, ...]
    page_url: str


@asynccontextmanager
async def demo_zone(wishes: Wishes, *, say: Callable[[str], None]) -> AsyncIterator[DemoZone]:
    """Run a demo inside the block.

    Args:
        wishes: what is wanted.
        say: told in sentences how it goes, and what is lost later.

    Raises:
        ZoneError: with a sentence that says what to do.
    """
    if find_program("mosquitto") is None:
        raise NoBroker("没有找到消息服务程序 mosquitto。请安装后重试：apt-get install mosquitto")
    problems: list[str] = []

    def lost(sentence: str) -> None:
        problems.append(sentence)
        say(sentence)

    async with AsyncExitStack() as stack:
        stack.enter_context(held(wishes.state))
        config = configure(wishes.state)
        app = (await stack.enter_async_context(serving(config))).app
        children = Children(wishes.state, on_loss=lost)
        stack.push_async_callback(children.end)
        windows = [Window(place.id, ui) for place in wishes.places for ui in place.screens]
        display = await open_display(windows, children, virtual=wishes.virtual)
        say("正在准备示范内容……")
        cast = await demo_cast.gather(app, wishes.state / "cast")
        await seed(app, cast)
        await _keep_signing(stack, app, cast)
        terminals = tuple(_terminal(wishes, place, display) for place in wishes.places)
        say("正在打开触摸终端和信息屏……")
        for terminal in terminals:
            await enrol(app, terminal)
            await play(children, terminal, display=display.name)
        await _filled(app, terminals)
        stage = _stage(app, cast, display, terminals, problems)
        stack.callback(stage.hand.close)
        url = await _show(stack, stage, wishes.state)
        yield DemoZone(app, stage, display, terminals, url)


async def _filled(app: web.Application, terminals: tuple[Terminal, ...]) -> None:
    """Wait until each terminal holds what is published, and shows it; but not for ever."""

    async def is_filled(terminal: Terminal) -> bool:
        status = await app[keys.TERMINALS].status(terminal.place.id)
        return status.online and all(
            feed.all_equal if terminal.start_ui else feed.applied == feed.desired
            for feed in status.feeds
        )

    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(FILLED_S):
            for terminal in terminals:
                while not await is_filled(terminal):  # noqa: ASYNC110 - read from the store, as the desk does
                    await asyncio.sleep(LOOK_S)


def _terminal(wishes: Wishes, place: Place, display: Display) -> Terminal:
    panes = tuple(pane for pane in display.panes if pane.terminal == place.id)
    home = wishes.state / "terminals" / place.id
    return Terminal(place, home, panes, start_ui=wishes.start_ui)


def _stage(
    app: web.Application,
    cast: demo_cast.Cast,
    display: Display,
    terminals: tuple[Terminal, ...],
    problems: list[str],
) -> Stage:
    url = app[keys.CONFIG].public_url

    async def setup_link() -> str:
        token = await demo_cast.open_link(app[keys.PEOPLE], cast.setup_token)
        return f"{url}/invite/{token}" if token else ""

    return Stage(
        hand=RemoteHand(display.name, is_shared=not display.is_virtual),
        panes=display.panes,
        sites={terminal.place.id: terminal.place.site for terminal in terminals},
        slips={terminal.place.id: terminal.slips for terminal in terminals},
        hands={
            terminal.place.id: hands(terminal.home, terminal.place.devices)
            for terminal in terminals
            if terminal.place.devices
        },
        desk_url=url,
        setup_link=setup_link,
        problems=lambda: (*problems, *app[keys.PUSH].problems),
        token=new_token(),
    )


async def _show(stack: AsyncExitStack, stage: Stage, state: Path) -> str:
    """Serve the page and return its address."""
    runner = web.AppRunner(
        create_demo_page(stage), handle_signals=False, access_log=None, shutdown_timeout=1
    )
    stack.push_async_callback(runner.cleanup)
    await runner.setup()
    # Chosen and bound at once: since the start another demo may have taken the port that was free then.
    listener = listen_for_page(state)
    await web.SockSite(runner, listener).start()
    return f"http://{LOOPBACK}:{listener.getsockname()[1]}/"


async def _keep_signing(stack: AsyncExitStack, app: web.Application, cast: demo_cast.Cast) -> None:
    """Let keys that a visitor registers count at once: the demo's root key signs each new policy."""

    async def sign() -> None:
        while True:
            await asyncio.sleep(POLICY_S)
            await app[keys.POLICIES].sign_with(cast.root)

    async def end() -> None:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    task = asyncio.create_task(sign(), name="demo-policy")
    stack.push_async_callback(end)
