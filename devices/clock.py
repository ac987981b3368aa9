"""The one place where the wall clock is read; everything else takes time as an argument."""

import time
from datetime import UTC, datetime, tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")


class Clock(Protocol):
    """Says what time it is."""

    def now(self) -> datetime:
        """Return the aware present moment."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        ...


class SystemClock:
    """The machine's clock, in the zone's time zone."""

    def __init__(self, zone: tzinfo = CHINA) -> None:
        self._zone = zone

    def now(self) -> datetime:
        """Return the aware present moment."""
        return datetime.fromtimestamp(time.time(), UTC).astimezone(self._zone)  # noqa: TID251 - the edge itself

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()
