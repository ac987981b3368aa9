"""What terminals say, kept and judged over a real database."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from content.errors import NotFound
from controller.services.events import EventBus, Subscription, TerminalChanged
from controller.services.terminal_status import Cause
from controller.services.terminal_words import Word
from controller.services.terminals import MAX_FAULTS, Terminals
from controller.store.database import Database
from controller.store.links import KeptLink, keep_links
from controller.store.terminals import Happening, revoke_terminal
from devices.wire.messages import (
    DeviceState,
    Fault,
    FeedMark,
    GlassMark,
    Report,
    StateMessage,
)
from tests.support.hand_clock import START, HandClock
from tests.support.zone_ca import (
    FEED,
    make_ca,
    open_database,
    register,
    terminal_of,
    wall_now,
)

A = "hall-a"
LINK = "ab" * 32
AT = int(START.timestamp())
GOOD = Report(
    policy=1,
    applied={FEED: FeedMark(5, LINK)},
    glass=(GlassMark("kiosk", {FEED: 5}), GlassMark("signage-1", {FEED: 5})),
    at=AT,
)
PAPER = Fault("printer:paper_out", "printer", "请装纸。", AT)


@dataclass
class Published:
    """What terminals should hold."""

    marks: dict[str, tuple[int, str]] = field(default_factory=lambda: {FEED: (5, LINK)})

    async def sequences(self) -> Mapping[str, tuple[int, str]]:
        return self.marks


@dataclass
class Desk:
    """Terminals with one enrolled."""

    terminals: Terminals
    published: Published
    clock: HandClock
    events: Subscription
    database: Database


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    issued = make_ca(tmp_path / "ca").issue_device(A, now=wall_now())
    async with open_database(tmp_path) as database:
        await register(database, terminal_of(issued, A))
        bus, clock, published = EventBus(), HandClock(), Published()
        terminals = Terminals(database=database, desired=published, events=bus, clock=clock)
        yield Desk(terminals, published, clock, bus.subscribe(), database)


async def come(desk: Desk, *, connection: int = 1) -> None:
    desk.terminals.link_is(up=True)
    await desk.terminals.said_state(A, StateMessage(DeviceState.READY, "b", connection))
    await desk.terminals.said_report(A, GOOD)


async def test_a_terminal_that_came_and_reports_all_equal_is_green(desk: Desk) -> None:
    await come(desk)

    (status,) = await desk.terminals.list()

    assert status.green
    assert status.name == "一号大厅"
    assert status.last_report == AT


async def test_each_word_reaches_the_live_page(desk: Desk) -> None:
    await come(desk)

    heard = [await anext(desk.events) for _ in range(3)]

    assert heard == [TerminalChanged(""), TerminalChanged(A), TerminalChanged(A)]


async def test_publishing_takes_the_green_away_until_every_glass_has_followed(desk: Desk) -> None:
    await come(desk)
    desk.published.marks = {FEED: (6, "cd" * 32)}

    assert (await desk.terminals.status(A)).code is Cause.BEHIND

    applied = replace(GOOD, applied={FEED: FeedMark(6, "cd" * 32)})
    await desk.terminals.said_report(A, applied)
    assert (await desk.terminals.status(A)).code is Cause.SCREEN_BEHIND

    marks = (GlassMark("kiosk", {FEED: 6}), GlassMark("signage-1", {FEED: 6}))
    await desk.terminals.said_report(A, replace(applied, glass=marks))
    assert (await desk.terminals.status(A)).green


async def test_a_will_makes_it_lost_and_a_late_one_does_not(desk: Desk) -> None:
    await come(desk, connection=1)
    await desk.terminals.said_state(A, StateMessage(DeviceState.LOST, "b", 1))
    lost = await desk.terminals.status(A)
    desk.clock.advance(60)
    await desk.terminals.said_state(A, StateMessage(DeviceState.READY, "b", 2))
    await desk.terminals.said_state(A, StateMessage(DeviceState.LOST, "b", 1))

    assert (lost.online, lost.code, lost.since) == (False, Cause.LOST, AT)
    back = await desk.terminals.status(A)
    assert (back.online, back.since) == (True, AT + 60)
    happened = [line.what for line in await desk.terminals.history(A)]
    assert happened == [Happening.ONLINE, Happening.LOST, Happening.ONLINE]


async def test_after_a_restart_of_the_broker_only_who_speaks_again_is_there(desk: Desk) -> None:
    await come(desk)
    desk.terminals.link_is(up=False)
    down = await desk.terminals.status(A)
    desk.terminals.link_is(up=True)
    silent = await desk.terminals.status(A)
    await desk.terminals.said_state(A, StateMessage(DeviceState.READY, "b", 2))

    assert (down.green, down.code) == (False, Cause.BROKER_DOWN)
    assert (silent.green, silent.code) == (False, Cause.LOST)
    assert (await desk.terminals.status(A)).green


async def test_a_live_report_proves_a_link_that_stood_while_ours_was_dialled_anew(
    desk: Desk,
) -> None:
    """As in a cluster, where the node of a terminal lives on when the controller's node dies."""
    await come(desk)
    desk.terminals.link_is(up=False)
    desk.clock.advance(5)
    desk.terminals.link_is(up=True, via="node")
    elsewhere = Terminals(
        database=desk.database, desired=desk.published, events=EventBus(), clock=desk.clock
    )

    await desk.terminals.said([Word(A, GOOD, is_old=True, via="node")])
    kept = await desk.terminals.status(A)
    await desk.terminals.said([Word(A, GOOD)])
    over_https = await desk.terminals.status(A)
    await desk.terminals.said([Word(A, GOOD, via="node")])

    assert (kept.code, over_https.code) == (Cause.LOST, Cause.LOST)
    assert (await desk.terminals.status(A)).green
    async with desk.database.write() as c:
        at = int(desk.clock.now().timestamp())
        await keep_links(c, (KeptLink("node", at, at),))
    assert (await elsewhere.status(A)).green


