"""Between the hub of peripherals and everybody in the agent: what devices tell goes to the kiosk, how they are to all.

A card goes to the one UI that asked, for the step that asked, and rests nowhere on the way. Of a scan only what is
ours goes on: a health code or a bank's is no business of anything behind the driver.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, assert_never

from devices.agent.faults import FaultBook
from devices.agent.power import PowerWatch
from devices.agent.report import Reporter
from devices.agent.screen_rest import ScreenRest
from devices.drivers.health import Health, Level
from devices.drivers.id_card.machine import CardGone, CardRead, CardTrouble, Event, TakeCardAway
from devices.drivers.id_card.status import say as say_card
from devices.drivers.presence.judgement import Arrived
from devices.drivers.reasons import Kind, Reason, say
from devices.drivers.scanner.meaning import OpenReceipt, OpenRecord, OtherText, recognise
from devices.hub.hub import Hub
from devices.ipc.messages import (
    CardSeen,
    CardWanted,
    DeviceHealth,
    KeyPressed,
    Presence,
    Scanned,
    Session,
    ToAgent,
    ToUi,
)

logger = logging.getLogger(__name__)

KIOSK = "kiosk"
EVERYBODY = ""
LOOK_S = 1.0
"""Health is looked at so often even if no device says that it has news."""


class Ui(Protocol):
    """The connection of a user interface."""

    def send(self, message: ToUi) -> bool:
        """Queue a message."""
        ...


@dataclass(slots=True)
class _Asking:
    """Who waits for a card."""

    ui: Ui
    step: str
    number: int


@dataclass(frozen=True, slots=True)
class Ties:
    """Whom the devices concern; `tell` sends to the UI of a name, "" to all."""

    reporter: Reporter
    faults: FaultBook
    power: PowerWatch
    rest: ScreenRest
    tell: Callable[[str, ToUi], None]


class Peripherals:
    """Runs in the event loop; only `stir` is called from devices' threads."""

    def __init__(self, hub: Hub, *, public_url: str, ties: Ties) -> None:
        self._hub = hub
        self._public_url = public_url
        self._reporter = ties.reporter
        self._faults = ties.faults
        self._power = ties.power
        self._rest = ties.rest
        self._tell = ties.tell
        self._news = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._asking: _Asking | None = None
        self._is_present: bool | None = None
        self._seen: dict[Kind, DeviceHealth] = {}

    def stir(self) -> None:
        """Note that a device has news. Callable from any thread, also after the end."""
        with suppress(RuntimeError):  # the loop is closed: nobody listens any more
            self._loop.call_soon_threadsafe(self._news.set)

    def greetings(self) -> tuple[ToUi, ...]:
        """Return what a UI that comes should know of the devices."""
        here = () if self._is_present is None else (Presence(present=self._is_present),)
        resting = (*self._power.greetings(), *self._rest.greetings())
        return (*self._seen.values(), *here, *resting)

    async def run(self) -> None:
        """Attend for ever."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._news.wait()
            self._news.clear()
            self.look()

    def look(self) -> None:
        """Take what has happened and tell it."""
        self._look_at_card()
        self._look_at_scanner()
        self._look_at_presence()
        self._look_at_keypad()
        if self._hub.ups is not None:
            for event in self._hub.ups.take_events():
                self._power.take(event)
        self._look_at_health()
        self._rest.look(is_nobody_there=self._is_nobody_there())

    # What a UI says

    def take(self, ui: Ui, message: ToAgent) -> None:
        """Take the messages of a UI that concern devices; others are not ours."""
        match message:
            case CardWanted(step=step):
                self._ask(ui, step)
            case Session(active=active):
                self._power.session(active=active)
                self._rest.session(active=active)
                if not active:
                    self.left(ui)
            case _:
                pass

    def left(self, ui: Ui) -> None:
        """Look for no card any more for a UI that has gone, or whose visitor has."""
        if self._asking is not None and self._asking.ui is ui:
            self._stop()

    def _ask(self, ui: Ui, step: str) -> None:
        card = self._hub.card
        if card is None or not step:
            self.left(ui)
            return
        self._asking = _Asking(ui, step, card.ask())

    def _stop(self) -> None:
        self._asking = None
        if self._hub.card is not None:
            self._hub.card.stop()

    # What devices say

    def _look_at_card(self) -> None:
        asking = self._asking
        if self._hub.card is None or asking is None:
            return
        for event in self._hub.card.take_events():
            if event.step == asking.number:
                asking.ui.send(_seen(event, asking.step))

    def _look_at_scanner(self) -> None:
        if self._hub.scanner is None:
            return
        for scan in self._hub.scanner.take_events():
            self._tell(KIOSK, scanned(scan.text, public_url=self._public_url))

    def _look_at_presence(self) -> None:
        if self._hub.presence is None:
            return
        for event in self._hub.presence.take_events():
            self._is_present = isinstance(event, Arrived)
            self._tell(KIOSK, Presence(present=self._is_present))

    def _look_at_keypad(self) -> None:
        if self._hub.keypad is None:
            return
        for key in self._hub.keypad.take_events():
            self._tell(KIOSK, KeyPressed(key=str(key)))

    def _is_nobody_there(self) -> bool:
        radar = self._seen.get(Kind.PRESENCE)
        return radar is not None and radar.level == Level.OK and self._is_present is not True

    def _look_at_health(self) -> None:
        for kind, health in self._hub.health().items():
            now = DeviceHealth(
                device=str(kind),
                level=str(health.level),
                reason=health.reason,
                visitor=_visitor(kind, health),
            )
            if now != self._seen.get(kind):
                self._seen[kind] = now
                self._note(kind, health)
                self._tell(EVERYBODY, now)

    def _note(self, kind: Kind, health: Health) -> None:
        """Put a change of health into the terminal's report."""
        is_ok = health.level is Level.OK
        word = str(health.level) if is_ok else f"{health.level}:{health.reason}"
        self._reporter.devices = {**self._reporter.devices, str(kind): word}
        code = f"{kind}:{health.reason}"
        self._faults.clear_scope(str(kind), but=None if is_ok else (code, str(kind)))
        if not is_ok:
            text = say(kind, Reason(health.reason)).keeper
            self._faults.note(code, str(kind), text, scope=str(kind))
        if kind is Kind.PRESENCE and health.level is Level.DOWN:
            self._is_present = None
        self._reporter.change()


def scanned(text: str, *, public_url: str) -> Scanned:
    """Return what of a scanned text goes on to the kiosk."""
    # Whether a bare code is a record's, only the content can tell: the kiosk looks.
    match recognise(text, public_url=public_url, is_record=lambda _: False):
        case OpenRecord(code):
            return Scanned(kind="record", code=code)
        case OpenReceipt(code):
            return Scanned(kind="receipt", code=code)
        case OtherText():
            return Scanned(kind="other")


def _seen(event: Event, step: str) -> CardSeen:
    match event:
        case CardRead(card=card):
            name = card.name or card.english_name
            return CardSeen(step=step, state="read", name=name, number=card.number)
        case CardGone():
            return CardSeen(step=step, state="gone")
        case TakeCardAway():
            return CardSeen(step=step, state="take_away")
        case CardTrouble(status=status):
            return CardSeen(step=step, state="trouble", sentence=say_card(status).visitor)
        case _:
            assert_never(event)


def _visitor(kind: Kind, health: Health) -> str:
    return "" if health.level is Level.OK else say(kind, Reason(health.reason)).visitor
