"""Thirty days without a link: right content, right schedule, and every record of it arrives afterwards, once."""

import base64
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from content.feed.entry import head_to_bytes
from content.programme.programme import OpeningHours, Programme, Region, Source
from content.replica.reader import ReplicaReader
from devices.agent.chronicle import Chronicle
from devices.agent.diary import PLAY, TELEMETRY, Diary
from devices.agent.disk import DiskReplica, OneThread
from devices.agent.faults import FaultBook
from devices.agent.freshness import Freshness
from devices.agent.outbox import Outbox
from devices.agent.report import Reporter
from devices.agent.sealing import new_sealer
from devices.agent.sender import Sender
from devices.agent.store import next_boot, open_store
from devices.agent.sync import Poll, Sync, Welcomed
from devices.clock import CHINA
from devices.ipc.messages import Glass, LinkState, ReplicaChanged, ToAgent, Welcome
from devices.wire import messages as wire
from devices.wire import topics
from signage.conductor import Conductor
from signage.place import Place
from tests.support.fake_link import START, FakeIntake, FakeLink, FakeUpstream
from tests.support.outbox_terminal import form
from tests.support.signers import FEED, ZoneKeys, document

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

    plays: Counter[str]
    requests: list[str]
    hours: int = 0


class Hall:
    """A terminal with a screen, over real files, that is started anew from time to time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.keys = ZoneKeys()
        self.clock = HallClock()
        private = ec.generate_private_key(ec.SECP256R1())
        key = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / "client.key").write_bytes(key)
        self.intake = FakeIntake(private.public_key())
        self.link = FakeLink(connected=False)
        self.upstream = FakeUpstream(intake=self.intake)
        self.told = Told(Counter(), [])
        self.lost_answers = 0
        self.start()

    def start(self) -> None:
        """Open everything as after a power cut: nothing was closed before."""
        self.store = open_store(self.folder / "agent.db")
        boot = next_boot(self.store)
        sealer = new_sealer(
            device=DEVICE,
            boot=boot,
            seal_key=self.intake.seal_key,
            key_file=self.folder / "client.key",
        )
        self.disk = OneThread("hall")
        self.faults = FaultBook(clock=self.clock, on_change=lambda: None)
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
        self.path = self.folder / "replica.db"
        self.replica = DiskReplica(self.path, self.keys.trust_root, clock=self.clock)
        self.sync = Sync(
            self.replica,
            feeds=(FEED,),
            upstream=self.upstream,
            faults=self.faults,
            disk=self.disk,
            on_moved=lambda _: None,
        )
        self.freshness = Freshness(
            self.replica,
            feeds=(FEED,),
            faults=self.faults,
            disk=self.disk,
            clock=self.clock,
            online=lambda: self.link.connected,
        )
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
        self.disk.close()
        self.replica.close()
        self.store.close()
        self.start()

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
        policy = base64.b64encode(self.keys.policy().to_bytes()).decode()
        now = int(self.clock.now().timestamp())
        head = base64.b64encode(head_to_bytes(self.keys.head(at=now))).decode()
        await self.sync.step(Welcomed(wire.Welcome(policy, (head,))))
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
                ack = self.intake.receive(data)
                if self.lost_answers > 0:
                    self.lost_answers -= 1
                    continue
                await self.sender.acknowledged(ack)
            if not self.outbox.waiting():
                return
            self.clock.elapsed += 5
        pytest.fail("the outbox never became empty")


@pytest.fixture
def hall(tmp_path: Path) -> Iterator[Hall]:
    one = Hall(tmp_path)
    yield one
    one.disk.close()
    one.replica.close()
    one.store.close()


@pytest.mark.timeout(120)
async def test_thirty_days_without_a_link_lose_nothing_and_double_nothing(hall: Hall) -> None:
    hall.upstream.up = True
    await hall.hold()
    hall.upstream.up = False

    wrong = await live_through(hall, days=DAYS)

    assert wrong == []
    await hall.freshness.look()
    assert {fault.code for fault in hall.faults.all()} >= {"feed_stale"}
    assert hall.intake.bodies == {}

    hall.link.connected, hall.upstream.up, hall.lost_answers = True, True, 25
    hall.clock.elapsed += HOUR_S
    await hall.chronicle.turn()
    await hall.deliver()

    assert hall.intake.duplicates >= 25
    rows = rows_of(hall)
    assert plays_of(rows) == hall.told.plays
    assert sum(hall.told.plays.values()) > 15 * 20
    assert requests_of(hall) == sorted(hall.told.requests)
    samples = [row["hour"] for row in rows[TELEMETRY]]
    assert len(samples) == len(set(samples)) == hall.told.hours
    assert hall.store.execute("SELECT count(*) FROM outbox").fetchone() == (0,)


async def live_through(hall: Hall, *, days: int) -> list[str]:
    """Let so many days pass; return where glass and door disagreed."""
    wrong: list[str] = []
    seen_hours: set[int] = set()
    for step in range(days * DAY_S // STEP_S):
        hall.clock.elapsed = step * STEP_S
        now = hall.clock.now()
        shown = hall.step()
        showing = hall.screen.player.showing
        assert showing is not None
        if showing.is_open != is_open(now) or bool(shown) != is_open(now):
            wrong.append(f"{now:%m-%d %H:%M} {shown}")
        await hall.chronicle.turn()
        seen_hours.add(int(now.timestamp()) // HOUR_S)
        if step % (DAY_S // STEP_S) == 5:
            await daily(hall, step)
    hall.told.hours = len(seen_hours)
    return wrong


async def daily(hall: Hall, step: int) -> None:
    """Once a day a citizen files a request, HTTPS is tried in vain; each fifth day the power is cut."""
    day = step // (DAY_S // STEP_S)
    key = f"{day:032x}"
    answer = hall.outbox.submit(key, form(), int(hall.clock.now().timestamp()))
    assert answer.error == ""
    hall.told.requests.append(answer.code)
    await hall.sync.step(Poll())
    await hall.sender.send_due()
    await hall.freshness.look()
    if day % 5 == 4:
        hall.cut_the_power()
        hall.screen.receive(ReplicaChanged(sequences={FEED: 5}))


def rows_of(hall: Hall) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = {PLAY: [], TELEMETRY: []}
    for key, body in hall.intake.bodies.items():
        kind = key.removeprefix(f"{DEVICE}-").partition("-")[0]
        if kind in found:
            found[kind] += msgspec.convert(body["rows"], type=list[dict[str, object]])
    return found


def plays_of(rows: dict[str, list[dict[str, object]]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for row in rows[PLAY]:
        total[str(row["subject"])] += int(str(row["count"]))
    return total


def requests_of(hall: Hall) -> list[str]:
    return sorted(str(body["code"]) for body in hall.intake.bodies.values() if "code" in body)
