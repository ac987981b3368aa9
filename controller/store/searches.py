"""What was searched for at all terminals together: counts a day, no person, no session, no terminal."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Column, Integer, String, Table, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from controller.store.metadata import metadata

LONGEST_QUERY = 60


@dataclass(frozen=True, slots=True)
class QueryCount:
    """How often a query was asked, and how often nothing was found."""

    query: str
    asked: int
    missed: int


@dataclass(frozen=True, slots=True)
class TapCount:
    """How often a record was shown for a query, and how often it was opened."""

    query: str
    record: str
    shown: int
    tapped: int


search_counts = Table(
    "search_counts",
    metadata,
    Column("day", Integer, primary_key=True),
    Column("query", String(LONGEST_QUERY), primary_key=True),
    Column("asked", Integer, nullable=False),
    Column("missed", Integer, nullable=False),
)

search_taps = Table(
    "search_taps",
    metadata,
    Column("day", Integer, primary_key=True),
    Column("query", String(LONGEST_QUERY), primary_key=True),
    Column("record", String(10), primary_key=True),
    Column("shown", Integer, nullable=False),
    Column("tapped", Integer, nullable=False),
)

search_settled = Table(
    "search_settled",
    metadata,
    Column("query", String(LONGEST_QUERY), primary_key=True),
    Column("at", Integer, nullable=False),
    Column("actor", String(20), nullable=False),
)


async def add_counts(c: AsyncConnection, day: int, counts: Iterable[QueryCount]) -> None:
    """Add to the counts of a day (20261122)."""
    table = search_counts
    for one in counts:
        here = (table.c.day == day) & (table.c.query == one.query)
        more = {"asked": table.c.asked + one.asked, "missed": table.c.missed + one.missed}
        if not (await c.execute(update(table).where(here).values(more))).rowcount:
            values = {"day": day, "query": one.query, "asked": one.asked, "missed": one.missed}
            await c.execute(insert(table).values(values))


async def add_taps(c: AsyncConnection, day: int, taps: Iterable[TapCount]) -> None:
    """Add to what was shown and opened on a day."""
    table = search_taps
    for one in taps:
        here = (table.c.day == day) & (table.c.query == one.query) & (table.c.record == one.record)
        more = {"shown": table.c.shown + one.shown, "tapped": table.c.tapped + one.tapped}
        if not (await c.execute(update(table).where(here).values(more))).rowcount:
            values = {
                "day": day,
                "query": one.query,
                "record": one.record,
                "shown": one.shown,
                "tapped": one.tapped,
            }
            await c.execute(insert(table).values(values))


async def missed(c: AsyncConnection, *, since: int, limit: int) -> tuple[QueryCount, ...]:
    """Return the queries that found nothing from a day on and wait for somebody, the most frequent first."""
    table = search_counts
    total = func.sum(table.c.missed)
    query = (
        select(table.c.query, func.sum(table.c.asked).label("asked"), total.label("missed"))
        .where(table.c.day >= since, table.c.query.not_in(select(search_settled.c.query)))
        .group_by(table.c.query)
        .having(total > 0)
        .order_by(total.desc(), table.c.query)
        .limit(limit)
    )
    return tuple(QueryCount(row.query, row.asked, row.missed) for row in await c.execute(query))


async def asked(c: AsyncConnection, *, since: int, limit: int) -> tuple[QueryCount, ...]:
    """Return the most frequent queries from a day on."""
    table = search_counts
    total = func.sum(table.c.asked)
    query = (
        select(table.c.query, total.label("asked"), func.sum(table.c.missed).label("missed"))
        .where(table.c.day >= since)
        .group_by(table.c.query)
        .order_by(total.desc(), table.c.query)
        .limit(limit)
    )
    return tuple(QueryCount(row.query, row.asked, row.missed) for row in await c.execute(query))


async def opened(c: AsyncConnection, *, since: int, limit: int) -> tuple[TapCount, ...]:
    """Return which records were opened for which queries, the most frequent first."""
    table = search_taps
    total = func.sum(table.c.tapped)
    query = (
        select(
            table.c.query,
            table.c.record,
            func.sum(table.c.shown).label("shown"),
            total.label("tapped"),
        )
        .where(table.c.day >= since)
        .group_by(table.c.query, table.c.record)
        .having(total > 0)
        .order_by(total.desc(), table.c.query)
        .limit(limit)
    )
    return tuple(
        TapCount(row.query, row.record, row.shown, row.tapped) for row in await c.execute(query)
    )


async def most_opened(
    c: AsyncConnection, *, since: int, fewest: int, limit: int
) -> tuple[tuple[str, int], ...]:
    """Return (record, times opened) from a day on, whatever was asked, the most frequent first."""
    table = search_taps
    total = func.sum(table.c.tapped)
    query = (
        select(table.c.record, total.label("tapped"))
        .where(table.c.day >= since)
        .group_by(table.c.record)
        .having(total >= fewest)
        .order_by(total.desc(), table.c.record)
        .limit(limit)
    )
    return tuple((row.record, int(row.tapped)) for row in await c.execute(query))


async def settle(c: AsyncConnection, query: str, *, actor: str, now: int) -> None:
    """Take a query off the list of those that wait."""
    table = search_settled
    await c.execute(delete(table).where(table.c.query == query))
    await c.execute(insert(table).values(query=query, at=now, actor=actor))


async def forget_before(c: AsyncConnection, day: int) -> None:
    """Delete the counts of days before this one."""
    for table in (search_counts, search_taps):
        await c.execute(delete(table).where(table.c.day < day))
