"""A rollout over a fleet: real controller, real broker, simulated terminals that a setting makes ill."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from benchmarks.fanout_zone import FleetZone, open_fleet_zone
from controller import keys
from controller.services.rollout_waves import by_share
from controller.services.rollouts import RolloutDraft
from controller.store.jobs import KeptWant
from controller.store.rollouts import Gate, Phase, RolloutKind
from devices.agent.config import Home, load
from devices.clock import SystemClock
from devices.sim.fleet.faults import FaultKind, FleetFault, plan_for
from devices.sim.fleet.terminal import Setting, SimulatedTerminal
from tests.support.mosquitto import HAS_MOSQUITTO

pytestmark = [
    pytest.mark.broker,
    pytest.mark.timeout(180),
    pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed"),
]
COUNT = 20
PATIENCE_S = 90
LOUD = FleetFault(
    FaultKind.BAD_WISH,
    share=0.4,
    setting="volume=90",
    code="wish_failed:program_failed",
    text="音量没有调好，请检查声卡。",
)
"""Four in ten cannot bear that volume; nothing else is wrong with them."""


@asynccontextmanager
async def fleet_of(zone: FleetZone, *faults: FleetFault) -> AsyncIterator[None]:
    setting = Setting(SystemClock(), "boot-1", asyncio.Semaphore(10))
    homes = [Home(path) for path in sorted(zone.homes.iterdir())]
    fleet = [SimulatedTerminal(one, load(one), setting, is_real=False) for one in homes]
    running = [asyncio.create_task(one.run(plan_for(one.device, faults))) for one in fleet]
    try:
        yield
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[FleetZone]:
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(open_fleet_zone(tmp_path, count=COUNT))
        await stack.enter_async_context(fleet_of(opened, LOUD))
        await until("a green fleet", lambda: is_green(opened))
        yield opened


async def until(what: str, holds: Callable[[], Awaitable[bool]]) -> None:
    """Look again and again, for so long; then say what was waited for."""
    loop = asyncio.get_running_loop()
    end = loop.time() + PATIENCE_S
    while not await holds():
        assert loop.time() < end, what
        await asyncio.sleep(0.2)


async def is_green(zone: FleetZone) -> bool:
    return all(one.green for one in await zone.terminals.list())


async def begin(zone: FleetZone, volume: str) -> str:
    terminals = await zone.terminals.enrolled()
    members = by_share(terminals, first=(), percents=(30, 60, 100))
    draft = RolloutDraft(
        RolloutKind.CONFIGURATION,
        f"音量 {volume}%",
        members,
        gate=Gate(success_percent=90, error_percent=10, soak_s=1, patience_s=120),
        settings={"volume": volume},
    )
    rollouts = zone.zone.app[keys.ROLLOUTS]
    return (await rollouts.create(zone.zone.people["admin"], draft)).id


async def wants(zone: FleetZone) -> list[KeptWant]:
    jobs = zone.zone.app[keys.JOBS]
    found = [await jobs.wants.of(one.id) for one in await zone.terminals.enrolled()]
    return [one for one in found if one]


async def test_a_setting_that_some_cannot_bear_halts_and_is_taken_back_by_itself(
    zone: FleetZone,
) -> None:
    rollouts = zone.zone.app[keys.ROLLOUTS]

    async def phase(rollout: str) -> Phase:
        return (await rollouts.get(rollout))[0].standing.phase

    good = await begin(zone, "40")
    await until("the good one everywhere", lambda: is_phase(phase, good, Phase.DONE))
    assert [one.settings for one in await wants(zone)] == [{"volume": "40"}] * COUNT
    bad = await begin(zone, "90")
    await until("the bad one taken back", lambda: is_phase(phase, bad, Phase.ROLLED_BACK))

    found, members = await rollouts.get(bad)
    assert found.standing.why == "errors"
    assert found.standing.wave == 0
    # Nobody of the later waves was ever told, and who was told is what they were before.
    assert {one.member.wave for one in members if one.member.told_at} == {0}
    assert [one.settings for one in await wants(zone)] == [{"volume": "40"}] * COUNT
    assert all(one.acknowledged == one.version for one in await wants(zone))
    await until("a fleet that is well again", lambda: is_green(zone))


async def is_phase(phase: Callable[[str], Awaitable[Phase]], rollout: str, wanted: Phase) -> bool:
    return await phase(rollout) is wanted
