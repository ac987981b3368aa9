"""Published lines in the forms that a terminal asks for when it lacks something: readable alone, one record alone."""

import asyncio
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from content.feed.batch import batch_from_bytes, batch_to_bytes, is_batch, pack_bodies
from content.feed.kept import kept_from_bytes, kept_to_bytes
from controller.services.feed_log import PAGE_BYTES
from controller.store import feeds as store
from controller.store.database import Database

PLAIN_LINES = 100


class FeedLibrary:
    """Reads the log of each feed for repairs."""

    def __init__(self, *, database: Database) -> None:
        self._database = database

    async def plain_page(self, feed: str, start: int) -> tuple[bytes, ...]:
        """Return lines and batches from a place on, none packed against anything."""
        page: list[bytes] = []
        total = 0
        async with self._database.read() as c:
            for row, wire in await store.rows_from(c, feed, start=start, limit=PLAIN_LINES):
                plain = await self._plain_batch(c, wire) if is_batch(wire) else row.line
                total += len(plain)
                if page and total > PAGE_BYTES:
                    break
                page.append(plain)
        return tuple(page)

    async def newest_entry(self, feed: str, record: str) -> bytes:
        """Return a record's newest entry in its kept form, b"" if this feed never had the record."""
        async with self._database.read() as c:
            row = await store.newest_of(c, feed, record)
        if row is None:
            return b""
        return kept_to_bytes(kept_from_bytes(row.line))

    async def _plain_batch(self, c: AsyncConnection, wire: bytes) -> bytes:
        batch = batch_from_bytes(wire)
        link = batch.link
        rows = await store.rows_between(c, link.feed, link.begins, link.sequence)
        return await asyncio.to_thread(_unfolded, wire, tuple(row.line for row in rows))


def _unfolded(wire: bytes, kept: tuple[bytes, ...]) -> bytes:
    bodies = [kept_from_bytes(data).body() for data in kept]
    packed, size = pack_bodies(bodies)
    return batch_to_bytes(replace(batch_from_bytes(wire), packed=packed, size=size))
