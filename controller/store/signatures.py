"""Statements that wait for signatures, and the signatures given so far: the same two tables for all that is signed.

Each kind has tables of its own with columns of its own that say what is signed; what is done with them is here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from sqlalchemy import ColumnElement, Table, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from content.feed.statement import Approval, Statement


@dataclass(frozen=True, slots=True)
class Pending:
    """The statement that approvers sign now, and the exact body that it names."""

    statement: Statement
    body: bytes
    revision: int


Place = Mapping[str, str]
"""Column -> value: what is signed."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The two tables of one kind."""

    pending: Table
    approvals: Table

    async def keep(self, c: AsyncConnection, place: Place, pending: Pending) -> None:
        """Keep the statement to sign; signatures over an earlier one end with it."""
        await self.drop(c, place)
        statement = msgspec.json.encode(pending.statement).decode()
        values = {"revision": pending.revision, "statement": statement, "body": pending.body}
        await c.execute(insert(self.pending).values({**place, **values}))

    async def find(self, c: AsyncConnection, place: Place) -> Pending | None:
        """Return the statement to sign, if one was made."""
        query = select(self.pending).where(*_at(self.pending, place))
        row = (await c.execute(query)).first()
        if row is None:
            return None
        return Pending(msgspec.json.decode(row.statement, type=Statement), row.body, row.revision)

    async def drop(self, c: AsyncConnection, place: Place) -> None:
        """End the statements to sign at a place, and the signatures over them; some columns name many places."""
        for table in (self.approvals, self.pending):
            await c.execute(delete(table).where(*_at(table, place)))

    async def sign(self, c: AsyncConnection, place: Place, approval: Approval, *, now: int) -> None:
        """Keep one signature; the same key's earlier one gives way."""
        table, whole = self.approvals, {**place, "key_id": approval.key_id}
        await c.execute(delete(table).where(*_at(table, whole)))
        await c.execute(insert(table).values(**whole, signature=approval.signature, at=now))

    async def signed(self, c: AsyncConnection, place: Place) -> tuple[Approval, ...]:
        """Return the signatures over the statement to sign, in key order."""
        table = self.approvals
        query = select(table).where(*_at(table, place)).order_by(table.c.key_id)
        return tuple(Approval(row.key_id, row.signature) for row in await c.execute(query))


def _at(table: Table, place: Place) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in place.items()]
