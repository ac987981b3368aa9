"""Let one controller of a zone do what only one may do: speak with the broker, push, keep timers.

The database says which: PostgreSQL gives an advisory lock to one connection and takes it back when that ends, however
it ends. A zone on SQLite has one controller, which leads.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

logger = logging.getLogger(__name__)

LEADER = 0x5A33
"""Advisory lock of the leader; WRITERS_TURN and MIGRATION are in controller.store.postgresql."""
BEAT_S = 2.0
"""How often the leader asks whether it still leads, and the others whether they may."""
ANSWER_S = 5.0

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

    def __init__(self, url: str, *, beat_s: float = BEAT_S) -> None:
        self._url = url
        self._beat_s = beat_s

    async def lead(self, work: Work) -> None:
        """Run `work` whenever this controller leads; it is cancelled when the database cannot be asked."""
        engine = create_async_engine(
            self._url,
            isolation_level="AUTOCOMMIT",
            pool_size=1,
            connect_args={"timeout": ANSWER_S, "server_settings": _KEEPALIVES},
        )
        try:
            while True:
                with suppress(DBAPIError, OSError, TimeoutError):
                    async with engine.connect() as connection:
                        await self._lead_on(connection, work)
                await asyncio.sleep(self._beat_s)
        finally:
            await engine.dispose()

    async def _lead_on(self, connection: AsyncConnection, work: Work) -> None:
        if not await connection.scalar(select(func.pg_try_advisory_lock(LEADER))):
            return
        logger.info("this controller leads")
        task = asyncio.ensure_future(work())
        try:
            while not task.done():
                await asyncio.wait([task], timeout=self._beat_s)
                async with asyncio.timeout(ANSWER_S):
                    await connection.execute(text("SELECT 1"))
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            logger.info("this controller leads no more")
            # The lock goes with the connection: one that is handed back to the pool would keep it.
            await connection.invalidate()


_KEEPALIVES = {
    "application_name": "disclosure-zone-leader",
    # A machine that vanishes without a goodbye leads for so long: 5 + 3 x 2 seconds.
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}


def leadership(url: str) -> Leadership:
    """Return what fits a database."""
    return DatabaseLeadership(url) if url.startswith("postgresql") else OnlyController()
