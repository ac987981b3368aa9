"""Remembers how far each feed had come, beside the copy: one that is set back, cut off or lost is noticed.

The copy itself would not tell: an earlier one of ours verifies. It goes on being shown, and is caught up (wire.md 5).
"""

import asyncio
import sqlite3
import threading
from collections.abc import Mapping

from devices.agent import sentences
from devices.agent.disk import OneThread
from devices.agent.faults import FaultBook
from devices.wire.messages import FeedMark

CODE = "replica_set_back"
SHOWN_S = 60
"""How long staff see it after the feed has come as far again."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS high_water (feed TEXT PRIMARY KEY, sequence INTEGER NOT NULL) WITHOUT ROWID;
"""


class HighWater:
    """Keeps its marks in agent.db, where the copy's thief has to look as well."""

    def __init__(self, store: sqlite3.Connection, *, faults: FaultBook, disk: OneThread) -> None:
        self._store = store
        self._guard = threading.Lock()
        self._faults = faults
        self._disk = disk
        self._held: Mapping[str, FeedMark] = {}
        self._moved = asyncio.Event()
        with self._guard:
            store.executescript(SCHEMA)

    async def begin(self, held: Mapping[str, FeedMark]) -> None:
        """Compare what the copy holds at the start with what it held once."""
        for feed, sequence in (await self._disk(self._known)).items():
            mark = held.get(feed)
            if mark is None or mark.sequence < sequence:
                self._faults.note(CODE, feed, sentences.set_back(feed), scope=_scope(feed))

    def moved(self, held: Mapping[str, FeedMark]) -> None:
        """Take note soon of how far the feeds are."""
        self._held = held
        self._moved.set()

    async def run(self) -> None:
        """Write down for ever how far the feeds are."""
        while True:
            await self._moved.wait()
            self._moved.clear()
            await self.keep()

    async def keep(self) -> None:
        """Write it down once; a feed that is as far again as it was is no longer set back."""
        held = {feed: mark.sequence for feed, mark in self._held.items()}
        try:
            known = await self._disk(self._keep, held)
        except sqlite3.Error:
            return  # a full disk is reported by the copy itself
        for feed, sequence in known.items():
            if held.get(feed, 0) >= sequence:
                self._faults.end_scope(_scope(feed), after_s=SHOWN_S)

    def _known(self) -> dict[str, int]:
        with self._guard:
            return dict(self._store.execute("SELECT feed, sequence FROM high_water").fetchall())

    def _keep(self, held: Mapping[str, int]) -> dict[str, int]:
        with self._guard:
            self._store.executemany(
                "INSERT INTO high_water VALUES (?, ?) ON CONFLICT (feed)"
                " DO UPDATE SET sequence = max(sequence, excluded.sequence)",
                list(held.items()),
            )
        return self._known()


def _scope(feed: str) -> str:
    return f"{CODE} {feed}"
