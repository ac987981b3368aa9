"""Beside the log: how its lines travel, the dictionaries that bodies are packed with, compacted snapshots."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import (
    Column,
    ColumnElement,
    Integer,
    LargeBinary,
    String,
    Table,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from controller.store.log import LogRow, log_lines, row_from
from controller.store.metadata import metadata

_BLOCK = 500
"""Names in one query."""

wires = Table(
    "feed_wire",
    metadata,
    Column("feed", String(64), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)
"""The small form of a line or batch whose last place is `sequence`; lines without one travel as they are kept."""

dictionaries = Table(
    "feed_dictionary",
    metadata,
    Column("feed", String(64), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("at", Integer, nullable=False),
    Column("records", Integer, nullable=False),
)

snapshots = Table(
    "feed_snapshot",
    metadata,
    Column("feed", String(64), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("link", String(64), nullable=False),
    Column("manifest", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("at", Integer, nullable=False),
)


@dataclass(frozen=True, slots=True)
class SnapshotRow:
    """A compacted snapshot: the place that it reaches, the hash of its manifest, bytes to fetch, when."""

    feed: str
    sequence: int
    link: str
    manifest: str
    size: int
    at: int


@dataclass(frozen=True, slots=True)
class DictionaryRow:
    """A trained dictionary: its blob's hash, when, and how many records there were."""

    feed: str
    sha256: str
    at: int
    records: int


async def keep_wire(c: AsyncConnection, feed: str, sequence: int, data: bytes) -> None:
    """Keep the small form of what stands at a place."""
    await c.execute(insert(wires).values(feed=feed, sequence=sequence, data=data))


async def wires_from(
    c: AsyncConnection, feed: str, *, start: int, limit: int, limit_bytes: int
) -> tuple[bytes, ...]:
    """Return lines and batches from a place on, as they travel: at least one if there is one."""
    query = (
        select(func.coalesce(wires.c.data, log_lines.c.line).label("data"))
        .select_from(log_lines.outerjoin(wires, _same_place()))
        .where(log_lines.c.feed == feed, log_lines.c.sequence >= start, log_lines.c.link != "")
        .order_by(log_lines.c.sequence)
        .limit(limit)
    )
    page: list[bytes] = []
    total = 0
    for row in await c.execute(query):
        total += len(row.data)
        if page and total > limit_bytes:
            break
        page.append(row.data)
    return tuple(page)


async def rows_from(
    c: AsyncConnection, feed: str, *, start: int, limit: int
) -> tuple[tuple[LogRow, bytes], ...]:
    """Return (kept row, small form or b"") from a place on; of a batch its last row."""
    query = (
        select(log_lines, wires.c.data)
        .select_from(log_lines.outerjoin(wires, _same_place()))
        .where(log_lines.c.feed == feed, log_lines.c.sequence >= start, log_lines.c.link != "")
        .order_by(log_lines.c.sequence)
        .limit(limit)
    )
    rows = (await c.execute(query)).mappings()
    return tuple(
        (row_from({key: row[key] for key in log_lines.c.keys()}), row["data"] or b"")  # noqa: SIM118
        for row in rows
    )


async def log_bytes(c: AsyncConnection, feed: str, *, after: int) -> int:
    """Return how many bytes a terminal at a place has to fetch to be up to date."""
    size = func.length(func.coalesce(wires.c.data, log_lines.c.line))
    query = (
        select(func.coalesce(func.sum(size), 0))
        .select_from(log_lines.outerjoin(wires, _same_place()))
        .where(log_lines.c.feed == feed, log_lines.c.sequence > after, log_lines.c.link != "")
    )
    return int((await c.execute(query)).scalar_one())


async def rows_between(c: AsyncConnection, feed: str, first: int, last: int) -> tuple[LogRow, ...]:
    """Return the kept rows of some places."""
    query = (
        select(log_lines)
        .where(
            log_lines.c.feed == feed, log_lines.c.sequence >= first, log_lines.c.sequence <= last
        )
        .order_by(log_lines.c.sequence)
    )
    return tuple(row_from(row) for row in (await c.execute(query)).mappings())


