"""A wished version is installed once, by a program of the machine, while nobody is at the kiosk."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from devices.agent.faults import FaultBook
from devices.agent.machine import run_program
from devices.agent.software import Machinery, SoftwareUpdate, is_version
from tests.support.fake_link import FakeClock
from tests.support.stand_ins import given, stand_in


class Machine:
    """A terminal's update over a real program; `power_cut` begins anew on the same disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running = "1.0"
        self.is_busy = False
        self.changed = asyncio.Event()
        self.ended = 0
        self.task: asyncio.Task[None] | None = None
        self.begin()

    def begin(self) -> None:
        self.faults = FaultBook(clock=FakeClock(), on_change=self.changed.set)
        machinery = Machinery(
            running=self.running,
            install=run_program,
            tried=self.folder / "software-tried",
            session_open=lambda: self.is_busy,
            begin_anew=self._end,
        )
        self.update = SoftwareUpdate(machinery, faults=self.faults)
        self.task = asyncio.create_task(self.update.run())

    def _end(self) -> None:
        self.ended += 1
        self.changed.set()

    async def close(self) -> None:
        if self.task is not None:
            self.task.cancel()
            with suppress(asyncio.CancelledError):
                await self.task

    async def wait(self) -> list[str]:
        """Return the faults after the next change."""
        async with asyncio.timeout(20):
            await self.changed.wait()
        self.changed.clear()
        return [one.code for one in self.faults.all()]


@pytest.fixture
async def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Machine]:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    one = Machine(tmp_path)
    yield one
    await one.close()


async def test_a_version_is_installed_and_the_agent_begins_anew(
    machine: Machine, tmp_path: Path
) -> None:
    log = stand_in(tmp_path / "bin", "disclosure-zone-update")
    machine.update.wish("1.4.2")

    assert await machine.wait() == []
    assert machine.ended == 1
    assert given(log) == ["disclosure-zone-update 1.4.2"]


async def test_what_runs_already_is_not_installed(machine: Machine, tmp_path: Path) -> None:
    log = stand_in(tmp_path / "bin", "disclosure-zone-update")
    machine.update.wish("1.0")
    await asyncio.sleep(0)
    machine.update.wish("2.0")
    await machine.wait()

    assert given(log) == ["disclosure-zone-update 2.0"]


async def test_a_program_that_says_yes_and_changes_nothing_is_told_and_not_run_for_ever(
    machine: Machine, tmp_path: Path
) -> None:
    log = stand_in(tmp_path / "bin", "disclosure-zone-update")
    machine.update.wish("2.0")
    await machine.wait()
    await machine.close()

    machine.begin()
    machine.update.wish("2.0")

    assert await machine.wait() == ["software:not_running"]
    assert len(given(log)) == 1


async def test_without_the_program_or_when_it_fails_the_keeper_is_told(
    machine: Machine, tmp_path: Path
) -> None:
    machine.update.wish("2.0")
    assert await machine.wait() == ["software:no_program"]

    stand_in(tmp_path / "bin", "disclosure-zone-update", fails=True)
    machine.update.wish("2.1")
    while await machine.wait() != ["software:program_failed"]:
        pass
    assert machine.ended == 0
    machine.update.wish("")
    assert await machine.wait() == []


async def test_nothing_is_installed_while_somebody_is_at_the_kiosk(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("devices.agent.software.IDLE_S", 0.01)
    log = stand_in(tmp_path / "bin", "disclosure-zone-update")
    machine.is_busy = True
    machine.update.wish("2.0")
    for _ in range(20):
        await asyncio.sleep(0)
    assert given(log) == []

    machine.is_busy = False
    await machine.wait()
    assert given(log) == ["disclosure-zone-update 2.0"]


@pytest.mark.parametrize("text", ["", "--help", "1; reboot", "$(id)", "1 2", "../x", "1" * 41])
def test_what_is_no_version_reaches_no_command_line(text: str) -> None:
    assert not is_version(text)


async def test_a_version_that_failed_is_tried_again_when_it_is_wished_anew(
    machine: Machine, tmp_path: Path
) -> None:
    stand_in(tmp_path / "bin", "disclosure-zone-update", fails=True)
    machine.update.wish("2.0")
    assert await machine.wait() == ["software:program_failed"]
    machine.update.wish("1.0")
    assert await machine.wait() == []

    log = stand_in(tmp_path / "bin", "disclosure-zone-update")
    while await asyncio.to_thread((tmp_path / "software-tried").exists):
        pass
    machine.update.wish("2.0")
    await machine.wait()

    assert machine.ended == 1
    assert given(log) == ["disclosure-zone-update 2.0"] * 2
