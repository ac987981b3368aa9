"""A running zone whose programs can be searched: their files, open descriptors, logs, memory and glass."""

import json
import socket
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import zxingcpp
from typing_extensions import override
from Xlib import X, Xatom, display

from tests.support.finger import Finger
from tests.support.living_memory import living_texts
from tests.support.processes import ROOT, Program
from tests.support.running_zone import KIOSK_SIZE, SCREEN_SIZE, RunningZone

SYSTEM = ("/usr/", "/proc/", "/sys/", "/dev/", str(ROOT), sys.prefix)
"""Programs, fonts and libraries: written by nobody here."""
SELECTIONS = ("PRIMARY", "SECONDARY", "CLIPBOARD")


@dataclass(frozen=True)
class Trace:
    """A needle found where nothing of it may be."""

    where: str
    what: str


@dataclass
class WatchedZone(RunningZone):
    """A zone with windows into the memory of agent, kiosk and screen.

    Attributes:
        idle_s: seconds without touch before the kiosk asks.
        paper_mm: paper on the printer's roll.
    """

    idle_s: float = 90
    paper_mm: float = 50_000
    memories: dict[str, Path] = field(default_factory=dict)

    @override
    def start_printer(self) -> None:
        link, out = str(self.printer), str(self.slips)
        command = ("simulate", "printer", "--link", link, "--out", out)
        paper = ("--paper-mm", str(self.paper_mm))
        self.programs["printer"] = Program.python("printer", "-m", "devices", *command, *paper)
        self.programs["printer"].wait_line("ready")

    @override
    def start_agent(self) -> None:
        program = self._open("agent", "devices", "agent", "--home", str(self.home))
        program.wait_line("agent ready")

    @override
    def start_windows(self, display: str) -> None:
        (wide, tall), (screen_wide, screen_tall) = KIOSK_SIZE, SCREEN_SIZE
        env = {"DISPLAY": display}
        sock = ("--socket", str(self.home / "agent.sock"))
        kiosk = self._open(
            "kiosk",
            "tests.support.observed_kiosk",
            *("--observe", str(self.eye), *sock, "--idle", str(self.idle_s)),
            *("--size", f"{wide}x{tall}", "--position", "0,0"),
            env=env,
        )
        screen = self._open(
            "signage",
            "signage",
            *(*sock, "--ui", "signage-1"),
            *("--size", f"{screen_wide}x{screen_tall}", "--position", f"{wide},0"),
            env=env,
        )
        kiosk.wait_line("kiosk first frame")
        screen.wait_line("signage first frame")

    def order_printer(self, **order: str) -> dict[str, object]:
        """Pull or load the simulated printer's paper."""
        with socket.socket(socket.AF_UNIX) as link:
            link.connect(f"{self.printer}.ctl")
            link.sendall(json.dumps(order).encode() + b"\n")
            state: dict[str, object] = json.loads(link.makefile("rb").readline())
            return state

    def _open(
        self, name: str, module: str, *arguments: str, env: dict[str, str] | None = None
    ) -> Program:
        self.memories[name] = self.folder / f"{name}.memory"
        window = ("-m", "tests.support.living_memory", str(self.memories[name]))
        program = Program.python(name, *window, module, *arguments, env=env)
        self.programs[name] = program
        return program

    # Searches: each yields what it finds of the needles

    def in_files(self, needles: Iterable[str]) -> Iterator[Trace]:
        """Search every file of the zone but the printed paper, and every file its programs hold open."""
        sought = list(needles)
        for path in self.folder.rglob("*"):
            if path.is_file() and self.slips not in path.parents:
                yield from _search(str(path), _read(path), sought)
        for pid in self._pids():
            for path in _open_files(pid, but=self.folder):
                yield from _search(f"open file of {pid}: {path}", _read(path), sought)

    def in_logs(self, needles: Iterable[str]) -> Iterator[Trace]:
        """Search all that every program has said."""
        for name, program in self.programs.items():
            yield from (Trace(f"log of {name}", one) for one in needles if one in program.output)

    def in_memory(self, needles: Iterable[str]) -> Iterator[Trace]:
        """Search every text that agent, kiosk and screen still hold."""
        sought = list(needles)
        for name, path in self.memories.items():
            yield from _search(f"memory of {name}", living_texts(path), sought)

    def _pids(self) -> Iterator[int]:
        """Yield our programs and their children: the broker, the pinyin engine."""
        ours = {program.pid for program in self.programs.values()}
        parents = dict(_parents())
        yield from (pid for pid, parent in parents.items() if pid in ours or parent in ours)


def codes_on(finger: Finger) -> list[str]:
    """Return what the QR codes on the glass say."""
    return [code.text for code in zxingcpp.read_barcodes(finger.picture().convert("L"))]


def copied(name: str) -> list[str]:
    """Return which clipboards of a display hold something."""
    link = display.Display(name)
    try:
        held = [
            one
            for one in SELECTIONS
            if link.get_selection_owner(link.get_atom(one)) not in (X.NONE, None)
        ]
        cut = link.screen().root.get_full_property(Xatom.CUT_BUFFER0, X.AnyPropertyType)
        return [*held, *(["CUT_BUFFER0"] if cut is not None and cut.value else [])]
    finally:
        link.close()


def _search(where: str, data: bytes, needles: Iterable[str]) -> Iterator[Trace]:
    for needle in needles:
        if any(form in data for form in _forms(needle)):
            yield Trace(where, needle)


def _forms(needle: str) -> set[bytes]:
    """Return how a text may stand in a file: encoded, or escaped as JSON does."""
    encoded = {needle.encode(name) for name in ("utf-8", "utf-16-le", "gb18030")}
    return encoded | {needle.encode("ascii", "backslashreplace")}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # gone meanwhile
        return b""


def _parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            status = _read(folder / "stat").rpartition(b")")[2].split()
            if len(status) > 1:
                yield int(folder.name), int(status[1])


def _open_files(pid: int, *, but: Path) -> Iterator[Path]:
    """Yield the regular files that a process holds open, but those that still have a name in this folder."""
    for one in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            target, mode = str(one.readlink()), one.stat().st_mode
        except OSError:
            continue
        is_named = target.startswith(str(but)) and not target.endswith(" (deleted)")
        if stat.S_ISREG(mode) and not is_named and not target.startswith(SYSTEM):
            yield one
