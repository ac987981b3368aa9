"""A visitor who never tires: the kiosk's own flows over the real socket, and hands at the simulated devices."""

import asyncio
import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from devices.clock import SystemClock
from devices.drivers.reasons import Kind
from devices.ipc.client import UiClient
from devices.ipc.messages import DeviceHealth
from kiosk.flows.card import CardState
from kiosk.flows.devices import card_sentence
from kiosk.flows.kiosk import Kiosk
from kiosk.flows.ports import Ports
from kiosk.flows.printing import PrintState
from kiosk.flows.receipt import ReceiptState
from kiosk.flows.request import Step
from kiosk.flows.session import Phase, SessionSettings
from kiosk.flows.surround import Place
from kiosk.words import Words
from tests.support.device_terminal import PUBLIC_URL, Devices
from tests.support.fake_kiosk import (
    FakeContent,
    FakePaper,
    HereSeeker,
    fake_check,
    some_records,
)

TURN_S = 0.02
PATIENCE_S = 6.0
SAVED_S = 8.0
PRINTED_S = 35.0
NAME, NUMBER = "测试甲", "519921199001010025"
TYPED = {"name": "某某", "id_number": "519921199001010025", "phone": "13800000000"}
WANTED = {"body": "县民政局", "description": "低保名单"}


class NoWayOn(AssertionError):
    """A visitor met something from which there was no way on."""


@dataclass
class Tally:
    """What visitors met."""

    visits: int = 0
    cards_read: int = 0
    typed_by_hand: int = 0
    saved: int = 0
    scans: int = 0
    unheard_scans: int = 0
    printed: dict[str, int] = field(default_factory=dict)
    wiped_by_radar: int = 0
    sentences: set[str] = field(default_factory=set)


