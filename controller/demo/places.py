"""The demo's terminals: who they are, how they are enrolled, and what starts them."""

from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from controller import keys
from controller.broker.pki import ZoneCa
from controller.demo import devices
from controller.demo.children import Children
from controller.demo.panes import Pane
from controller.enrol import enrol_terminal
from controller.store.terminals import find_terminal
from devices.agent.config import Address, Home, TerminalConfig, Window, to_toml
from devices.drivers.reasons import Kind

PRINTER_READY = "ready"
AGENT_READY = "agent ready"
FIRST_FRAMES = {"kiosk": "kiosk first frame", "signage-1": "signage first frame"}
"""What each user interface says when its first picture stands."""


@dataclass(frozen=True, slots=True)
class Place:
    """One terminal of the demo."""

    id: str
    site: str
    region: str
    attended: bool
    screens: tuple[str, ...]
    devices: tuple[Kind, ...] = ()


HALL = Place(
    "hall-1",
    "县政务服务大厅",
    "519921",
    attended=True,
    screens=("kiosk", "signage-1"),
    devices=devices.KINDS,
)
VILLAGE = Place(
    "village-1", "石桥镇柳湾村查询点", "519921100201", attended=False, screens=("kiosk",)
)


@dataclass(frozen=True, slots=True)
class Terminal:
    """A place, its home folder and its windows.

    Attributes:
        place: which.
        home: where enrolment put its certificate.
        panes: its windows on the display.
        start_ui: whether its agent opens them; the documentation's camera opens its own.
    """

    place: Place
    home: Path
    panes: tuple[Pane, ...]
    start_ui: bool = True

    @property
    def slips(self) -> Path:
        """Where its simulated printer puts pictures."""
        return self.home / "slips"

    @property
    def tty(self) -> str:
        """The simulated printer's device."""
        return str(self.home / "printer.tty")


async def enrol(app: web.Application, terminal: Terminal) -> None:
    """Enrol the terminal at the first start; later only tell it where things are today."""
    home, clock, zone = terminal.home, app[keys.CLOCK], app[keys.CONFIG]
    config = await _config(app, terminal)
    async with app[keys.DATABASE].read() as c:
        known = await find_terminal(c, terminal.place.id)
    if known is not None and Home(home).certificate.exists():
        Home(home).config.write_text(to_toml(config), "utf-8")
        return
    await enrol_terminal(
        ca=ZoneCa.open_or_create(zone.state / "ca", zone=zone.zone, now=clock.now()),
        database=app[keys.DATABASE],
        terminal=config,
        out=home,
        now=clock.now(),
        replace=known is not None,
    )


async def play(children: Children, terminal: Terminal, *, display: str) -> None:
    """Start printer, agent and windows; return when every window shows its first picture."""
    name, env = terminal.place.id, {"DISPLAY": display}
    await children.start_module(
        f"printer-{name}",
        *("devices", "simulate", "printer", "--link", terminal.tty, "--out", str(terminal.slips)),
        ready=(PRINTER_READY,),
        env=env,
    )
    for kind in terminal.place.devices:
        await children.start_module(
            f"{kind}-{name}",
            *devices.command(terminal.home, kind),
            ready=(PRINTER_READY,),
            env=env,
        )
    frames = [FIRST_FRAMES[ui] for ui in terminal.place.screens] if terminal.start_ui else []
    await children.start_module(
        f"agent-{name}",
        *("devices", "agent", "--home", str(terminal.home)),
        ready=(AGENT_READY, *frames),
        env=env,
    )


async def _config(app: web.Application, terminal: Terminal) -> TerminalConfig:
    zone, place = app[keys.CONFIG], terminal.place
    return TerminalConfig(
        id=place.id,
        zone=zone.zone,
        site=place.site,
        region=place.region,
        attended=place.attended,
        feeds=zone.all_feeds,
        public_url=zone.public_url,
        broker=Address(host=zone.broker.name, port=zone.broker.port),
        api_url=f"https://{zone.api.name}:{zone.api.port}",
        seal_key=app[keys.KEYRING].seal_public,
        root=await app[keys.POLICIES].root(),
        screens=place.screens,
        start_ui=terminal.start_ui,
        ui={pane.ui: Window(size=pane.size, position=pane.position) for pane in terminal.panes},
        printer=terminal.tty,
        demo=True,
        devices=devices.settings(terminal.home, place.devices),
    )
