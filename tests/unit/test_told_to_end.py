"""Whoever is told to end ends, whatever comes at the same moment: an answer, a failure, a lost connection."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import pytest
from typing_extensions import override

from controller.push.expulsion import Expulsion
from controller.services import leader
from controller.services.leader import DatabaseLeadership
from devices.clock import SystemClock
from tests.support.zone_ca import make_ca


async def cancelled_at(moment: asyncio.Event, work: Coroutine[object, object, None]) -> bool:
    """Cancel work at a moment; say whether it ended by that."""
    task = asyncio.create_task(work)
    await moment.wait()
    task.cancel()
    async with asyncio.timeout(5):
        await asyncio.wait([task])
    return task.cancelled()


class LostConnection:
    """Gives the lock, and is lost when it is asked whether it still has it."""

    async def fetchval(self, *_: object) -> bool:
        return True

    async def execute(self, *_: object) -> None:
        raise OSError("gone")


async def test_a_leader_told_to_end_while_it_loses_the_database_leads_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ending, times = asyncio.Event(), 0

    @asynccontextmanager
    async def connected(*_: object, **__: object) -> AsyncIterator[LostConnection]:
        yield LostConnection()

    async def work() -> None:
        nonlocal times
        times += 1
        try:
            await asyncio.Event().wait()
        finally:
            ending.set()
            await asyncio.sleep(0)
            await asyncio.sleep(0)

    monkeypatch.setattr(leader, "connected", connected)
    lead = DatabaseLeadership("postgresql://", beat_s=0.01).lead(work)

    assert await cancelled_at(ending, lead)
    assert times == 1


class _Door(Expulsion):
    """A broker that answers, or fails, at the very moment of the cancellation."""

    def __init__(self, folder: Path, *, fails: bool) -> None:
        super().__init__(ca=make_ca(folder), node=("127.0.0.1", 1), clock=SystemClock())
        self.waiting = asyncio.Event()
        self._fails = fails

    @override
    async def _take_over(self, device: str) -> None:
        try:
            self.waiting.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            if self._fails:
                raise aiomqtt.MqttError(device) from None


@pytest.mark.parametrize("fails", [False, True])
async def test_an_expulsion_told_to_end_together_with_the_brokers_answer_ends(
    tmp_path: Path, *, fails: bool
) -> None:
    door = _Door(tmp_path / "ca", fails=fails)

    assert await cancelled_at(door.waiting, door.expel("hall-1"))
