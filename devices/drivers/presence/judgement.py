"""Decide from reports whether a person stands before the screen. Pure; times are given.

Somebody has arrived who stays within NEAR_CM for ARRIVE_S. Somebody has left when nobody was seen within FAR_CM
for LEAVE_S of unbroken watching: a radar that says nothing proves nothing.
"""

from dataclasses import dataclass

from devices.drivers.presence.codec import Report

NEAR_CM = 120
FAR_CM = 170
ARRIVE_S = 0.5
LEAVE_S = 5.0
_BROKEN_AFTER_S = 1.0


@dataclass(frozen=True, slots=True)
class Arrived:
    """Somebody stands before the screen: wake it."""


@dataclass(frozen=True, slots=True)
class Left:
    """Nobody has been there for LEAVE_S: the session is to be ended and wiped."""


Event = Arrived | Left


class Judgement:
    """Remembers since when the reports have said the opposite of what is believed."""

    def __init__(self, *, near_cm: int = NEAR_CM, far_cm: int = FAR_CM) -> None:
        self._near_cm = near_cm
        self._far_cm = max(near_cm, far_cm)
        self._is_present = False
        self._since: float | None = None
        self._last_at = float("-inf")

    @property
    def is_present(self) -> bool:
        """Whether somebody is believed to be there."""
        return self._is_present

    def judge(self, report: Report, now: float) -> Event | None:
        """Take a report; return what it proves."""
        if now - self._last_at > _BROKEN_AFTER_S:
            self._since = None
        self._last_at = now
        if self._agrees(report):
            self._since = None
            return None
        if self._since is None:
            self._since = now
        if now - self._since < (LEAVE_S if self._is_present else ARRIVE_S):
            return None
        self._is_present, self._since = not self._is_present, None
        return Arrived() if self._is_present else Left()

    def _agrees(self, report: Report) -> bool:
        nearest = report.nearest_cm
        limit = self._far_cm if self._is_present else self._near_cm
        is_seen = nearest is not None and nearest <= limit
        return is_seen == self._is_present
