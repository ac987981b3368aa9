"""The demo's processes: printers, agents with their windows; started, and ended by their own id."""

import asyncio
import os
import sys
from asyncio.subprocess import Process
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from aiohttp import web

from controller import keys
from controller.broker.pki import ZoneCa
from controller.demo.display import Pane
from controller.enrol import enrol_terminal
from controller.store.terminals import find_terminal
from devices.agent.config import Address, Home, TerminalConfig, Window, to_toml

READY_S = 90.0
END_S = 15.0


@dataclass(frozen=True, slots=True)
class Place:
    """One terminal of the demo."""

    id: str
    site: str
    region: str
    attended: bool
    screens: tuple[str, ...]


HALL = Place("hall-1", "县政务服务大厅", "519921", attended=True, screens=("kiosk", "signage-1"))
VILLAGE = Place(
    "village-1", "石桥镇柳湾村查询点", "519921100201", attended=False, screens=("kiosk",)
)


class Players:
    """Child processes, each with its own log file."""

    def __init__(self, folder: Path, *, display: str) -> None:
        self._folder = folder
        self._environment = {**os.environ, "DISPLAY": display, "PYTHONUNBUFFERED": "1"}
        self._running: list[Process] = []
        self._readers: set[asyncio.Task[None]] = set()

    async def start(self, name: str, *arguments: str, ready: str) -> None:
        """Start a module and return when its output has said the ready word.

        Raises:
            RuntimeError: it ended first or took too long; the log file is named.
        """
        log = self._folder / f"{name}.log"
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", *arguments),
            env=self._environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches the demo alone; it ends the others in order
        )
        self._running.append(process)
        said = asyncio.Event()
        reader = asyncio.create_task(_follow(process, log, ready, said), name=name)
        self._readers.add(reader)
        waiting = asyncio.create_task(said.wait())
        done, _ = await asyncio.wait(
            (waiting, reader), timeout=READY_S, return_when=asyncio.FIRST_COMPLETED
        )
        waiting.cancel()
        if not done or not said.is_set():
            raise RuntimeError(f"{name} 没有启动，原因见 {log}")

    async def end(self) -> None:
        """End all, the last started first."""
        for process in reversed(self._running):
            await _end(process)
        for reader in self._readers:
            await reader
        self._running.clear()


async def enrol(app: web.Application, place: Place, home: Path, panes: tuple[Pane, ...]) -> None:
    """Enrol the terminal at the first start; later only tell it where things are today."""
    config = await _terminal(app, place, home, panes)
    clock = app[keys.CLOCK]
    async with app[keys.DATABASE].read() as c:
        known = await find_terminal(c, place.id)
    if known is not None and Home(home).certificate.exists():
        Home(home).config.write_text(to_toml(config), "utf-8")
        return
    zone = app[keys.CONFIG]
    ca = ZoneCa.open_or_create(zone.state / "ca", zone=zone.zone, now=clock.now())
    await enrol_terminal(
        ca=ca,
        database=app[keys.DATABASE],
        terminal=config,
        out=home,
        now=clock.now(),
        replace=known is not None,
    )


async def _terminal(
    app: web.Application, place: Place, home: Path, panes: tuple[Pane, ...]
) -> TerminalConfig:
    zone = app[keys.CONFIG]
    mine = [pane for pane in panes if pane.terminal == place.id]
    return TerminalConfig(
        id=place.id,
        zone=zone.zone,
        site=place.site,
        region=place.region,
        attended=place.attended,
        feeds=(zone.main_feed,),
        public_url=zone.public_url,
        broker=Address(host=zone.broker.name, port=zone.broker.port),
        api_url=f"https://{zone.api.name}:{zone.api.port}",
        seal_key=app[keys.KEYRING].seal_public,
        root=await app[keys.POLICIES].root(),
        screens=place.screens,
        start_ui=True,
        ui={pane.ui: Window(size=pane.size, position=pane.position) for pane in mine},
        printer=str(home / "printer.tty"),
        demo=True,
    )


def shown_panes(panes: tuple[Pane, ...], places: tuple[Place, ...]) -> tuple[Pane, ...]:
    """Return the panes whose terminal has such a screen."""
    screens = {(place.id, ui) for place in places for ui in place.screens}
    return tuple(replace(pane) for pane in panes if (pane.terminal, pane.ui) in screens)


async def _follow(process: Process, log: Path, ready: str, said: asyncio.Event) -> None:
    if process.stdout is None:
        return
    with log.open("ab") as file:
        async for line in process.stdout:
            file.write(line)
            file.flush()
            if ready.encode() in line:
                said.set()


async def _end(process: Process) -> None:
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), END_S)
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
