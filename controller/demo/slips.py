"""The slips that the simulated printers have printed, newest first."""

from dataclasses import dataclass
from pathlib import Path

MOST = 20
"""Slips that the page shows."""


@dataclass(frozen=True, slots=True)
class PrintedSlip:
    """One picture: its terminal, file name, and file."""

    terminal: str
    name: str
    path: Path


def printed(folders: dict[str, Path]) -> tuple[PrintedSlip, ...]:
    """Return the newest slips of all printers; `folders` is terminal -> folder of pictures."""
    found = [
        (path.stat().st_mtime_ns, PrintedSlip(terminal, path.name, path))
        for terminal, folder in folders.items()
        for path in folder.glob("*.png")
    ]
    found.sort(key=lambda pair: pair[0], reverse=True)
    return tuple(slip for _, slip in found[:MOST])


def slip_path(folders: dict[str, Path], terminal: str, name: str) -> Path | None:
    """Return the picture of this name, if it is one of those shown; never a path made of the name."""
    return next(
        (slip.path for slip in printed(folders) if (slip.terminal, slip.name) == (terminal, name)),
        None,
    )
