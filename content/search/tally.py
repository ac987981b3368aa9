"""Learning without watching people: how often a query was asked, found nothing, and what was opened for it.

Counts only: no person, no session, no hour. A query that few people typed is never held as text: until the third
time it exists only as a keyed hash whose key is forgotten with the batch. What points to a person is not counted.
"""

import hashlib
import hmac
from collections import Counter
from dataclasses import dataclass

from content.search.curated import query_key
from content.search.personal import looks_personal, may_be_a_name

TIMES = 3
"""How many visits must have brought a query before its text is kept (k-threshold)."""
LONGEST = 30
MOST_QUERIES = 2000
"""Different queries that a batch holds; a machine that types nonsense must not fill the memory."""
MOST_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Searched:
    """One visit's use of one query, as the kiosk tells it when the visitor goes on.

    Attributes:
        query: as typed.
        found: how many hits there were.
        is_known: whether the query is a published word: a title, an everyday name, a hot word.
        shown: ids of the records on the page.
        tapped: the record that was opened, "" for none.
    """

    query: str
    found: int
    is_known: bool = False
    shown: tuple[str, ...] = ()
    tapped: str = ""


@dataclass(frozen=True, slots=True)
class Count:
    """One query of a batch."""

    query: str
    asked: int
    missed: int


@dataclass(frozen=True, slots=True)
class Tap:
    """One record of one query of a batch."""

    query: str
    record: str
    shown: int
    tapped: int


@dataclass(frozen=True, slots=True)
class SearchLog:
    """A batch as it is sent: a day such as 20261122 and counts."""

    day: int
    counts: tuple[Count, ...]
    taps: tuple[Tap, ...]


def may_be_counted(searched: Searched) -> bool:
    """Say whether a query may leave the kiosk at all."""
    key = query_key(searched.query)
    if not 1 < len(key) <= LONGEST or looks_personal(searched.query):
        return False
    return searched.is_known or not may_be_a_name(key)


class Tally:
    """Counts one day. `key` must be random and is forgotten with the day."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._veiled: Counter[bytes] = Counter()
        self._frequent: set[str] = set()
        self._clear()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to send."""
        return not self._asked

    def add(self, searched: Searched) -> None:
        """Count a visit's use of a query, unless it points to a person."""
        if not may_be_counted(searched):
            return
        query = query_key(searched.query)
        times = self._times(query, is_known=searched.is_known)
        if not times:
            return
        self._asked[query] += times
        if not searched.found:
            self._missed[query] += times
        for record in searched.shown[:MOST_SHOWN]:
            self._shown[query, record] += 1
        if searched.tapped:
            self._tapped[query, searched.tapped] += 1

    def drain(self, day: int) -> SearchLog:
        """Return what was counted since the last time, and begin to count anew."""
        log = SearchLog(
            day,
            tuple(
                Count(query, asked, self._missed[query])
                for query, asked in sorted(self._asked.items())
            ),
            tuple(
                Tap(query, record, self._shown[query, record], self._tapped[query, record])
                for query, record in sorted(self._shown | self._tapped)
            ),
        )
        self._clear()
        return log

    def _clear(self) -> None:
        self._asked: Counter[str] = Counter()
        self._missed: Counter[str] = Counter()
        self._shown: Counter[tuple[str, str]] = Counter()
        self._tapped: Counter[tuple[str, str]] = Counter()

    def _times(self, query: str, *, is_known: bool) -> int:
        """Return how many visits to count now: none before the third, then those before it too."""
        if is_known or query in self._frequent:
            return 1
        if len(self._veiled) >= MOST_QUERIES:
            return 0
        veiled = hmac.digest(self._key, query.encode(), hashlib.sha256)
        self._veiled[veiled] += 1
        if self._veiled[veiled] < TIMES:
            return 0
        self._frequent.add(query)
        return TIMES
