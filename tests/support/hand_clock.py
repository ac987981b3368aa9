"""A clock that a test moves by hand."""

from datetime import datetime, timedelta

from devices.clock import CHINA

START = datetime(2026, 11, 23, 9, 0, tzinfo=CHINA)


class HandClock:
    """Stands still until moved."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start
        self._monotonic = 1000.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds
