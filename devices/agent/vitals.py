"""What the machine itself suffers from, and its counters: room on the disk, screens that are off, load, memory.

Reads the system's own files; what a system does not tell is left out, never guessed.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from devices.agent import sentences
from devices.agent.faults import FaultBook

LEAST_FREE_MB = 500
ENOUGH_FREE_MB = 700
"""A fault ends only above this, so that it does not come and go."""
DISPLAY_OFF, DISK_LOW = "display_off", "disk_low"


@dataclass(frozen=True, slots=True)
class Places:
    """Where the system tells about itself."""

    proc: Path = Path("/proc")
    screens: Path = Path("/sys/class/drm")


def free_mb(folder: Path) -> int:
    """Return the room that is left for this user where a folder lies."""
    disk = os.statvfs(folder)
    return disk.f_bavail * disk.f_frsize // 2**20


def screens_off(places: Places) -> tuple[str, ...] | None:
    """Return the outputs whose screen was put to sleep; None if this system does not tell."""
    outputs = sorted(places.screens.glob("card*-*/status"))
    if not outputs:
        return None
    connected = [one.parent for one in outputs if _word(one) == "connected"]
    return tuple(one.name for one in connected if _word(one / "dpms") == "Off")


def screens_connected(places: Places) -> int | None:
    """Return how many screens are plugged in and on mains; None if this system does not tell."""
    outputs = sorted(places.screens.glob("card*-*/status"))
    return sum(_word(one) == "connected" for one in outputs) if outputs else None


def counters(places: Places, folder: Path) -> dict[str, int]:
    """Return what is counted now: whole numbers under stable names."""
    found = {"disk_free_mb": free_mb(folder)}
    load = _word(places.proc / "loadavg").split(" ", 1)[0]
    uptime = _word(places.proc / "uptime").split(".", 1)[0]
    if load:
        found["load_percent"] = round(float(load) * 100 / (os.cpu_count() or 1))
    if uptime.isdigit():
        found["uptime_s"] = int(uptime)
    for line in _word(places.proc / "meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            found["memory_free_mb"] = int(line.split()[1]) // 1024
    return found


class Vitals:
    """Looks at the machine and notes what is wrong."""

    def __init__(
        self, folder: Path, *, screens: int, faults: FaultBook, places: Places | None = None
    ) -> None:
        self._folder = folder
        self._screens = screens
        self._faults = faults
        self._places = places or Places()

    def look(self) -> dict[str, int]:
        """Note and clear faults; return the counters."""
        found = counters(self._places, self._folder)
        self._judge_disk(found["disk_free_mb"])
        self._judge_screens()
        return found

    def _judge_disk(self, free: int) -> None:
        if free < LEAST_FREE_MB:
            self._faults.note(DISK_LOW, "disk", sentences.DISK_LOW)
        elif free >= ENOUGH_FREE_MB:
            self._faults.clear(DISK_LOW, "disk")

    def _judge_screens(self) -> None:
        off = screens_off(self._places)
        connected = screens_connected(self._places)
        if off is None or connected is None:
            return
        missing = self._screens - connected
        if off or missing > 0:
            self._faults.note(DISPLAY_OFF, "screens", sentences.DISPLAY_OFF)
        else:
            self._faults.clear(DISPLAY_OFF, "screens")


def _word(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace").strip()
    except OSError:
        return ""
