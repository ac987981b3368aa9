"""Several controllers on one PostgreSQL: one leads, another takes over, all hear what was committed."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from controller import keys
from controller.commands.offline import offline
from controller.services.event_relay import EventRelay
from controller.services.events import (
    Event,
    EventBus,
    JobChanged,
    Overflowed,
    Published,
    RequestChanged,
    RolloutChanged,
    TerminalChanged,
    WantChanged,
)
from controller.services.keyring import KeyringError
from controller.services.leader import DatabaseLeadership
from controller.services.terminal_status import Cause
from controller.services.terminal_words import Word
from controller.services.terminals import Terminals
from controller.store.database import Database
from devices.wire.messages import DeviceState, FeedMark, GlassMark, Report, StateMessage
from tests.support.hand_clock import HandClock
from tests.support.mosquitto import DEADLINE_S
from tests.support.postgresql import HAS_POSTGRESQL, SKIPPED, Cluster, running_cluster
from tests.support.zone import open_zone, zone_config
from tests.support.zone_ca import FEED, make_ca, register, terminal_of, wall_now

pytestmark = pytest.mark.skipif(not HAS_POSTGRESQL, reason=SKIPPED)
A = "hall-a"
LINK = "ab" * 32


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture
def url(cluster: Cluster) -> str:
    return cluster.database()


@dataclass
class Controller:
    """Says when it leads."""

    name: str
    leading: list[str]
    ended: int = 0

    async def work(self) -> None:
        self.leading.append(self.name)
        try:
            await asyncio.Event().wait()
        finally:
            self.leading.remove(self.name)
            self.ended += 1


@asynccontextmanager
async def running(
    work: Callable[[], Coroutine[object, object, None]],
) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(work())
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not holds():  # noqa: ASYNC110 - what is waited for is in another process
            await asyncio.sleep(0.02)


async def kill_backends(url: str, name: str) -> None:
    engine = create_async_engine(url)
    async with engine.connect() as c:
        statement = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = :name AND datname = current_database()"
        )
        await c.execute(text(statement), {"name": name})
    await engine.dispose()


async def test_one_leads_and_when_it_goes_another_does(url: str) -> None:
    leading: list[str] = []
    one, two = Controller("one", leading), Controller("two", leading)
    async with running(lambda: DatabaseLeadership(url, beat_s=0.1).lead(one.work)) as first:
        await until(lambda: leading == ["one"])
        async with running(lambda: DatabaseLeadership(url, beat_s=0.1).lead(two.work)):
            await asyncio.sleep(0.5)
            assert leading == ["one"]

            first.cancel()

            await until(lambda: leading == ["two"])
    assert (one.ended, two.ended) == (1, 1)


async def test_who_loses_the_database_stops_before_it_may_lead_again(url: str) -> None:
    leading: list[str] = []
    one = Controller("one", leading)
    async with running(lambda: DatabaseLeadership(url, beat_s=0.1).lead(one.work)):
        await until(lambda: leading == ["one"])

        await kill_backends(url, "disclosure-zone-leader")

        await until(lambda: one.ended == 1)
        await until(lambda: leading == ["one"])


async def heard_until(events: AsyncIterator[Event], last: Event) -> list[Event]:
    heard: list[Event] = []
    async with asyncio.timeout(DEADLINE_S):
        while last not in heard:
            heard.append(await anext(events))
    return heard


async def test_what_one_commits_the_other_hears_once_and_not_itself(url: str) -> None:
    here, there = EventBus(), EventBus()
    published, last = Published(FEED, 7, "D000000001", 1), RequestChanged("1", "x")
    async with (
        here.subscribe() as own,
        there.subscribe() as events,
        running(EventRelay(url, bus=here, node="a").run),
        running(EventRelay(url, bus=there, node="b").run),
    ):
        await heard_until(own, Overflowed())
        await heard_until(events, Overflowed())
        here.publish(published)
        here.publish(last)
        heard = await heard_until(events, last)
        there.publish(last)
        back = await heard_until(own, last)

    assert heard == [published, last]
    assert back == [published, last]  # its own; what came back from "b" follows only now


async def test_jobs_wishes_and_rollouts_are_heard_by_every_controller(url: str) -> None:
    here, there = EventBus(), EventBus()
    said = (JobChanged("hall-1", "j"), WantChanged("hall-1", 2), RolloutChanged("r"))
    last = RequestChanged("1", "x")
    async with (
        here.subscribe() as own,
        there.subscribe() as events,
        running(EventRelay(url, bus=here, node="a").run),
        running(EventRelay(url, bus=there, node="b").run),
    ):
        await heard_until(own, Overflowed())
        await heard_until(events, Overflowed())
        for event in (*said, last):
            here.publish(event)
        heard = await heard_until(events, last)

    assert heard == [*said, last]


async def test_a_whole_fleet_that_changes_is_told_as_one_change(url: str) -> None:
    here, there = EventBus(), EventBus()
    last = RequestChanged("1", "x")
    async with (
        there.subscribe() as events,
        here.subscribe() as own,
        running(EventRelay(url, bus=here, node="a").run),
        running(EventRelay(url, bus=there, node="b").run),
    ):
        await heard_until(events, Overflowed())
        await heard_until(own, Overflowed())
        for number in range(200):
            here.publish(TerminalChanged(f"t{number}"))
        await asyncio.sleep(0.5)
        here.publish(last)
        heard = await heard_until(events, last)

    assert heard == [TerminalChanged(""), last]


async def test_who_was_cut_off_is_told_to_read_everything_again(url: str) -> None:
    bus = EventBus()
    async with bus.subscribe() as events, running(EventRelay(url, bus=bus, node="a").run):
        await heard_until(events, Overflowed())

        await kill_backends(url, "disclosure-zone-relay")

        await heard_until(events, Overflowed())


@dataclass
class Published1:
    """One line is published."""

    marks: dict[str, tuple[int, str]] = field(default_factory=lambda: {FEED: (1, LINK)})

    async def sequences(self) -> Mapping[str, tuple[int, str]]:
        return self.marks


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = Database(url)
    await database.migrate()
    yield database
    await database.close()


async def test_a_controller_that_does_not_lead_judges_as_the_leader_does(
    database: Database, tmp_path: Path
) -> None:
    issued = make_ca(tmp_path / "ca").issue_device(A, now=wall_now())
    await register(database, terminal_of(issued, A, screens=("kiosk",)))
    clock = HandClock()
    leader, other = (
        Terminals(database=database, desired=Published1(), events=EventBus(), clock=clock)
        for _ in range(2)
    )
    report = Report(1, {FEED: FeedMark(1, LINK)}, (GlassMark("kiosk", {FEED: 1}),))

    async with running(leader.tell_links):
        leader.link_is(up=True, via="own")
        await leader.said([Word(A, StateMessage(DeviceState.READY, "b", 1), via="own")])
        await leader.said_report(A, report)
        async with asyncio.timeout(DEADLINE_S):
            while not (await other.status(A)).green:  # noqa: ASYNC110 - told through a database
                await asyncio.sleep(0.02)
        assert await other.status(A) == await leader.status(A)
    clock.advance(20)

    assert (await other.status(A)).code is Cause.BROKER_DOWN


async def test_a_controller_without_the_zones_keys_does_not_make_new_ones(
    url: str, tmp_path: Path
) -> None:
    async with open_zone(tmp_path / "one", database=url) as zone:
        await zone.set_up()
    stranger = zone_config(tmp_path / "two", database=url)

    with pytest.raises(KeyringError, match=r"keys/log\.key、ca/ca\.key"):
        async with offline(stranger):
            pass

    assert not (tmp_path / "two" / "keys").exists()
    for folder in ("keys", "ca"):
        shutil.copytree(tmp_path / "one" / folder, tmp_path / "two" / folder)
    async with offline(stranger) as app:
        assert await app[keys.PEOPLE].set_up_token() is None
