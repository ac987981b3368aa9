"""A hall without a link, over the agent's real parts and real files, and the real controller that waits for it."""

from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Select, func, select

from content.programme.programme import OpeningHours, Programme, Region, Source
from content.replica.reader import ReplicaReader
from controller import keys
from controller.broker.pki import Issued
from controller.store.records import RecordRow, records_of
from controller.store.requests import requests
from controller.store.searches import search_counts
from devices.agent.chronicle import Chronicle
from devices.agent.diary import Diary
from devices.agent.outbox import Outbox
from devices.agent.report import Reporter
from devices.agent.sealing import new_sealer
from devices.agent.sender import Sender
from devices.agent.store import next_boot, open_store
from devices.clock import CHINA
from devices.ipc.messages import Glass, LinkState, ReplicaChanged, ToAgent, Welcome
from devices.wire import messages as wire
from devices.wire import topics
from devices.wire.messages import Ack, AckResult
from signage.conductor import Conductor
from signage.place import Place
from tests.support.fake_link import START, FakeLink, FakeUpstream
from tests.support.held_copy import HeldCopy
from tests.support.signers import FEED, ZoneKeys, document
from tests.support.zone import Zone, open_zone
from tests.support.zone_ca import make_ca, register, terminal_of, wall_now

DEVICE, REGION = "hall-01", "519900"
DAYS, STEP_S = 30, 1800
DAY_S, HOUR_S = 24 * 3600, 3600
HOLIDAY, MADE_UP = date(2026, 12, 10), date(2026, 12, 13)
"""A Thursday off, and the Sunday that is worked for it."""


class HallClock:
    """The hall's clock; it moves when it is told to."""

    def __init__(self) -> None:
        self.elapsed = 0.0

    def now(self) -> datetime:
        return (START + timedelta(seconds=self.elapsed)).astimezone(CHINA)

    def monotonic(self) -> float:
        return self.elapsed


class Weekdays:
    def is_workday(self, day: date) -> bool:
        return (day.isoweekday() <= 5 and day != HOLIDAY) or day == MADE_UP


def is_open(now: datetime) -> bool:
    """The schedule as a person would read it from the door."""
    worked = Weekdays().is_workday(now.date())
    return worked and time(9) <= now.time() < time(17)


def programme() -> Programme:
    hours = OpeningHours((1, 2, 3, 4, 5), time(9), time(17))
    main = Region("main", 0, 0, 100, 100, Source.NEWEST_DOCUMENTS, item_seconds=600, count=4)
    return Programme("P000000001", "大厅屏", REGION, (hours,), (main,), closed_text="现在休息")


@dataclass
class Told:
    """What really happened, as the test saw it."""

    plays: Counter[str] = field(default_factory=Counter)
    requests: list[str] = field(default_factory=list)
    searches: Counter[str] = field(default_factory=Counter)
    hours: int = 0


@dataclass
class Office:
    """A whole controller, of which the hall knows what enrolment told it."""

    zone: Zone
    issued: Issued
    clock: "HallClock"
    duplicates: int = 0

    @property
    def seal_key(self) -> str:
        return self.zone.app[keys.KEYRING].seal_public

    async def receive(self, data: bytes) -> Ack:
        """Take an envelope in as from the broker, and answer after the commit."""
        intake = self.zone.app[keys.PUSH].intake
        ack = await intake.receive(wire.from_bytes(data, wire.Envelope), peer=DEVICE)
        assert ack.result in {AckResult.OK, AckResult.DUPLICATE, AckResult.LATER}, ack
        self.duplicates += ack.result is AckResult.DUPLICATE
        return ack

    async def requests(self) -> list[tuple[str, str]]:
        """Return (number, code) of all that was registered."""
        return await self._rows(select(requests.c.number, requests.c.code))

    async def searches(self) -> Counter[str]:
        """Return how often each query was asked, all days together."""
        asked = func.sum(search_counts.c.asked)
        rows = await self._rows(
            select(search_counts.c.query, asked).group_by(search_counts.c.query)
        )
        return Counter({str(query): int(times) for query, times in rows})

    async def records(self, kind: str) -> tuple[RecordRow, ...]:
        """Return what the diary told of a kind."""
        async with self.zone.app[keys.DATABASE].read() as c:
            return await records_of(c, DEVICE, kind)

    async def _rows(self, query: Select[Any]) -> list[tuple[Any, Any]]:
        async with self.zone.app[keys.DATABASE].read() as c:
            return [(row[0], row[1]) for row in await c.execute(query)]


