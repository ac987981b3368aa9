"""A copy that holds less than it held is told of, until it has come as far again."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from devices.agent.disk import OneThread
from devices.agent.faults import FaultBook
from devices.agent.high_water import CODE, SHOWN_S, HighWater
from devices.agent.store import open_store
from devices.wire.messages import FeedMark
from tests.support.fake_link import FakeClock

FEED, OTHER = "gov/519900", "emergency/519900"


class Started:
    """The high water of one start of a terminal; the file outlives it."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.faults = FaultBook(clock=self.clock, on_change=lambda: None)
        self.store = open_store(folder / "agent.db")
        self.disk = OneThread("test")
        self.high = HighWater(self.store, faults=self.faults, disk=self.disk)

    def told(self) -> list[tuple[str, str]]:
        self.faults.expire()
        return [(one.code, one.subject) for one in self.faults.all()]

    async def take(self, **held: int) -> None:
        self.high.moved(marks(held))
        await self.high.keep()

    def end(self) -> None:
        self.disk.close()
        self.store.close()


def marks(held: dict[str, int]) -> dict[str, FeedMark]:
    names = {"gov": FEED, "emergency": OTHER}
    return {names[name]: FeedMark(sequence, "ab" * 32) for name, sequence in held.items()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def started(folder: Path) -> Iterator[Started]:
    one = Started(folder)
    yield one
    one.end()


async def test_a_fresh_terminal_misses_nothing(started: Started) -> None:
    await started.high.begin({})

    assert started.told() == []


@pytest.mark.parametrize("held", [{}, {"gov": 4}, {"emergency": 9}])
async def test_less_than_before_is_told_and_is_over_a_while_after_it_came_again(
    started: Started, held: dict[str, int]
) -> None:
    await started.take(gov=5)

    await started.high.begin(marks(held))
    assert started.told() == [(CODE, FEED)]
    await started.take(gov=4)
    assert started.told() == [(CODE, FEED)]
    await started.take(gov=5)
    started.clock.pass_(SHOWN_S + 1)

    assert started.told() == []


async def test_a_mark_never_goes_back(started: Started) -> None:
    await started.take(gov=5, emergency=2)
    await started.take(gov=3)

    await started.high.begin(marks({"gov": 5, "emergency": 2}))
    assert started.told() == []
    await started.high.begin(marks({"gov": 4, "emergency": 2}))
    assert started.told() == [(CODE, FEED)]


async def test_what_came_just_before_the_end_is_written_down(started: Started) -> None:
    running = asyncio.create_task(started.high.run())
    await asyncio.sleep(0)
    started.high.moved(marks({"gov": 7}))
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running

    await started.high.begin(marks({"gov": 6}))

    assert started.told() == [(CODE, FEED)]