async def newest_places(
    c: AsyncConnection, feed: str, *, until: int
) -> tuple[tuple[str, int], ...]:
    """Return (record, place of its newest line) of a feed as it was at a place."""
    query = (
        select(log_lines.c.record, func.max(log_lines.c.sequence).label("newest"))
        .where(log_lines.c.feed == feed, log_lines.c.sequence <= until)
        .group_by(log_lines.c.record)
        .order_by(log_lines.c.record)
    )
    return tuple((row.record, row.newest) for row in await c.execute(query))


async def rows_at(c: AsyncConnection, feed: str, places: tuple[int, ...]) -> tuple[LogRow, ...]:
    """Return the rows at these places."""
    query = select(log_lines).where(log_lines.c.feed == feed, log_lines.c.sequence.in_(places))
    return tuple(row_from(row) for row in (await c.execute(query)).mappings())


async def newest_of(c: AsyncConnection, feed: str, record: str) -> LogRow | None:
    """Return the newest row of a record in a feed."""
    query = (
        select(log_lines)
        .where(log_lines.c.feed == feed, log_lines.c.record == record)
        .order_by(log_lines.c.version.desc())
        .limit(1)
    )
    row = (await c.execute(query)).mappings().first()
    return row_from(row) if row else None


async def newest_of_many(
    c: AsyncConnection, feed: str, records: Sequence[str]
) -> dict[str, LogRow]:
    """Return record -> its newest row in a feed, of those that it has."""
    found: dict[str, LogRow] = {}
    for at in range(0, len(records), _BLOCK):
        query = (
            select(log_lines)
            .where(log_lines.c.feed == feed, log_lines.c.record.in_(records[at : at + _BLOCK]))
            .order_by(log_lines.c.version)
        )
        rows = (await c.execute(query)).mappings()
        found |= {row["record"]: row_from(row) for row in rows}
    return found


async def newest_snapshot(c: AsyncConnection, feed: str) -> SnapshotRow | None:
    """Return the newest snapshot of a feed."""
    query = (
        select(snapshots)
        .where(snapshots.c.feed == feed)
        .order_by(snapshots.c.sequence.desc())
        .limit(1)
    )
    row = (await c.execute(query)).mappings().first()
    return SnapshotRow(**row) if row else None


async def add_snapshot(c: AsyncConnection, row: SnapshotRow) -> None:
    """Note a snapshot whose blobs are all in their place."""
    await c.execute(
        insert(snapshots).values(
            feed=row.feed,
            sequence=row.sequence,
            link=row.link,
            manifest=row.manifest,
            size=row.size,
            at=row.at,
        )
    )


async def newest_dictionary(c: AsyncConnection, feed: str) -> DictionaryRow | None:
    """Return the newest dictionary of a feed."""
    query = (
        select(dictionaries)
        .where(dictionaries.c.feed == feed)
        .order_by(dictionaries.c.at.desc(), dictionaries.c.sha256)
        .limit(1)
    )
    row = (await c.execute(query)).mappings().first()
    return DictionaryRow(**row) if row else None


async def add_dictionary(c: AsyncConnection, row: DictionaryRow) -> None:
    """Note a dictionary whose blob is in its place."""
    await c.execute(
        insert(dictionaries).values(
            feed=row.feed, sha256=row.sha256, at=row.at, records=row.records
        )
    )


def _same_place() -> ColumnElement[bool]:
    return (wires.c.feed == log_lines.c.feed) & (wires.c.sequence == log_lines.c.sequence)


async def drop_old_snapshots(c: AsyncConnection, feed: str, *, keep: int) -> tuple[str, ...]:
    """Forget all but the newest snapshots of a feed; return the manifests of those forgotten."""
    query = (
        select(snapshots.c.sequence, snapshots.c.manifest)
        .where(snapshots.c.feed == feed)
        .order_by(snapshots.c.sequence.desc())
        .limit(1000)
        .offset(keep)
    )
    old = (await c.execute(query)).all()
    for row in old:
        await c.execute(
            delete(snapshots).where(snapshots.c.feed == feed, snapshots.c.sequence == row.sequence)
        )
    return tuple(row.manifest for row in old)


async def all_manifests(c: AsyncConnection) -> tuple[str, ...]:
    """Return the manifests of all snapshots that are known."""
    return tuple((await c.execute(select(snapshots.c.manifest))).scalars())
