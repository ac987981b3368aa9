"""A rollout over a fleet: real controller, real broker, simulated terminals that a setting makes ill."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from benchmarks.fanout_zone import FleetZone, open_fleet_zone
from controller import keys
from controller.services.rollout_plans import RolloutDraft
from controller.services.rollout_waves import by_share
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
ILL = tuple(
    FleetFault(FaultKind.BAD_WISH, share=0.4, setting=setting, code=code, text="请检查终端。")
    for setting, code in (
        ("volume=90", "wish_failed:program_failed"),
        ("software=2.0", "new_fault"),
    )
)
"""Four in ten cannot bear that volume or that version; nothing else is wrong with them."""


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
        await stack.enter_async_context(fleet_of(opened, *ILL))
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


async def begin(zone: FleetZone, **content: object) -> str:
    terminals = await zone.terminals.enrolled()
    members = by_share(terminals, first=(), percents=(30, 60, 100))
    gate = Gate(success_percent=90, error_percent=10, soak_s=2, patience_s=120)
    draft = RolloutDraft(title="试验", members=members, gate=gate, **content)  # type: ignore[arg-type]
    rollouts = zone.zone.app[keys.ROLLOUTS]
    return (await rollouts.create(zone.zone.people["admin"], draft)).id


def volume(percent: str) -> dict[str, object]:
    return {"kind": RolloutKind.CONFIGURATION, "settings": {"volume": percent}}


def software(version: str) -> dict[str, object]:
    return {"kind": RolloutKind.SOFTWARE, "software": version}


async def wants(zone: FleetZone) -> list[KeptWant]:
    jobs = zone.zone.app[keys.JOBS]
    found = [await jobs.wants.of(one.id) for one in await zone.terminals.enrolled()]
    return [one for one in found if one]


async def phase(zone: FleetZone, rollout: str) -> Phase:
    return (await zone.zone.app[keys.ROLLOUTS].get(rollout))[0].standing.phase


async def ends(zone: FleetZone, rollout: str, wanted: Phase) -> None:
    async def has_ended() -> bool:
        return (await phase(zone, rollout)).is_over

    await until("the end of the rollout", has_ended)
    assert await phase(zone, rollout) is wanted


@pytest.mark.parametrize(
    ("good", "bad"),
    [(volume("40"), volume("90")), (software("1.4.2"), software("2.0"))],
    ids=["settings", "software"],
)
async def test_what_some_cannot_bear_halts_and_is_taken_back_by_itself(
    zone: FleetZone, good: dict[str, object], bad: dict[str, object]
) -> None:
    await ends(zone, await begin(zone, **good), Phase.DONE)
    before = [one.shape for one in await wants(zone)]
    assert len(before) == COUNT
    rollout = await begin(zone, **bad)
    await ends(zone, rollout, Phase.ROLLED_BACK)

    found, members = await zone.zone.app[keys.ROLLOUTS].get(rollout)
    assert (found.standing.why, found.standing.wave) == ("errors", 0)
    # Nobody of the later waves was ever told, and who was told is what they were before.
    assert {one.member.wave for one in members if one.member.told_at} == {0}
    assert [one.shape for one in await wants(zone)] == before
    assert all(one.acknowledged == one.version for one in await wants(zone))
    await until("a fleet that is well again", lambda: is_green(zone))