class Robot:
    """One kiosk and its visitors, one after the other."""

    def __init__(self, socket: Path, devices: Devices, dice: random.Random) -> None:
        self.client = UiClient(socket, ui="kiosk")
        ports = Ports(
            agent=self.client,
            clock=SystemClock(),
            paper=lambda _: FakePaper(),
            check=fake_check,
            open_content=lambda _: FakeContent(some_records()),
            open_seeker=lambda _, words: HereSeeker(FakeContent(some_records()), words),
            new_key=lambda: secrets.token_hex(16),
        )
        self.kiosk = Kiosk(Words.load(), ports=ports, settings=SessionSettings())
        self.health: dict[str, DeviceHealth] = {}
        self.tally = Tally()
        self._devices = devices
        self._dice = dice

    async def pump(self) -> None:
        """Run the kiosk for ever, as its app does."""
        while True:
            for message in self.client.drain():
                if isinstance(message, DeviceHealth):
                    self.health[message.device] = message
                self.kiosk.receive(message)
            self.kiosk.tick()
            self._look()
            await asyncio.sleep(TURN_S)

    async def visit(self) -> None:
        """Be one visitor, from coming to going."""
        self.tally.visits += 1
        await self._devices.order(Kind.PRESENCE, person=80)
        self.kiosk.touch()
        await self._file_a_request()
        await self._print()
        await self._scan(f"{PUBLIC_URL}/r/{self.kiosk.request.view.code or '7KQ2M9XD4F'}")
        await self._scan("https://other.example/pay?id=1")
        await self._leave()
        self._check_nothing_is_left()

    async def _file_a_request(self) -> None:
        kiosk = self.kiosk
        kiosk.open_request()
        await self._devices.order(Kind.ID_CARD, card="resident")
        if await self._until(lambda: kiosk.card.view.state is CardState.READ, PATIENCE_S):
            self.tally.cards_read += 1
            self._expect(kiosk.request.view.form.name == NAME, "the card filled in nothing")
            self._expect(kiosk.request.view.form.id_number == NUMBER, "another number")
        else:
            # The way on is the keyboard, whatever the reader says.
            self._expect(kiosk.request.view.step is Step.WHO, "the form has gone")
            for name in ("name", "id_number"):
                kiosk.request.set(name, TYPED[name])
            self.tally.typed_by_hand += 1
        await self._devices.order(Kind.ID_CARD, card="")
        kiosk.touch()
        kiosk.request.set("phone", TYPED["phone"])
        kiosk.request.next()
        for name, value in WANTED.items():
            kiosk.request.set(name, value)
        for _ in range(2):
            kiosk.request.next()
        kiosk.submit()
        is_saved = await self._until(lambda: kiosk.request.view.step is Step.SAVED, SAVED_S)
        self._expect(is_saved, f"not saved: {kiosk.request.view.step} {kiosk.request.view.problem}")
        self.tally.saved += 1

    async def _print(self) -> None:
        kiosk = self.kiosk
        kiosk.print_receipt()
        view = kiosk.printing
        is_told = await self._until(lambda: view.view.state is not PrintState.WAITING, PRINTED_S)
        self._expect(is_told, "nobody was told what became of the slip")
        self._expect(bool(kiosk.request.view.url), "no code for a phone beside the failed slip")
        state = view.view.state.value
        self.tally.printed[state] = self.tally.printed.get(state, 0) + 1

    async def _scan(self, text: str) -> None:
        kiosk = self.kiosk
        kiosk.touch()
        kiosk.go_home()
        is_ours = text.startswith(PUBLIC_URL)
        await self._devices.order(Kind.SCANNER, scan=text)
        self.tally.scans += 1
        was_heard = await self._until(
            lambda: kiosk.place is Place.RECEIPT if is_ours else bool(kiosk.view().notice), 2.0
        )
        if not was_heard:
            self.tally.unheard_scans += 1
            self._expect(kiosk.place is Place.HOME, "a scan that was not heard moved the kiosk")
            return
        if is_ours:
            told = lambda: kiosk.receipt.view.state is not ReceiptState.ASKING  # noqa: E731
            self._expect(await self._until(told, 15.0), "nobody was told of the receipt")
            self._expect(bool(kiosk.receipt.view.url), "no way by phone")
        else:
            self._expect(kiosk.place is Place.HOME, "a foreign code opened something")

    async def _leave(self) -> None:
        kiosk = self.kiosk
        kiosk.open_search("低保")
        if self._dice.random() < 0.5:
            await self._devices.order(Kind.PRESENCE, person=False)
            if await self._until(lambda: kiosk.phase is Phase.RESTING, 14.0):
                self.tally.wiped_by_radar += 1
                return
        kiosk.end()

    def _check_nothing_is_left(self) -> None:
        kiosk = self.kiosk
        flows = (kiosk.card, kiosk.request, kiosk.receipt, kiosk.search)
        held = repr([{k: v for k, v in vars(one).items() if k[0] != "_"} for one in flows])
        self._expect(kiosk.place is Place.HOME, "not at the first screen")
        for secret in (NAME, NUMBER, TYPED["phone"]):
            self._expect(secret not in held, "something of the visitor is left")

    def _look(self) -> None:
        """See what the visitor sees at this moment."""
        view = self.kiosk.view()
        self._expect(view.is_agent_here, "the agent has gone")
        for sentence in (view.notice, card_sentence(self.kiosk)):
            if sentence and sentence not in self.tally.sentences:
                self.tally.sentences.add(sentence)
                has_way = any(word in sentence for word in ("请", "可以", "轻点"))
                self._expect(has_way, f"no way on: {sentence}")

    async def _until(self, is_so: Callable[[], bool], seconds: float) -> bool:
        clock = asyncio.get_running_loop()
        end = clock.time() + seconds
        while not is_so():
            if clock.time() > end:
                return False
            await asyncio.sleep(TURN_S)
        return True

    def _expect(self, fact: object, what: str) -> None:
        if not fact:
            raise NoWayOn(what)