@asynccontextmanager
async def open_office(folder: Path) -> AsyncIterator[Office]:
    """Run a controller that has enrolled the hall, by the hall's clock."""
    clock = HallClock()
    async with open_zone(folder / "zone", clock=clock) as zone:
        await zone.staff()
        state = zone.app[keys.CONFIG].state
        issued = make_ca(state / "ca").issue_device(DEVICE, now=wall_now())
        await register(zone.app[keys.DATABASE], terminal_of(issued, DEVICE))
        yield Office(zone, issued, clock)


class Hall:
    """A terminal with a screen, over real files, that is started anew from time to time."""

    def __init__(self, folder: Path, office: Office) -> None:
        self.folder = folder
        self.keys = ZoneKeys()
        self.clock = office.clock
        self.office = office
        (folder / "client.key").write_bytes(office.issued.key)
        self.link = FakeLink(connected=False)
        self.upstream = FakeUpstream()
        self.told = Told()
        self.lost_answers = 0
        self.start()

    def start(self) -> None:
        """Open everything as after a power cut: nothing was closed before."""
        self.store = open_store(self.folder / "agent.db")
        boot = next_boot(self.store)
        sealer = new_sealer(
            device=DEVICE,
            boot=boot,
            seal_key=self.office.seal_key,
            key_file=self.folder / "client.key",
        )
        self.path = self.folder / "replica.db"
        self.copy = HeldCopy.open(
            self.path,
            self.keys.trust_root,
            clock=self.clock,
            upstream=self.upstream,
            online=lambda: self.link.connected,
        )
        self.disk, self.faults, self.sync = self.copy.disk, self.copy.faults, self.copy.sync
        self.freshness = self.copy.freshness
        self.reporter = Reporter(
            device=DEVICE, link=self.link, clock=self.clock, faults=self.faults.all
        )
        self.outbox = Outbox(self.store, sealer=sealer, attended=True)
        self.sender = Sender(
            self.outbox,
            link=self.link,
            upstream=self.upstream,
            clock=self.clock,
            disk=self.disk,
            on_settled=lambda _: None,
        )
        self.chronicle = Chronicle(
            Diary(self.store, sealer=sealer),
            reporter=self.reporter,
            clock=self.clock,
            disk=self.disk,
            on_closed=self.sender.stir,
        )
        self.reporter.on_drawn = self.chronicle.drawn
        self.screen = Conductor(
            clock=self.clock,
            calendar=Weekdays(),
            open_replica=lambda place: ReplicaReader(self.path, place.root),
            send=self._heard,
            place=Place(),
        )
        self.screen.receive(self._welcome())
        self.screen.receive(LinkState(online=False, last_contact=0))

    def cut_the_power(self) -> None:
        self.close()
        self.start()

    def close(self) -> None:
        self.copy.close()
        self.store.close()

    def _heard(self, message: ToAgent) -> bool:
        if isinstance(message, Glass):
            self.reporter.drawn("signage-1", message)
        return True

    def _welcome(self) -> Welcome:
        return Welcome(
            terminal=DEVICE,
            site="大厅",
            region=REGION,
            zone="示范县",
            public_url="https://zone.example",
            replica=str(self.path),
            trust_root=msgspec.to_builtins(self.keys.trust_root),
            attended=True,
            has_printer=False,
        )

    async def hold(self) -> None:
        """Take what the controller has published, while the link is there."""
        self.keys.publish(programme())
        for number in range(1, 5):
            self.keys.publish(document(f"D{number:09d}", title=f"第{number}号"))
        self.upstream.hold(FEED, self.keys.lines)
        now = int(self.clock.now().timestamp())
        await self.copy.meet(self.keys.policy(), self.keys.head(at=now))
        self.screen.receive(ReplicaChanged(sequences={FEED: 5}))

    def step(self) -> str:
        """Draw as the screen's loop does; return the document on the glass."""
        before = self.screen.player.leading
        self.screen.step()
        if self.screen.take_glass():
            self.screen.glass_drawn("f00d")
        leading = self.screen.player.leading
        name = leading.record.id if leading else ""
        if leading is not None and leading != before:
            self.told.plays[f"signage-1 {name} {leading.version}"] += 1
        return name

    async def deliver(self) -> None:
        """Work the outbox until it is empty; some answers are lost on the way."""
        for _ in range(500):
            await self.sender.send_due()
            for topic, data in self.link.take():
                if not topic.startswith(topics.up(DEVICE, "")):
                    continue
                ack = await self.office.receive(data)
                if self.lost_answers > 0:
                    self.lost_answers -= 1
                    continue
                await self.sender.acknowledged(ack)
            if not self.outbox.waiting():
                return
            self.clock.elapsed += 5
        pytest.fail("the outbox never became empty")
