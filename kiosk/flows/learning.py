"""What the kiosk learns from use: counts of queries, made here, where the words are, and sent on as counts alone.

A visit counts a query once, when the visitor goes on from it. Of a query that few people typed no text is kept
(content.search.tally); at the end of the session nothing of the visit is left but numbers.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from content.search.tally import Searched, Tally
from devices.ipc.messages import Counted

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from kiosk.flows.ports import Agent

BETWEEN_S = 1800.0
"""Seconds between two batches: no batch says when anybody was here."""
LEAST_S = 2.0
"""A query that stood for less was on its way to another one."""


class Learning:
    """Takes each look at results; hands a batch to the agent while nobody is here."""

    def __init__(self, agent: Agent, *, new_key: Callable[[], str]) -> None:
        self._agent = agent
        self._new_key = new_key
        self._tally = Tally(new_key().encode())
        self._day = 0
        self._next = 0.0
        self._now = 0.0
        self._open: Searched | None = None
        self._since = 0.0
        self._counted: set[str] = set()

    def pass_time(self, now: float) -> None:
        """Know what time it is."""
        self._now = now

    def look(self, searched: Searched) -> None:
        """Take what is shown now; what was shown before is counted if it stood for a while."""
        if self._open is None or self._open.query != searched.query:
            self._leave()
            self._open, self._since = searched, self._now

    def tap(self, record: str) -> None:
        """Note that a record was opened from the results, and count the query."""
        if self._open is not None:
            self._open = replace(self._open, tapped=record)
            self._since = self._now - LEAST_S
            self._leave()

    def end_visit(self) -> None:
        """Forget the visit; its numbers stay."""
        self._leave()
        self._counted.clear()

    def send(self, at: datetime) -> None:
        """Send a batch if one is due. To be called only while nobody is here."""
        day = at.year * 10_000 + at.month * 100 + at.day
        if self._now < self._next and day == self._day:
            return
        if not self._tally.is_empty and self._agent.connected:
            log = self._tally.drain(self._day or day)
            self._agent.send(
                Counted(
                    day=log.day,
                    counts=[(one.query, one.asked, one.missed) for one in log.counts],
                    taps=[(one.query, one.record, one.shown, one.tapped) for one in log.taps],
                )
            )
        if day != self._day:
            # A new day begins with a new key: yesterday's hashes can be matched with nothing.
            self._day, self._tally = day, Tally(self._new_key().encode())
        self._next = self._now + BETWEEN_S

    def _leave(self) -> None:
        """Count the query that stands, once a visit."""
        opened, self._open = self._open, None
        if opened is None or self._now - self._since < LEAST_S or opened.query in self._counted:
            return
        self._counted.add(opened.query)
        self._tally.add(opened)
