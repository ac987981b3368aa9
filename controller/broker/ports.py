"""Find out who holds a TCP port, so that a person can be told which program to look at (Linux)."""

import os
from dataclasses import dataclass
from pathlib import Path

_LISTENING = "0A"
"""State of a listening socket in /proc/net/tcp."""
_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class PortHolder:
    """A process that listens on a port."""

    pid: int
    name: str


def holder_of(port: int, *, proc: Path = _PROC) -> PortHolder | None:
    """Return the process that listens on a port, None if it cannot be known. Blocks for a moment."""
    inodes = _listeners(port, proc)
    if not inodes:
        return None
    for folder in proc.iterdir():
        if folder.name.isdigit() and _has_socket(folder, inodes):
            return PortHolder(int(folder.name), _name(folder))
    return None


def _listeners(port: int, proc: Path) -> frozenset[str]:
    found: set[str] = set()
    for table in ("tcp", "tcp6"):
        try:
            lines = (proc / "net" / table).read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            columns = line.split()
            is_ours = int(columns[1].rpartition(":")[2], 16) == port
            if is_ours and columns[3] == _LISTENING:
                found.add(f"socket:[{columns[9]}]")
    return frozenset(found)


def _has_socket(folder: Path, inodes: frozenset[str]) -> bool:
    try:
        # os.readlink: pathlib's readlink would make a Path of every "socket:[1]".
        return any(os.readlink(entry) in inodes for entry in (folder / "fd").iterdir())  # noqa: PTH115
    except OSError:
        # The process has ended, or belongs to somebody else.
        return False


def _name(folder: Path) -> str:
    try:
        return (folder / "comm").read_text("utf-8").strip()
    except OSError:
        return ""
