"""Finds kept content that was changed on disk, reports it and fetches it anew.

Nothing is thrown away before its replacement is here: an offline terminal keeps what is still sound.
"""

import asyncio
import logging
from contextlib import suppress

from devices.agent import sentences
from devices.agent.disk import OneThread
from devices.agent.faults import FaultBook
from devices.agent.ports import NotPossible, Replica, Unreachable
from devices.agent.sync import Poll, Sync
from devices.clock import Clock

logger = logging.getLogger(__name__)

CODE = "replica_tampered"
SHOWN_S = 60
"""How long staff see that something was mended."""
LEAST_S = 30.0
"""Seconds between two healings, so that a failing disk does not fill the link."""

MOST_ALONE = 50
"""More bad records than these, and the whole copy is fetched anew."""


class Healer:
    """Scrubs slowly, hears of bad records, and heals."""

    def __init__(
        self,
        sync: Sync,
        *,
        replica: Replica,
        faults: FaultBook,
        disk: OneThread,
        clock: Clock,
        scrub_s: float,
    ) -> None:
        self._sync = sync
        self._replica = replica
        self._faults = faults
        self._disk = disk
        self._clock = clock
        self._scrub_s = scrub_s
        self._after = ""
        self._bad: set[str] = set()
        self._tried_at: float | None = None
        self._stirred = asyncio.Event()

    async def suspect(self, record: str) -> None:
        """Look at a record that a UI could not verify; it may have been healed meanwhile."""
        with suppress(NotPossible):
            if await self._disk(self._replica.is_sound, record):
                return
        self._found(record)

    async def run(self) -> None:
        """Scrub and heal for ever."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._scrub_s):
                    await self._stirred.wait()
            self._stirred.clear()
            await self.turn()

    async def turn(self) -> None:
        """Scrub one record, and heal if something is bad and it is time."""
        try:
            self._after, bad = await self._disk(self._replica.scrub, after=self._after, limit=1)
        except NotPossible as error:
            logger.warning("replica not readable", extra={"cause": str(error)})
            return
        for record, _ in bad:
            self._found(record)
        now = self._clock.monotonic()
        if self._bad and (self._tried_at is None or now - self._tried_at >= LEAST_S):
            self._tried_at = now
            await self._heal()

    def _found(self, record: str) -> None:
        if record in self._bad:
            return
        self._bad.add(record)
        self._faults.note(CODE, record, sentences.tampered(record), scope=CODE)
        self._stirred.set()

    async def _mended_alone(self) -> bool:
        """Put each bad record's newest entry in its place; False if one of them is not sound after that.

        Which feed a changed record belongs to, its own row can no longer tell: all are asked.
        """
        if len(self._bad) > MOST_ALONE:
            return False
        for record in self._bad:
            if not await self._sync.mend(record):
                return False
        return True

    async def _heal(self) -> None:
        """Fetch the bad records anew, or all feeds if that is not enough."""
        healed = [True]
        try:
            await self._disk(self._replica.close)
            if await self._disk(self._replica.policy_version) == 0:
                # The kept policy is what was changed: ask for it first, heal at the next turn.
                self._sync.hear(Poll())
                return
            if not await self._mended_alone():
                healed = [await self._sync.rebuild(feed) for feed in await self._sync.marks()]
        except (Unreachable, NotPossible) as error:
            logger.info("healing put off", extra={"cause": str(error)})
            return
        if not all(healed):
            return
        logger.info("replica healed", extra={"records": len(self._bad)})
        for record in self._bad:
            self._faults.note(CODE, record, sentences.mended(record), scope=CODE)
        self._faults.end_scope(CODE, after_s=SHOWN_S)
        self._bad.clear()
