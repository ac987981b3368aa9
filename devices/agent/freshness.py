"""Looks each minute whether what is held is still fresh, whether the clock can be right, whether a log was forked."""

import asyncio
from collections.abc import Callable

from content.feed.clock import floored, is_behind, is_stale
from devices.agent import sentences
from devices.agent.disk import OneThread
from devices.agent.faults import FaultBook
from devices.agent.ports import NotPossible, Replica
from devices.clock import Clock

EVERY_S = 60.0
SCOPE = "freshness"


class Freshness:
    """Notes faults; takes nothing off the glass. `online` says whether the controller is reached now."""

    def __init__(
        self,
        replica: Replica,
        *,
        feeds: tuple[str, ...],
        faults: FaultBook,
        disk: OneThread,
        clock: Clock,
        online: Callable[[], bool],
    ) -> None:
        self._replica = replica
        self._feeds = feeds
        self._faults = faults
        self._disk = disk
        self._clock = clock
        self._online = online

    def follow(self, feeds: tuple[str, ...]) -> None:
        """Judge exactly these feeds from now on."""
        self._feeds = feeds

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_S)

    async def look(self) -> None:
        """Look once."""
        try:
            known = await self._disk(self._replica.as_of)
            floor = await self._disk(self._replica.clock_floor)
            forked = await self._disk(self._replica.contradictions)
        except NotPossible:
            return  # said elsewhere
        now = int(self._clock.now().timestamp())
        self._look_at_clock(now, floor)
        for feed in self._feeds:
            self._look_at_feed(feed, known.get(feed, 0), floored(now, floor))
        for one in forked:
            text = sentences.forked(one.feed, one.sequence, one.noted_at)
            self._faults.note("log_forked", one.feed, text)

    def _look_at_clock(self, now: int, floor: int) -> None:
        if is_behind(now, floor):
            self._faults.note("clock_behind", "clock", sentences.CLOCK_BEHIND)
        else:
            self._faults.clear("clock_behind", "clock")

    def _look_at_feed(self, feed: str, as_of: int, now: int) -> None:
        if not is_stale(as_of, now):
            self._faults.clear("feed_stale", feed)
            self._faults.clear("feed_frozen", feed)
            return
        # Answered, and yet nothing new was said for days: frozen, or our clock runs ahead.
        frozen = self._online()
        code, other = ("feed_frozen", "feed_stale") if frozen else ("feed_stale", "feed_frozen")
        self._faults.clear(other, feed)
        self._faults.note(code, feed, sentences.stale(feed, as_of, frozen=frozen))
