"""What citizens looked for, as counts: taken in from terminals, and shown to staff as work to do."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from content.search.curated import query_key
from content.search.curating import MOST_POPULAR
from content.search.personal import looks_personal
from content.search.tally import LONGEST, SearchLog
from controller.auth.permissions import Permission, require
from controller.services.audit import AuditLog
from controller.store import searches as store
from controller.store.database import Database
from controller.store.people import Person
from controller.store.searches import QueryCount, TapCount
from devices.clock import Clock

KEPT_DAYS = 180
SHOWN_DAYS = 30
MOST = 100
POPULAR_DAYS = 90
POPULAR_TIMES = 5
"""Fewer openings in three months are chance."""
_CODE = 10


@dataclass(frozen=True, slots=True)
class Looked:
    """What was looked for in the last month: without a hit first, for that is what staff can mend."""

    missed: tuple[QueryCount, ...]
    asked: tuple[QueryCount, ...]
    opened: tuple[TapCount, ...]


class Searches:
    """Counts of all terminals together."""

    def __init__(self, *, database: Database, audit: AuditLog, clock: Clock) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock

    async def take(self, c: AsyncConnection, log: SearchLog) -> None:
        """Add a terminal's batch in the caller's transaction. Nothing says any more which terminal it was."""
        today = self._clock.now().date()
        day = min(log.day, number_of(today))
        # Checked again here: an older or altered terminal must not bring personal words into the table.
        counts = [QueryCount(one.query, one.asked, one.missed) for one in log.counts]
        taps = [TapCount(one.query, one.record, one.shown, one.tapped) for one in log.taps]
        await store.add_counts(c, day, [one for one in counts if _is_countable(one.query)])
        await store.add_taps(
            c, day, [one for one in taps if _is_countable(one.query) and len(one.record) == _CODE]
        )
        await store.forget_before(c, number_of(today - timedelta(days=KEPT_DAYS)))

    async def looked_for(self, by: Person) -> Looked:
        """Return what was looked for lately.

        Raises:
            Forbidden: may not.
        """
        require(by, Permission.READ_WORDS)
        since = number_of(self._clock.now().date() - timedelta(days=SHOWN_DAYS))
        async with self._database.read() as c:
            return Looked(
                await store.missed(c, since=since, limit=MOST),
                await store.asked(c, since=since, limit=MOST),
                await store.opened(c, since=since, limit=MOST),
            )

    async def most_opened(self, by: Person) -> tuple[tuple[str, int], ...]:
        """Return (record, times opened) over the last months, the most frequent first.

        Raises:
            Forbidden: may not.
        """
        require(by, Permission.READ_WORDS)
        since = number_of(self._clock.now().date() - timedelta(days=POPULAR_DAYS))
        async with self._database.read() as c:
            return await store.most_opened(c, since=since, fewest=POPULAR_TIMES, limit=MOST_POPULAR)

    async def settle(self, by: Person, query: str) -> None:
        """Take a query off the list: it was given a name, or needs none.

        Raises:
            Forbidden: may not.
        """
        require(by, Permission.EDIT_WORDS)
        key = query_key(query)
        async with self._database.write() as c:
            await store.settle(c, key, actor=by.id, now=int(self._clock.now().timestamp()))
            await self._audit.write(c, actor=by.id, act="search_settled", subject=key)


def number_of(day: date) -> int:
    """Return a day as a number that sorts and reads: 20261122."""
    return day.year * 10_000 + day.month * 100 + day.day


def _is_countable(query: str) -> bool:
    return 1 < len(query) <= LONGEST and not looks_personal(query)
