"""The machine's own ills: a full disk, a screen that is off; and nothing guessed where a system does not tell."""

from pathlib import Path

import pytest

from devices.agent import vitals
from devices.agent.faults import FaultBook
from devices.agent.vitals import Places, Vitals
from tests.support.hand_clock import HandClock


class Machine:
    """A system's files as a test wants them."""

    def __init__(self, folder: Path, *, screens: int = 1) -> None:
        self.places = Places(folder / "proc", folder / "drm")
        self.places.proc.mkdir()
        self.faults = FaultBook(clock=HandClock(), on_change=lambda: None)
        self.vitals = Vitals(folder, screens=screens, faults=self.faults, places=self.places)

    def screen(self, name: str, status: str, power: str = "On") -> None:
        output = self.places.screens / name
        output.mkdir(parents=True, exist_ok=True)
        (output / "status").write_text(f"{status}\n")
        (output / "dpms").write_text(f"{power}\n")

    def codes(self) -> list[str]:
        self.vitals.look()
        return [one.code for one in self.faults.all()]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_screen_put_to_sleep_or_unplugged_is_told_until_it_is_back(machine: Machine) -> None:
    machine.screen("card0-HDMI-A-1", "connected")
    machine.screen("card0-DP-1", "disconnected", "Off")
    assert machine.codes() == []

    machine.screen("card0-HDMI-A-1", "connected", "Off")
    assert machine.codes() == ["display_off"]
    machine.screen("card0-HDMI-A-1", "disconnected")
    assert machine.codes() == ["display_off"]
    machine.screen("card0-HDMI-A-1", "connected")
    assert machine.codes() == []


def test_a_system_that_does_not_tell_of_screens_is_not_accused(machine: Machine) -> None:
    assert machine.codes() == []


def test_a_disk_that_fills_is_told_and_does_not_flicker(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = []
    for free in (800, 400, 600, 800):
        monkeypatch.setattr(vitals, "free_mb", lambda _, free=free: free)
        said.append(machine.codes())

    assert said == [[], ["disk_low"], ["disk_low"], []]


def test_counters_are_whole_numbers_of_what_the_system_tells(machine: Machine) -> None:
    proc = machine.places.proc
    (proc / "loadavg").write_text("1.50 1.0 0.9 1/200 7\n")
    (proc / "uptime").write_text("4242.42 1.0\n")
    (proc / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:  2048000 kB\n")

    found = machine.vitals.look()

    assert (found["uptime_s"], found["memory_free_mb"]) == (4242, 2000)
    assert found["load_percent"] > 0
    assert found["disk_free_mb"] > 0
