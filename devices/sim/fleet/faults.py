"""Faults of a fleet as data: which terminals, what, when, how long. Read from a TOML file.

[[fault]]
kind = "cut"          # see FaultKind
share = 0.1           # a tenth of the fleet, always the same terminals; or terminals = ["hall-1"]
at_s = 10             # after the start
for_s = 30            # 0 = for ever
every_s = 120         # again and again, 0 = once
code = "printer:paper_out"
text = "请装纸。"
"""

import hashlib
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import msgspec

from content.errors import CallerError

_WHOLE = 1 << 32


class BadFaults(CallerError):
    """The file of faults cannot be read."""


class FaultKind(StrEnum):
    """What happens to a terminal."""

    CUT = "cut"
    """The plug is pulled: no goodbye, away while it lasts."""
    SLEEP = "sleep"
    """It says goodbye and is switched off."""
    DEAF = "deaf"
    """It stays connected and says nothing any more."""
    SLOW = "slow"
    """Each report comes `delay_s` late."""
    STUCK = "stuck"
    """It applies, and its screens go on showing what they showed."""
    TROUBLE = "trouble"
    """It reports a fault of its own: `code` and `text`."""
    BAD_WISH = "bad_wish"
    """It reports `code` and `text` for as long as it follows a wish with `setting`, for example "volume=80"."""


@dataclass(frozen=True, slots=True)
class FleetFault:
    """One line of the plan; times in seconds since the start."""

    kind: FaultKind
    share: float = 0.0
    terminals: tuple[str, ...] = ()
    at_s: float = 0.0
    for_s: float = 0.0
    every_s: float = 0.0
    delay_s: float = 5.0
    setting: str = ""
    code: str = "simulated"
    text: str = "模拟故障，无需处理。"

    def hits(self, device: str) -> bool:
        """Say whether a terminal is among those; the same share is always the same terminals."""
        digest = hashlib.blake2b(f"{self.kind} {device}".encode(), digest_size=4).digest()
        lot = int.from_bytes(digest, "big") / _WHOLE
        return device in self.terminals or lot < self.share


@dataclass(frozen=True, slots=True)
class _File:
    fault: tuple[FleetFault, ...] = ()


def read_faults(path: Path) -> tuple[FleetFault, ...]:
    """Read a plan.

    Raises:
        BadFaults: with what is wrong.
    """
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), type=_File).fault
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.MsgspecError) as error:
        raise BadFaults(f"faults {path}: {error}") from error


def plan_for(device: str, faults: Iterable[FleetFault]) -> tuple[FleetFault, ...]:
    """Return what will happen to one terminal."""
    return tuple(one for one in faults if one.hits(device))
