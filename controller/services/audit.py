"""Write down who did what, and prove afterwards that nobody changed what was written."""

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import replace
from enum import StrEnum

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from controller.auth.permissions import Permission, require
from controller.store import audit as store
from controller.store.audit import START, AuditRow, row_hash
from controller.store.database import Database
from controller.store.people import Person
from devices.clock import Clock

SYSTEM = "system"
PAGE = 1000


class ExportForm(StrEnum):
    """How the log is handed out."""

    CSV = "csv"
    JSONL = "jsonl"


class AuditLog:
    """The chain of deeds."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def write(
        self, c: AsyncConnection, *, actor: str, act: str, subject: str, detail: str = ""
    ) -> AuditRow:
        """Append a deed in the transaction of the deed itself: both are kept, or neither."""
        last = await store.last_row(c)
        draft = AuditRow(
            id=last.id + 1 if last else 1,
            at=int(self._clock.now().timestamp()),
            actor=actor,
            act=act,
            subject=subject,
            detail=detail,
            previous=last.hash if last else START,
            hash="",
        )
        row = replace(draft, hash=row_hash(draft))
        await store.append_row(c, row)
        return row

    async def list(
        self, by: Person, *, limit: int = 100, before: int = 0, actor: str = "", subject: str = ""
    ) -> tuple[AuditRow, ...]:
        """Return rows older than `before` (0 = the newest), the newest first.

        Raises:
            Forbidden: not an auditor.
        """
        require(by, Permission.READ_AUDIT)
        async with self._database.read() as c:
            return await store.rows_before(c, before, limit=limit, actor=actor, subject=subject)

    async def verify(self) -> int:
        """Return the id of the first row that was changed, removed or put in; 0 if the chain is whole."""
        async with self._database.read() as c:
            return await first_broken(c)

    async def export(self, by: Person, *, form: ExportForm) -> bytes:
        """Return the whole log as a file, with a byte order mark for spreadsheets in CSV.

        Raises:
            Forbidden: not an auditor.
        """
        require(by, Permission.READ_AUDIT)
        async with self._database.write() as c:
            await self.write(c, actor=by.id, act="audit_exported", subject=str(form))
            rows = [row async for row in _all_rows(c)]
        match form:
            case ExportForm.JSONL:
                return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)
            case ExportForm.CSV:
                return _csv(rows)


async def first_broken(c: AsyncConnection) -> int:
    """Return the id of the first row that was changed, removed or put in; 0 if the chain is whole."""
    previous, place = START, 0
    async for row in _all_rows(c):
        place += 1
        if row.id != place or row.previous != previous or row_hash(row) != row.hash:
            return place
        previous = row.hash
    return 0


async def _all_rows(c: AsyncConnection) -> AsyncIterator[AuditRow]:
    after = 0
    while rows := await store.rows_after(c, after, limit=PAGE):
        for row in rows:
            yield row
        after = rows[-1].id


def _csv(rows: list[AuditRow]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(AuditRow.__slots__)
    for row in rows:
        writer.writerow([_harmless(getattr(row, name)) for name in AuditRow.__slots__])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _harmless(value: object) -> object:
    """Keep spreadsheets from running a cell as a formula."""
    return (
        f"'{value}"
        if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r"))
        else value
    )
