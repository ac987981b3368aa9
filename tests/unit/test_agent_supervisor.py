"""UIs are started, started again with growing waits, ended when silent, and never doubled."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from devices.agent import tasks
from devices.agent.supervisor import (
    PING_S,
    SETTLED_S,
    SILENT_S,
    STARTING_S,
    WAITS_S,
    Supervisor,
    end_stray,
)
from tests.support.fake_link import FakeClock

COMMAND = ("python", "-m", "kiosk")


class FakeProcess:
    """Lives until it is ended, by itself or by us."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.ended = asyncio.Event()
        self.terminated = False

    async def wait(self) -> int:
        await self.ended.wait()
        return 1

    def terminate(self) -> None:
        self.terminated = True
        self.ended.set()

    def kill(self) -> None:
        raise AssertionError("a process that ends when asked is not killed")


class House:
    """A supervisor over fake processes; time passes only in its pauses."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock()
        self.processes: list[FakeProcess] = []
        self.pauses: list[float] = []
        self.pings = 0
        self.answers = True
        self.enough = asyncio.Event()
        self.started = asyncio.Event()
        self.supervisor = Supervisor(
            {"kiosk": COMMAND},
            clock=self.clock,
            ping=self._ping,
            pid_file=lambda ui: folder / f"ui-{ui}.pid",
            start=self._start,
            pause=self._pause,
        )
        self.lives_s: list[float] = []

    def _ping(self, ui: str) -> None:
        self.pings += 1
        if self.answers:
            self.supervisor.heard(ui)

    async def _start(self, command: Sequence[str]) -> FakeProcess:
        assert command == COMMAND
        process = FakeProcess(2**22 + len(self.processes))
        self.processes.append(process)
        self.started.set()
        return process

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.clock.pass_(seconds)
        lives = bool(self.processes) and not self.processes[-1].ended.is_set()
        if not lives:
            self.pauses.append(seconds)
        if len(self.processes) > len(self.lives_s):
            self.enough.set()
            await asyncio.Event().wait()
        elif lives and self.lives_s[len(self.processes) - 1] <= 0:
            self.processes[-1].ended.set()
        self.lives_s[len(self.processes) - 1] -= seconds

    async def run(self, *lives_s: float) -> None:
        """Let the UI live so long each time, until it is started once more."""
        self.lives_s = list(lives_s)
        running = asyncio.create_task(self.supervisor.run())
        async with asyncio.timeout(10):
            await self.enough.wait()
        running.cancel()
        await asyncio.wait([running])


async def test_a_ui_that_dies_is_started_again_with_growing_waits(tmp_path: Path) -> None:
    house = House(tmp_path)

    await house.run(0, 0, 0, 0, 0)

    assert len(house.processes) == 6
    assert house.pauses == [*WAITS_S, WAITS_S[-1]]


async def test_a_ui_that_lived_long_is_started_again_at_once(tmp_path: Path) -> None:
    house = House(tmp_path)

    await house.run(0, 0, SETTLED_S * 2, 0)

    assert house.pauses == [WAITS_S[0], WAITS_S[1], WAITS_S[0], WAITS_S[0]]


async def test_a_ui_that_stops_answering_is_ended_and_started_again(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.answers = False
    house.lives_s = [10_000]
    running = asyncio.create_task(house.supervisor.run())
    async with asyncio.timeout(10):
        await house.started.wait()
        house.supervisor.heard("kiosk")
        await house.enough.wait()
    running.cancel()
    await asyncio.wait([running])

    assert house.processes[0].terminated
    assert SILENT_S <= house.clock.elapsed <= SILENT_S + 3 * PING_S


async def test_a_ui_that_never_says_hello_gets_more_time_but_not_for_ever(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.answers = False

    await house.run(10_000)

    assert house.processes[0].terminated
    assert STARTING_S <= house.clock.elapsed <= STARTING_S + 3 * PING_S


async def test_stopping_ends_the_ui_and_forgets_its_number(tmp_path: Path) -> None:
    house = House(tmp_path)

    await house.run()

    assert house.processes[0].terminated
    assert not (tmp_path / "ui-kiosk.pid").exists()


def test_a_ui_left_by_a_killed_agent_is_ended_before_the_next(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "print(flush=True); input()")
    left = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert left.stdout is not None
    left.stdout.readline()
    pid_file = tmp_path / "ui-kiosk.pid"
    pid_file.write_text(str(left.pid))

    assert end_stray(pid_file, command)

    left.communicate(timeout=10)
    assert left.returncode < 0


def test_a_number_that_belongs_to_another_process_is_left_alone(tmp_path: Path) -> None:
    pid_file = tmp_path / "ui-kiosk.pid"
    pid_file.write_text(str(os.getpid()))

    assert not end_stray(pid_file, COMMAND)


async def test_a_part_that_fails_is_begun_again() -> None:
    begun: list[int] = []
    pauses: list[float] = []
    settled = asyncio.Event()

    async def part() -> None:
        begun.append(1)
        if len(begun) < 4:
            raise ValueError("unforeseen")
        settled.set()
        await asyncio.Event().wait()

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    keeping = asyncio.create_task(tasks.keep("part", part, pause=pause))
    async with asyncio.timeout(10):
        await settled.wait()
    keeping.cancel()

    assert pauses == list(tasks.WAITS_S[:3])
