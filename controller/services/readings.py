"""Keep the counters that terminals say, and hand them out for plots."""

from controller.store import telemetry as store
from controller.store.database import Database
from controller.store.telemetry import Reading
from controller.store.terminals import find_terminal
from devices.clock import Clock
from devices.wire.messages import BadMessage, Telemetry

KEPT_S = 31 * 24 * 3600
LEAST_S = 30
"""Readings that come closer together are left out: a plot needs none, and a disk has an end."""
MOST_COUNTERS = 24
MOST_NAME = 32


class Readings:
    """The use cases about counters."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._last: dict[str, int] = {}

    async def said(self, device: str, told: Telemetry) -> None:
        """Keep a reading; one that comes too soon is left out.

        Raises:
            BadMessage: more counters, or longer names, than anybody reads.
        """
        if len(told.counters) > MOST_COUNTERS or any(len(n) > MOST_NAME for n in told.counters):
            raise BadMessage("too many counters")
        now = int(self._clock.now().timestamp())
        if now - self._last.get(device, 0) < LEAST_S:
            return
        async with self._database.write() as c:
            if await find_terminal(c, device) is None:
                return
            await store.add_reading(c, Reading(device, now, told.counters))
            await store.forget_readings(c, device, before=now - KEPT_S)
        self._last[device] = now

    async def of(self, device: str, *, hours: int) -> tuple[Reading, ...]:
        """Return a terminal's readings of the last hours, oldest first."""
        since = int(self._clock.now().timestamp()) - hours * 3600
        async with self._database.read() as c:
            return await store.readings_of(c, device, since=since)
