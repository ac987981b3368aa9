"""Who has not taken what was published is told again, and nobody else is."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import pytest

from controller.push import nudge
from controller.push.nudge import MOST, NOTHING_HELD, Nudge
from controller.services.events import EventBus, Published, TerminalChanged
from controller.services.terminal_status import Cause, FeedStatus, TerminalStatus
from controller.store.terminals import Terminal
from devices.clock import SystemClock
from devices.wire.messages import Hello
from tests.support.zone_ca import FEED


def status(name: str, *, applied: int, online: bool = True) -> TerminalStatus:
    feeds = (FeedStatus(FEED, 3, applied, {}),)
    return TerminalStatus(
        name, "", "", online, 1, feeds, False, Cause.NONE, "", "", (), "", {}, 0, 1
    )


@dataclass
class FakeRoll:
    """Terminals as the test says; remembers how often it was asked."""

    statuses: tuple[TerminalStatus, ...]
    looks: int = 0

    async def list(self) -> tuple[TerminalStatus, ...]:
        self.looks += 1
        return self.statuses

    async def find_all(self, devices: Iterable[str]) -> tuple[Terminal, ...]:
        named = tuple(devices)
        return tuple(
            Terminal(one, "", "519900", False, (FEED,), (), "", "", "", 0)
            for one in named
            if one != "revoked"
        )


@dataclass
class FakeAnswers:
    """Remembers who was told; the whoever is told again is told everything."""

    told: list[str] = field(default_factory=list)

    async def __call__(self, hellos: Sequence[tuple[Terminal, Hello]]) -> None:
        assert all(hello == NOTHING_HELD for _, hello in hellos)
        self.told += [one.id for one, _ in hellos]


@dataclass
class FakeDoor:
    """Remembers whose link was ended."""

    expelled: list[str] = field(default_factory=list)

    async def expel(self, device: str) -> None:
        self.expelled.append(device)


def nudge_of(
    roll: FakeRoll,
    answers: FakeAnswers,
    *,
    events: EventBus | None = None,
    door: FakeDoor | None = None,
) -> Nudge:
    return Nudge(
        roll=roll,
        answer=answers,
        door=door or FakeDoor(),
        events=events or EventBus(),
        clock=SystemClock(),
    )


async def test_who_speaks_but_hears_nothing_is_linked_anew_once() -> None:
    door = FakeDoor()
    roll = FakeRoll((status("deaf", applied=2), status("slow", applied=2)))
    telling = nudge_of(roll, FakeAnswers(), door=door)

    for statuses in (roll.statuses, roll.statuses, roll.statuses[:1], roll.statuses[:1]):
        roll.statuses = statuses
        await telling.look()

    assert door.expelled == ["deaf"]


async def test_who_is_linked_and_behind_is_told_and_nobody_else() -> None:
    behind = status("behind", applied=2)
    roll = FakeRoll(
        (
            behind,
            status("away", applied=2, online=False),
            status("there", applied=3),
            replace(behind, id="revoked"),
        )
    )
    answers = FakeAnswers()

    await nudge_of(roll, answers).look()

    assert answers.told == ["behind"]


async def test_a_fleet_that_fetches_something_large_is_not_hurried_as_a_whole() -> None:
    roll, answers = (
        FakeRoll(tuple(status(f"t{n}", applied=0) for n in range(MOST + 9))),
        FakeAnswers(),
    )

    await nudge_of(roll, answers).look()

    assert len(answers.told) == MOST


async def test_it_looks_some_times_after_each_publication_and_then_rests(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(nudge, "LOOKS_S", (0.0, 0.0, 0.0))
    roll, events = FakeRoll(()), EventBus()
    task = asyncio.create_task(nudge_of(roll, FakeAnswers(), events=events).run())

    async def until(looks: int) -> None:
        async with asyncio.timeout(5):
            while roll.looks < looks:  # noqa: ASYNC110 - the fake tells nobody
                await asyncio.sleep(0)

    await until(3)
    events.publish(TerminalChanged("t1"))
    for _ in range(20):
        await asyncio.sleep(0)
    rested = roll.looks
    events.publish(Published(FEED, 4, "D000000001", 1))
    await until(6)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert (rested, roll.looks) == (3, 6)


async def test_a_link_that_comes_up_begins_the_looks_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nudge, "LOOKS_S", (0.0,))
    roll, answers = FakeRoll((status("behind", applied=2),)), FakeAnswers()
    telling = nudge_of(roll, answers)
    task = asyncio.create_task(telling.run())

    async def until(looks: int) -> None:
        async with asyncio.timeout(5):
            while len(answers.told) < looks:  # noqa: ASYNC110 - the fake tells nobody
                await asyncio.sleep(0)

    await until(1)
    await telling.begin()
    await until(2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert answers.told == ["behind", "behind"]
