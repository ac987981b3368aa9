"""Let one controller of a zone do what only one may do: speak with the broker, push, keep timers.

The database says which: PostgreSQL gives an advisory lock to one connection and takes it back when that ends, however
it ends. A zone on SQLite has one controller, which leads.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from controller.store.notice_board import LOST, connected

if TYPE_CHECKING:
    from controller.store.notice_board import Connection

logger = logging.getLogger(__name__)

PUSH, TIMERS = 0x5A33, 0x5A34
"""Advisory locks of who speaks with brokers and who keeps timers; others are in controller.store.postgresql."""
BEAT_S = 2.0
"""How often the leader asks whether it still leads, and the others whether they may."""
NAME = "disclosure-zone-leader"

Work = Callable[[], Awaitable[None]]


class Leadership(Protocol):
    """Says when to work."""

    async def lead(self, work: Work) -> None:
        """Run `work` whenever this controller leads, until cancelled."""
        ...


class OnlyController:
    """There is no other."""

    async def lead(self, work: Work) -> None:
        """Run it."""
        await work()


class DatabaseLeadership:
    """One among several, over the zone's PostgreSQL."""

    def __init__(self, url: str, *, lock: int = PUSH, beat_s: float = BEAT_S) -> None:
        self._url = url
        self._lock = lock
        self._beat_s = beat_s

    async def lead(self, work: Work) -> None:
        """Run `work` whenever this controller leads; it is cancelled when the database cannot be asked."""
        while True:
            with suppress(*LOST):
                async with connected(self._url, name=NAME) as connection:
                    await self._lead_on(connection, work)
            await asyncio.sleep(self._beat_s)

    async def _lead_on(self, connection: "Connection", work: Work) -> None:
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", self._lock):
            return
        logger.info("this controller leads")
        task = asyncio.ensure_future(work())
        try:
            while not task.done():
                await asyncio.wait([task], timeout=self._beat_s)
                await connection.execute("SELECT 1")
        finally:
            task.cancel()
            # Not `await task`: our own cancellation must not be taken for the work's.
            await asyncio.wait([task])
            logger.info("this controller leads no more")
            if not task.cancelled():
                task.result()  # a work that died ends the controller


def leadership(url: str, *, lock: int) -> Leadership:
    """Return what fits a database."""
    return DatabaseLeadership(url, lock=lock) if url.startswith("postgresql") else OnlyController()
