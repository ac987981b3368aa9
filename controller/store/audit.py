"""The audit log: who did what when. Each row holds the hash of the one before, so that none can be changed."""

from dataclasses import dataclass

from sqlalchemy import Column, Integer, String, Table, Text, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from content.canonical import Json, canonical_json, sha256_hex
from controller.store.metadata import metadata

START = "0" * 64
"""What the first row names as its predecessor."""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One deed.

    Attributes:
        id: place in the log, from 1 without gaps.
        at: unix seconds.
        actor: person id, "system", "visitor" or a terminal's id.
        act: a word such as signed_in, published, request_read.
        subject: what it was done to: a document, a request number, a person id.
        detail: more, without personal data of applicants.
        previous, hash: SHA-256 hex of the row before and of this one.
    """

    id: int
    at: int
    actor: str
    act: str
    subject: str
    detail: str
    previous: str
    hash: str


audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("at", Integer, nullable=False),
    Column("actor", String(64), nullable=False, index=True),
    Column("act", String(32), nullable=False),
    Column("subject", Text, nullable=False, index=True),
    Column("detail", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)


def row_hash(row: AuditRow) -> str:
    """Return the hash that this row should have."""
    values: list[Json] = [row.id, row.at, row.actor, row.act, row.subject, row.detail, row.previous]
    return sha256_hex(b"zone/audit/1\n" + canonical_json(values))


async def last_row(c: AsyncConnection) -> AuditRow | None:
    """Return the newest row."""
    row = (await c.execute(select(audit).order_by(audit.c.id.desc()).limit(1))).mappings().first()
    return AuditRow(**row) if row else None


async def append_row(c: AsyncConnection, row: AuditRow) -> None:
    """Append a row."""
    values = {name: getattr(row, name) for name in audit.c.keys()}  # noqa: SIM118 - a collection, not a dict
    await c.execute(insert(audit).values(values))


async def rows_before(
    c: AsyncConnection, before: int, *, limit: int, actor: str = "", subject: str = ""
) -> tuple[AuditRow, ...]:
    """Return rows with a lower id (0 = from the newest), the newest first."""
    query = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if before:
        query = query.where(audit.c.id < before)
    if actor:
        query = query.where(audit.c.actor == actor)
    if subject:
        query = query.where(audit.c.subject == subject)
    return tuple(AuditRow(**row) for row in (await c.execute(query)).mappings())


async def rows_after(c: AsyncConnection, after: int, *, limit: int) -> tuple[AuditRow, ...]:
    """Return rows with a higher id, the oldest first."""
    query = select(audit).where(audit.c.id > after).order_by(audit.c.id).limit(limit)
    return tuple(AuditRow(**row) for row in (await c.execute(query)).mappings())
