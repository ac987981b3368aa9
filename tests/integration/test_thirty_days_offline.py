"""Thirty days without a link: right content, right schedule, and every record of it arrives afterwards, once.

The outbox, diary, sender, replica and screen are the agent's own over real files; what arrives is taken in by a whole
controller and counted in its tables.
"""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from devices.agent.diary import PLAY, TELEMETRY
from devices.agent.sync import Poll
from devices.ipc.messages import Counted, ReplicaChanged
from tests.support.offline_hall import DAY_S, DAYS, HOUR_S, STEP_S, Hall, is_open, open_office
from tests.support.outbox_terminal import form
from tests.support.signers import FEED

if TYPE_CHECKING:
    from datetime import date

WORD = "低保标准"
PUBLISHED = {f"D{number:09d}" for number in range(1, 5)}
"""What the hall took before the link went: the programme shows all of it in forty minutes."""


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    async with open_office(tmp_path) as office:
        (tmp_path / "hall").mkdir()
        one = Hall(tmp_path / "hall", office)
        yield one
        one.close()


@pytest.mark.timeout(120)
async def test_thirty_days_without_a_link_lose_nothing_and_double_nothing(hall: Hall) -> None:
    hall.upstream.up = True
    await hall.hold()
    hall.upstream.up = False

    wrong = await live_through(hall, days=DAYS)

    assert wrong == []
    await hall.freshness.look()
    assert {fault.code for fault in hall.faults.all()} >= {"feed_stale"}
    assert await hall.office.requests() == []

    hall.link.connected, hall.upstream.up, hall.lost_answers = True, True, 25
    hall.clock.elapsed += HOUR_S
    await hall.chronicle.turn()
    await hall.deliver()

    assert hall.office.duplicates >= 25
    await everything_arrived_once(hall)
    assert hall.store.execute("SELECT count(*) FROM outbox").fetchone() == (0,)


async def everything_arrived_once(hall: Hall) -> None:
    """Compare what the controller's tables hold with what really happened."""
    office, told = hall.office, hall.told
    filed = await office.requests()
    assert sorted(code for _, code in filed) == sorted(told.requests)
    assert len({number for number, _ in filed}) == len(told.requests) == DAYS
    plays = Counter[str]()
    for row in await office.records(PLAY):
        plays[row.subject] += row.count
    assert plays == told.plays
    assert plays.total() > 15 * 20
    samples = [row.hour for row in await office.records(TELEMETRY)]
    assert len(samples) == len(set(samples)) == told.hours
    assert await office.searches() == told.searches
    assert told.searches.total() > DAYS


async def live_through(hall: Hall, *, days: int) -> list[str]:
    """Let so many days pass; return where glass and door disagreed, and days on which not all was shown."""
    wrong: list[str] = []
    seen_hours: set[int] = set()
    glass: defaultdict[date, set[str]] = defaultdict(set)
    for step in range(days * DAY_S // STEP_S):
        hall.clock.elapsed = step * STEP_S
        now = hall.clock.now()
        shown = hall.step()
        showing = hall.screen.player.showing
        assert showing is not None
        if showing.is_open != is_open(now) or bool(shown) != is_open(now):
            wrong.append(f"{now:%m-%d %H:%M} {shown}")
        if shown:
            glass[now.date()].add(shown)
        await hall.chronicle.turn()
        seen_hours.add(int(now.timestamp()) // HOUR_S)
        if step % (DAY_S // STEP_S) == 5:
            await daily(hall, step)
    hall.told.hours = len(seen_hours)
    return wrong + [f"{day} {shown}" for day, shown in glass.items() if shown != PUBLISHED]


async def daily(hall: Hall, step: int) -> None:
    """Once a day a citizen files a request, HTTPS is tried in vain; each fifth day the power is cut."""
    day = step // (DAY_S // STEP_S)
    key = f"{day:032x}"
    answer = hall.outbox.submit(key, form(), int(hall.clock.now().timestamp()))
    assert answer.error == ""
    hall.told.requests.append(answer.code)
    asked = 3 + day
    count = Counted(day=int(f"{hall.clock.now():%Y%m%d}"), counts=[(WORD, asked, 0)], taps=[])
    assert hall.outbox.keep_counts(f"{day + 1000:032x}", count, int(hall.clock.now().timestamp()))
    hall.told.searches[WORD] += asked
    await hall.sync.step(Poll())
    await hall.sender.send_due()
    await hall.freshness.look()
    if day % 5 == 4:
        hall.cut_the_power()
        hall.screen.receive(ReplicaChanged(sequences={FEED: 5}))
