"""Keep one terminal gone mad from drowning the others: so much at once, so much a second, then "later". Pure.

Nothing is lost by it: an envelope that is put off stays in the terminal's outbox, and a word that is dropped is
said again. Envelopes and words have purses of their own, so that a flood of one does not silence the other.
"""

from collections import OrderedDict
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

MAX_PURSES = 40_000
"""Purses that are remembered; the one used longest ago is forgotten, and begins full again."""


class Traffic(StrEnum):
    """What is counted."""

    ENVELOPE = "envelope"
    WORD = "word"
    PAIRING = "pairing"


@dataclass(frozen=True, slots=True)
class Allowance:
    """At most `burst` at once, and `rate_s` a second in the long run."""

    burst: float
    rate_s: float


ALLOWANCES = {
    # A terminal back from a month without a link brings some hundreds at once, and resends what was not answered.
    Traffic.ENVELOPE: Allowance(burst=600, rate_s=10),
    Traffic.WORD: Allowance(burst=120, rate_s=5),
    Traffic.PAIRING: Allowance(burst=6, rate_s=1 / 120),
}


@dataclass(slots=True)
class _Purse:
    left: float
    at: float


class FloodLimits:
    """Counts by terminal (or address) and kind of traffic."""

    def __init__(self, allowances: dict[Traffic, Allowance] | None = None) -> None:
        self._allowances = allowances or ALLOWANCES
        self._purses: OrderedDict[tuple[str, Traffic], _Purse] = OrderedDict()

    def wait_s(self, who: str, traffic: Traffic, *, now: float) -> int:
        """Count one and return 0, or return the whole seconds after which it may come again.

        Args:
            who: device or address.
            traffic: what it sent.
            now: seconds of a clock that never goes back.
        """
        allowed = self._allowances[traffic]
        purse = self._purses.setdefault((who, traffic), _Purse(allowed.burst, now))
        self._purses.move_to_end((who, traffic))
        if len(self._purses) > MAX_PURSES:
            self._purses.popitem(last=False)
        purse.left = min(allowed.burst, purse.left + (now - purse.at) * allowed.rate_s)
        purse.at = now
        if purse.left >= 1:
            purse.left -= 1
            return 0
        return max(1, ceil((1 - purse.left) / allowed.rate_s))
