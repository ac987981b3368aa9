"""A terminal under siege: a real agent behind a real broker and HTTPS interface that an attacker holds.

The small controller of agent_zone is the attacker's: with it go the log key, the certificate authority, the
broker and every terminal's certificate. What he does not have are the keys of people.
"""

import asyncio
import base64
import tomllib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import apsw
import msgspec
from typing_extensions import override

from content.canonical import sha256_hex
from content.errors import NotFound
from content.feed.body import KINDS, body_bytes
from content.feed.entry import Entry, line_to_bytes
from content.feed.policy import TrustRoot
from content.feed.verify import Refused
from content.replica.reader import ReplicaReader
from devices.agent.app import Agent
from devices.agent.config import Home, TerminalConfig, to_toml
from devices.agent.store import open_store
from devices.clock import Clock, SystemClock
from devices.wire import topics
from devices.wire.messages import Welcome, to_bytes
from tests.support.agent_zone import (
    DEVICE,
    EMERGENCY_FEED,
    AgentZone,
    running_agent_zone,
)
from tests.support.mosquitto import until
from tests.support.signers import FEED, document

GOOD = "关于提高城乡居民最低生活保障标准的通知"
NEXT = "关于做好冬季供暖保障工作的通知"
LIE = "关于骆驼驯养奖励的通知"
LIE_ID = "X000000001"


class ShiftedClock(Clock):
    """The wall clock of a machine whose battery has died."""

    def __init__(self) -> None:
        self.shift = timedelta()
        self._true = SystemClock()

    @override
    def now(self) -> datetime:
        return self._true.now() + self.shift

    @override
    def monotonic(self) -> float:
        return self._true.monotonic()


@dataclass
class Siege:
    """The terminal, and what the attacker can do."""

    zone: AgentZone
    home: Home
    root: TrustRoot
    clock: ShiftedClock = field(default_factory=ShiftedClock)
    since: int = 0
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start the agent."""
        store = open_store(self.home.store)
        self._stop = asyncio.Event()

        async def run() -> None:
            with closing(store):
                settings = msgspec.convert(_settings(self.home), type=TerminalConfig)
                agent = Agent(settings, self.home, clock=self.clock, store=store)
                await agent.run(self._stop)

        self._running = asyncio.create_task(run())

    async def stop(self) -> None:
        """Stop the agent in order."""
        self._stop.set()
        if self._running is not None:
            await self._running
            self._running = None

    async def restart(self) -> None:
        """Switch the terminal off and on."""
        await self.stop()
        await self.start()

    # The attacker's hands.

    def lie(self, record: str = LIE_ID, *, title: str = LIE) -> Entry:
        """Return an entry that nobody approved: digest and size are right."""
        made = self.zone.keys.entry(document(record, title=title))
        return replace(made, approvals=())

    async def strike(self) -> None:
        """Let the terminal ask what there is, and give it the attacker's log."""
        self.since = len(self.zone.reports)
        await self.push(topics.down_message(DEVICE), to_bytes(self.zone.welcome()))

    async def push(self, topic: str, payload: bytes) -> None:
        """Say something through the broker."""
        await self.zone.say(topic, payload)

    async def offer(self, policy: bytes) -> None:
        """Offer a policy."""
        self.since = len(self.zone.reports)
        welcome = Welcome(base64.b64encode(policy).decode(), ())
        await self.push(topics.down_message(DEVICE), to_bytes(welcome))

    def on_disk(self, sql: str, *values: object) -> None:
        """Change the terminal's copy behind its back."""
        with closing(apsw.Connection(str(self.home.replica))) as disk:
            disk.set_busy_timeout(5000)
            disk.execute(sql, values)

    def held(self, sql: str) -> list[object]:
        """Look into the terminal's copy."""
        with closing(apsw.Connection(str(self.home.replica))) as disk:
            disk.set_busy_timeout(5000)
            return list(disk.execute(sql))

    # What a visitor could see, and what staff are told.

    def glass(self) -> dict[str, str]:
        """Return record -> digest of all that UIs could draw now, by list, by id and by search."""
        with closing(ReplicaReader(self.home.replica, self.root)) as reader:
            found = [one for kind in KINDS for one in reader.newest(kind, limit=500)]
            found += [one.found for one in reader.search(LIE, limit=50).hits]
            found += [one.found for one in reader.search("通知", limit=50).hits]
            with suppress(NotFound, Refused):
                found.append(reader.get(LIE_ID))
            assert LIE not in reader.suggest("骆驼") + reader.suggest("关于")
            return {one.record.id: sha256_hex(body_bytes(one.record)) for one in found}

    def titles(self) -> set[str]:
        """Return the titles of what UIs could draw."""
        with closing(ReplicaReader(self.home.replica, self.root)) as reader:
            kinds = [reader.newest(kind, limit=500) for kind in KINDS]
        return {one.record.title for found in kinds for one in found}

    async def shows(self, *titles: str) -> None:
        """Wait until exactly these are there."""
        try:
            await until(lambda: self.titles() == set(titles))
        except TimeoutError:
            assert self.titles() == set(titles)

    async def reported(self, code: str) -> None:
        """Wait until a report with this fault has reached the controller."""
        await self.until_report(lambda codes: any(one.startswith(code) for one in codes))

    async def until_report(self, holds: Callable[[set[str]], bool]) -> None:
        """Wait until the codes of a report since the last strike are so."""

        def found() -> bool:
            reports = self.zone.reports[self.since :]
            return any(holds({fault.code for fault in one.faults}) for one in reports)

        try:
            await until(found)
        except TimeoutError:
            said = [{one.code for one in report.faults} for report in self.zone.reports]
            raise AssertionError(said) from None

    async def recovers(self, *others: str) -> None:
        """Publish something honest in place of what the attacker appended, and see it arrive."""
        keys = self.zone.keys
        keys._log[:] = keys._log[:1]
        line = keys.publish(document("D000000002", title=NEXT, number="示政办发〔2026〕13号"))
        self.since = len(self.zone.reports)
        await self.push(topics.log(FEED), line_to_bytes(line))
        await self.strike()
        await self.shows(GOOD, NEXT, *others)


def _settings(home: Home) -> object:
    return tomllib.loads(home.config.read_text("utf-8"))


@asynccontextmanager
async def besieged(
    folder: Path,
    *,
    threshold: int = 1,
    root: TrustRoot | None = None,
    feeds: tuple[str, ...] = (FEED, EMERGENCY_FEED),
    prepare: Callable[[AgentZone], None] = lambda _: None,
) -> AsyncIterator[Siege]:
    """Run a terminal that shows one good document inside the block; `prepare` changes the zone before."""
    async with AsyncExitStack() as stack:
        zone = await stack.enter_async_context(running_agent_zone(folder))
        prepare(zone)
        zone.keys.threshold = threshold
        zone.feeds = feeds
        keys = zone.keys
        signers = (keys.approver, keys.second)[:threshold]
        keys.append(keys.entry(document(title=GOOD), *signers))
        home = zone.home(folder / "hall")
        pinned = root or keys.trust_root
        settings = replace(zone.config(), root=pinned)
        home.config.write_text(to_toml(settings), "utf-8")
        siege = Siege(zone, home, pinned)
        await siege.start()
        stack.push_async_callback(siege.stop)
        await until(lambda: zone.client is not None and bool(zone.reports))
        if root is None:
            await siege.shows(GOOD)
            siege.since = len(zone.reports)
        yield siege
