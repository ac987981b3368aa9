"""The slips that the simulated printers have printed, newest first."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MOST = 20
"""Slips that the page shows."""


@dataclass(frozen=True, slots=True)
class PrintedSlip:
    """One picture: its terminal, file name, file, and when it was printed (unix nanoseconds)."""

    terminal: str
    name: str
    path: Path
    at_ns: int


def printed(folders: Mapping[str, Path]) -> tuple[PrintedSlip, ...]:
    """Return the newest slips of all printers; `folders` is terminal -> folder of pictures."""
    found = [
        PrintedSlip(terminal, path.name, path, path.stat().st_mtime_ns)
        for terminal, folder in folders.items()
        for path in folder.glob("*.png")
    ]
    return tuple(sorted(found, key=lambda slip: slip.at_ns, reverse=True)[:MOST])


def slip_path(folders: Mapping[str, Path], terminal: str, name: str) -> Path | None:
    """Return the picture of this name, if it is one of those shown; never a path made of the name."""
    return next(
        (slip.path for slip in printed(folders) if (slip.terminal, slip.name) == (terminal, name)),
        None,
    )
