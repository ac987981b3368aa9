"""A terminal enrolled before there was an emergency feed shows notices all the same: nobody has to visit it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from controller.services.enrolments import Enrolments
from controller.services.events import EventBus
from controller.store.terminals import find_terminal
from devices.agent.following import emergency_feed
from devices.clock import SystemClock
from tests.hostile.test_emergencies import Alarms
from tests.support.agent_zone import EMERGENCY_FEED
from tests.support.besieged import GOOD, Siege, besieged
from tests.support.mosquitto import HAS_MOSQUITTO, until
from tests.support.signers import FEED
from tests.support.zone_ca import (
    FakeAudit,
    make_ca,
    open_database,
    register,
    terminal_of,
    wall_now,
)

needs_broker = [
    pytest.mark.broker,
    pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed"),
]
TITLE = "山洪红色预警"


@pytest.fixture
async def old(tmp_path: Path) -> AsyncIterator[Siege]:
    """An agent whose terminal.toml knows the documents' feed alone, and a policy without emergencies."""
    async with besieged(tmp_path, feeds=(FEED,)) as siege:
        yield siege


def alarms_of(siege: Siege) -> Alarms:
    one = Alarms()
    one.siege = siege
    one.prepare(siege.zone)
    return one


class TestWithABroker:
    pytestmark = needs_broker

    async def test_a_notice_reaches_it_as_soon_as_its_policy_has_an_emergency_group(
        self, old: Siege
    ) -> None:
        alarms = alarms_of(old)
        await old.offer(old.zone.keys.policy(version=2).to_bytes())
        await until(lambda: old.zone.reports[-1].policy == 2)

        await alarms.strike(alarms.entry(*alarms.wardens, hours=5))

        await alarms.shows(TITLE)
        assert old.titles() == {GOOD, TITLE}

    async def test_it_goes_on_after_a_restart_and_takes_the_notice_back(self, old: Siege) -> None:
        alarms = alarms_of(old)
        await old.offer(old.zone.keys.policy(version=2).to_bytes())
        await alarms.strike(alarms.entry(*alarms.wardens, hours=5))
        await alarms.shows(TITLE)
        await old.restart()

        await alarms.strike(alarms.cancelling(*alarms.wardens, version=2))

        await alarms.shows()

    async def test_without_a_word_of_the_root_no_controller_makes_it_follow(
        self, old: Siege
    ) -> None:
        alarms = alarms_of(old)

        await alarms.strike(alarms.entry(*alarms.wardens, hours=5))

        await old.reported("head_refused:wrong_feed")
        assert alarms.standing() == []
        assert old.titles() == {GOOD}


async def test_the_controller_opens_its_doors_to_terminals_of_before(tmp_path: Path) -> None:
    ca, audit = make_ca(tmp_path / "ca"), FakeAudit()
    async with open_database(tmp_path) as database:
        for device in ("hall-a", "hall-b"):
            issued = ca.issue_device(device, now=wall_now())
            await register(database, terminal_of(issued, device, feeds=(FEED,)))
        enrolments = Enrolments(
            database=database, ca=ca, audit=audit, events=EventBus(), clock=SystemClock()
        )

        first = await enrolments.widen(EMERGENCY_FEED)
        again = await enrolments.widen(EMERGENCY_FEED)

        async with database.read() as c:
            held = await find_terminal(c, "hall-b")
    assert (first, again) == (2, 0)
    assert held is not None
    assert held.feeds == (FEED, EMERGENCY_FEED)
    assert [row[2] for row in audit.rows] == ["hall-a", "hall-b"]


@pytest.mark.parametrize(
    ("feeds", "expected"),
    [
        ((FEED,), EMERGENCY_FEED),
        ((FEED, "news/519900"), EMERGENCY_FEED),
        ((FEED, EMERGENCY_FEED), ""),
        ((FEED, "emergency/440000"), ""),
        ((), ""),
    ],
)
def test_the_emergency_feed_is_that_of_the_place_whose_documents_come_first(
    feeds: tuple[str, ...], expected: str
) -> None:
    assert emergency_feed(feeds) == expected