async def test_a_report_overtaken_by_a_will_brings_nobody_back(desk: Desk) -> None:
    await come(desk)
    desk.terminals.link_is(up=True, via="node")
    await desk.terminals.said_state(A, StateMessage(DeviceState.LOST, "b", 1))

    await desk.terminals.said([Word(A, GOOD, via="node")])

    assert (await desk.terminals.status(A)).code is Cause.LOST


async def test_a_terminal_that_hangs_with_an_open_link_is_not_green(desk: Desk) -> None:
    await come(desk)
    desk.clock.advance(301)

    assert (await desk.terminals.status(A)).code is Cause.SILENT


async def test_an_old_report_that_the_broker_kept_is_no_sign_of_life(desk: Desk) -> None:
    await come(desk)
    desk.clock.advance(400)

    await desk.terminals.said_report(A, GOOD, is_old=True)
    assert (await desk.terminals.status(A)).code is Cause.SILENT

    await desk.terminals.said_report(A, replace(GOOD, outbox=1), is_old=True)
    assert (await desk.terminals.status(A)).last_report == AT


async def test_a_fault_begins_goes_on_and_is_cleared(desk: Desk) -> None:
    await come(desk)
    await desk.terminals.said_report(A, replace(GOOD, faults=(PAPER,)))
    desk.clock.advance(10)
    await desk.terminals.said_report(A, replace(GOOD, faults=(PAPER,)))
    open_now = (await desk.terminals.status(A)).faults
    desk.clock.advance(10)
    await desk.terminals.said_report(A, GOOD)

    assert [(one.first_seen, one.last_seen) for one in open_now] == [(AT, AT + 10)]
    assert (await desk.terminals.status(A)).green
    (cleared,) = await desk.terminals.cleared_faults(A)
    assert (cleared.first_seen, cleared.cleared) == (AT, AT + 20)


async def test_a_fault_that_returns_is_a_new_one(desk: Desk) -> None:
    await come(desk)
    for faults in ((PAPER,), (), (PAPER,)):
        desk.clock.advance(10)
        await desk.terminals.said_report(A, replace(GOOD, faults=faults))

    assert [one.first_seen for one in (await desk.terminals.status(A)).faults] == [AT + 30]
    assert len(await desk.terminals.cleared_faults(A)) == 1


async def test_a_terminal_gone_mad_does_not_fill_the_store(desk: Desk) -> None:
    await come(desk)
    many = tuple(Fault(f"mad:{i}", "x", "请重启。", AT) for i in range(5000))

    await desk.terminals.said_report(A, replace(GOOD, faults=many))

    assert len((await desk.terminals.status(A)).faults) == MAX_FAULTS


async def test_who_is_not_enrolled_leaves_no_trace(desk: Desk) -> None:
    await desk.terminals.said_state("hall-z", StateMessage(DeviceState.READY, "b", 1))
    await desk.terminals.said_report("hall-z", GOOD)
    await desk.terminals.said_info("hall-z", b"{}")

    assert [one.id for one in await desk.terminals.list()] == [A]
    with pytest.raises(NotFound, match="hall-z"):
        await desk.terminals.status("hall-z")


async def test_a_revoked_terminal_is_not_listed_and_the_mark_changes(desk: Desk) -> None:
    before = await desk.terminals.enrolment_mark()
    async with desk.database.write() as c:
        await revoke_terminal(c, A, now=AT)

    assert await desk.terminals.list() == ()
    assert await desk.terminals.find(A) is None
    assert await desk.terminals.enrolment_mark() != before
