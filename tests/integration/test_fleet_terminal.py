"""A simulated terminal at a real broker: it speaks as the agent does, and suffers what its plan says."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path

import pytest

from content.feed.entry import head_to_bytes, line_to_bytes
from devices.agent.config import load
from devices.clock import SystemClock
from devices.sim.fleet import terminal
from devices.sim.fleet.faults import FaultKind, FleetFault
from devices.sim.fleet.terminal import Setting, SimulatedTerminal
from devices.wire import topics
from devices.wire.messages import DeviceState, Report, StateMessage
from tests.support.agent_zone import AgentZone, running_agent_zone
from tests.support.mosquitto import DEADLINE_S, HAS_MOSQUITTO, until
from tests.support.signers import FEED, document

pytestmark = [
    pytest.mark.broker,
    pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed"),
]


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[AgentZone]:
    async with running_agent_zone(tmp_path) as zone:
        zone.keys.publish(document())
        yield zone


@asynccontextmanager
async def running(
    zone: AgentZone, folder: Path, *faults: FleetFault, is_real: bool = False
) -> AsyncIterator[SimulatedTerminal]:
    home = zone.home(folder / "home")
    setting = Setting(SystemClock(), "boot-1", asyncio.Semaphore(10))
    terminal = SimulatedTerminal(home, load(home), setting, is_real=is_real)
    task = asyncio.create_task(terminal.run(faults))
    try:
        yield terminal
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def heard(zone: AgentZone, holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_S), zone.changed:
        await zone.changed.wait_for(holds)


def applied(report: Report) -> int:
    return report.applied[FEED].sequence if FEED in report.applied else 0


async def publish(zone: AgentZone) -> None:
    line = zone.keys.publish(document("D000000002"))
    await zone.say(topics.log(FEED), line_to_bytes(line))
    await zone.say(topics.head(FEED), head_to_bytes(zone.keys.head()), retain=True)


@pytest.mark.parametrize("is_real", [False, True])
async def test_it_says_birth_and_hello_and_follows_what_is_published(
    zone: AgentZone, tmp_path: Path, *, is_real: bool
) -> None:
    async with running(zone, tmp_path, is_real=is_real):
        await heard(zone, lambda: any(applied(one) == 1 for one in zone.reports))
        await publish(zone)
        await heard(zone, lambda: applied(zone.reports[-1]) == 2)
        assert zone.states[-1] == StateMessage(DeviceState.READY, "boot-1", 1)

    assert zone.reports[-1].applied[FEED].link == zone.keys.lines[-1].link.hash
    assert (tmp_path / "home" / "replica.db").exists() is is_real


async def test_a_real_one_takes_nothing_that_does_not_verify(
    zone: AgentZone, tmp_path: Path
) -> None:
    async with running(zone, tmp_path, is_real=True):
        await heard(zone, lambda: any(applied(one) == 1 for one in zone.reports))
        last = zone.keys.lines[-1].link
        entry = zone.keys.entry(document("D000000002"))
        forged = zone.keys.link(entry, after=last, by=zone.keys.drafter)
        await zone.say(topics.log(FEED), line_to_bytes(forged))
        await publish(zone)
        await heard(zone, lambda: applied(zone.reports[-1]) == 2)

    with closing(sqlite3.connect(tmp_path / "home" / "replica.db")) as replica:
        (link,) = replica.execute("SELECT link FROM feed").fetchone()
    assert link == zone.keys.lines[-1].link.hash != forged.link.hash


async def test_a_cut_is_a_will_and_then_a_new_connection(zone: AgentZone, tmp_path: Path) -> None:
    cut = FleetFault(FaultKind.CUT, share=1, at_s=0.3, for_s=0.3)
    async with running(zone, tmp_path, cut):
        await heard(
            zone, lambda: any(one.connection == 2 and one.s == "ready" for one in zone.states)
        )

    assert (DeviceState.LOST, 1) in [(one.s, one.connection) for one in zone.states]


async def test_a_stuck_screen_applies_and_goes_on_showing_the_old(
    zone: AgentZone, tmp_path: Path
) -> None:
    async with running(zone, tmp_path) as terminal:
        await heard(zone, lambda: any(applied(one) == 1 for one in zone.reports))
        await terminal._begin(FleetFault(FaultKind.STUCK))
        await publish(zone)
        await heard(zone, lambda: applied(zone.reports[-1]) == 2)

    assert terminal._glass == {FEED: 1}


async def test_trouble_is_reported_and_goes_again(zone: AgentZone, tmp_path: Path) -> None:
    trouble = FleetFault(
        FaultKind.TROUBLE, share=1, at_s=0.2, for_s=0.4, code="printer:paper_out", text="请装纸。"
    )
    async with running(zone, tmp_path, trouble):
        await heard(zone, lambda: any(one.faults for one in zone.reports))
        reported = next(one.faults for one in zone.reports if one.faults)
        await heard(zone, lambda: not zone.reports[-1].faults)

    assert [one.code for one in reported] == ["printer:paper_out"]


@pytest.mark.parametrize("is_real", [False, True])
async def test_without_a_broker_it_asks_and_reports_over_https(
    zone: AgentZone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_real: bool
) -> None:
    monkeypatch.setattr(terminal, "AWAY_S", 0.05)
    async with running(zone, tmp_path, is_real=is_real):
        await heard(zone, lambda: any(applied(one) == 1 for one in zone.reports))
        zone.keys.publish(document("D000000002"))
        await zone.broker.pull()
        await until(lambda: applied(zone.reports[-1]) == 2)

    assert zone.over_https[:2] == ["state", "rep"]
