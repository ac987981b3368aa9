"""Emergency notices on their way: the statement to sign, the one to take it back, and who has signed."""

from dataclasses import dataclass
from enum import StrEnum

import msgspec
from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    RowMapping,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from content.feed.statement import Action, Approval, Statement
from controller.store.metadata import metadata


class EmergencyState(StrEnum):
    """Where a notice stands; whether its time is over its statement says."""

    WAITING = "waiting"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Emergency:
    """A notice and its statements.

    Attributes:
        id: record id.
        state: where it stands.
        statement: what signers sign to publish it.
        cancelling: what signers sign to take it back, None until it is public.
        body: canonical JSON of the EmergencyNotice.
        drafter: person id; that signature never counts.
        changed: unix seconds.
    """

    id: str
    state: EmergencyState
    statement: Statement
    cancelling: Statement | None
    body: bytes
    drafter: str
    changed: int

    def said(self, action: Action) -> Statement | None:
        """Return the statement of an action."""
        return self.statement if action is Action.PUT else self.cancelling


emergencies = Table(
    "emergencies",
    metadata,
    Column("id", String(10), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("statement", Text, nullable=False),
    Column("cancelling", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("drafter", String(20), ForeignKey("people.id"), nullable=False),
    Column("changed", Integer, nullable=False, index=True),
)

emergency_approvals = Table(
    "emergency_approvals",
    metadata,
    Column("emergency", String(10), ForeignKey("emergencies.id"), primary_key=True),
    Column("action", String(8), primary_key=True),
    Column("key_id", String(16), primary_key=True),
    Column("signature", LargeBinary, nullable=False),
    Column("at", Integer, nullable=False),
)


async def add_emergency(c: AsyncConnection, one: Emergency) -> None:
    """Keep a new notice."""
    await c.execute(insert(emergencies).values(**_values(one)))


async def save_emergency(c: AsyncConnection, one: Emergency) -> None:
    """Keep a notice as it is now."""
    values = _values(one)
    await c.execute(update(emergencies).where(emergencies.c.id == one.id).values(**values))


async def find_emergency(c: AsyncConnection, wanted: str) -> Emergency | None:
    """Return a notice."""
    found = await c.execute(select(emergencies).where(emergencies.c.id == wanted))
    row = found.mappings().first()
    return _emergency(row) if row else None


async def list_emergencies(c: AsyncConnection, *, limit: int) -> tuple[Emergency, ...]:
    """Return notices, the last changed first."""
    query = select(emergencies).order_by(emergencies.c.changed.desc(), emergencies.c.id)
    return tuple(_emergency(row) for row in (await c.execute(query.limit(limit))).mappings())


async def keep_signature(
    c: AsyncConnection, wanted: str, action: Action, approval: Approval, *, now: int
) -> None:
    """Keep a signature; the same key's earlier one gives way."""
    table = emergency_approvals
    place = {"emergency": wanted, "action": str(action), "key_id": approval.key_id}
    await c.execute(delete(table).where(*(table.c[name] == value for name, value in place.items())))
    await c.execute(insert(table).values(**place, signature=approval.signature, at=now))


async def signatures(c: AsyncConnection, wanted: str, action: Action) -> tuple[Approval, ...]:
    """Return the signatures over a statement, in key order."""
    table = emergency_approvals
    query = (
        select(table)
        .where(table.c.emergency == wanted, table.c.action == str(action))
        .order_by(table.c.key_id)
    )
    return tuple(Approval(row.key_id, row.signature) for row in await c.execute(query))


async def drop_signatures(c: AsyncConnection, wanted: str) -> None:
    """End all signatures of a notice: its text has changed."""
    table = emergency_approvals
    await c.execute(delete(table).where(table.c.emergency == wanted))


def _values(one: Emergency) -> dict[str, object]:
    return {
        "id": one.id,
        "state": str(one.state),
        "statement": _text(one.statement),
        "cancelling": _text(one.cancelling) if one.cancelling else "",
        "body": one.body,
        "drafter": one.drafter,
        "changed": one.changed,
    }


def _text(statement: Statement) -> str:
    return msgspec.json.encode(statement).decode()


def _emergency(row: RowMapping) -> Emergency:
    cancelling = row["cancelling"]
    return Emergency(
        id=row["id"],
        state=EmergencyState(row["state"]),
        statement=msgspec.json.decode(row["statement"], type=Statement),
        cancelling=msgspec.json.decode(cancelling, type=Statement) if cancelling else None,
        body=row["body"],
        drafter=row["drafter"],
        changed=row["changed"],
    )
