"""The signed log of each feed, as it goes to terminals, and what of it is in force."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    func,
    insert,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from content.feed.statement import Action
from controller.store.metadata import metadata


@dataclass(frozen=True, slots=True)
class LogRow:
    """One line of a feed's log.

    Attributes:
        feed, sequence: its place.
        line: content.feed.entry.line_to_bytes, or content.feed.kept.kept_to_bytes for a record of a batch.
        link: hash of its link, which the next line names; "" inside a batch, whose last row has it.
        record, version, action: what it says about which record.
        kind, title: of the body; "" for a deletion.
        at: unix seconds of the link.
    """

    feed: str
    sequence: int
    line: bytes
    link: str
    record: str
    version: int
    action: Action
    kind: str
    title: str
    at: int


_BLOCK = 500
"""Names in one query."""

log_lines = Table(
    "log_line",
    metadata,
    Column("feed", String(64), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("line", LargeBinary, nullable=False),
    Column("link", String(64), nullable=False),
    Column("record", String(10), nullable=False),
    Column("version", Integer, nullable=False),
    Column("action", String(8), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("at", Integer, nullable=False),
    # The same version of a record can enter a feed once: two approvals racing cannot publish twice.
    Index("uq_log_line_record", "feed", "record", "version", unique=True),
    Index("ix_log_line_record", "record"),
)


async def append_line(c: AsyncConnection, row: LogRow) -> None:
    """Append a line; the database refuses a place or version that is taken."""
    await append_lines(c, (row,))


async def append_lines(c: AsyncConnection, rows: Sequence[LogRow]) -> None:
    """Append lines; the database refuses a place or version that is taken."""
    await c.execute(insert(log_lines), [{**asdict(row), "action": str(row.action)} for row in rows])


async def last_line(c: AsyncConnection, feed: str) -> tuple[int, str] | None:
    """Return sequence and link hash of the newest line, None for an empty feed."""
    query = (
        select(log_lines.c.sequence, log_lines.c.link)
        .where(log_lines.c.feed == feed)
        .order_by(log_lines.c.sequence.desc())
        .limit(1)
    )
    row = (await c.execute(query)).first()
    return (row.sequence, row.link) if row else None


async def lines_from(
    c: AsyncConnection, feed: str, *, start: int, limit: int, limit_bytes: int
) -> tuple[bytes, ...]:
    """Return lines with sequence >= start, at least one if there is one, up to both limits."""
    query = (
        select(log_lines.c.line)
        .where(log_lines.c.feed == feed, log_lines.c.sequence >= start)
        .order_by(log_lines.c.sequence)
        .limit(limit)
    )
    page: list[bytes] = []
    total = 0
    for row in await c.execute(query):
        total += len(row.line)
        if page and total > limit_bytes:
            break
        page.append(row.line)
    return tuple(page)


async def lines_of_record(c: AsyncConnection, record: str) -> tuple[LogRow, ...]:
    """Return all that was said about a record, the newest version first."""
    query = (
        select(log_lines)
        .where(log_lines.c.record == record)
        .order_by(log_lines.c.version.desc(), log_lines.c.feed)
    )
    return tuple(row_from(row) for row in (await c.execute(query)).mappings())


async def newest_of_kind(
    c: AsyncConnection, kind: str, *, limit: int, offset: int
) -> tuple[LogRow, ...]:
    """Return the lines that put the records of a kind which are in force, the last first."""
    top = (
        select(log_lines.c.record, func.max(log_lines.c.version).label("version"))
        .group_by(log_lines.c.record)
        .subquery()
    )
    query = (
        select(log_lines)
        .join(
            top,
            (log_lines.c.record == top.c.record) & (log_lines.c.version == top.c.version),
        )
        .where(log_lines.c.kind == kind)  # a deletion has no kind
        .order_by(log_lines.c.at.desc(), log_lines.c.sequence.desc())
        .limit(limit)
        .offset(offset)
    )
    return tuple(row_from(row) for row in (await c.execute(query)).mappings())


async def newest_version(c: AsyncConnection, record: str) -> int:
    """Return the highest version of a record in any feed, 0 for none."""
    query = select(func.max(log_lines.c.version)).where(log_lines.c.record == record)
    return int((await c.execute(query)).scalar_one() or 0)


async def newest_versions(c: AsyncConnection, records: Sequence[str]) -> dict[str, int]:
    """Return record -> its highest version in any feed, of those that have one."""
    found: dict[str, int] = {}
    for at in range(0, len(records), _BLOCK):
        query = (
            select(log_lines.c.record, func.max(log_lines.c.version).label("top"))
            .where(log_lines.c.record.in_(records[at : at + _BLOCK]))
            .group_by(log_lines.c.record)
        )
        found |= {row.record: int(row.top) for row in await c.execute(query)}
    return found


async def feeds(c: AsyncConnection) -> tuple[str, ...]:
    """Return the feeds that have lines."""
    query = select(log_lines.c.feed).distinct().order_by(log_lines.c.feed)
    return tuple((await c.execute(query)).scalars())


def row_from(row: Mapping[Any, Any]) -> LogRow:
    """Read a row of the log."""
    return LogRow(**{**row, "action": Action(row["action"])})
