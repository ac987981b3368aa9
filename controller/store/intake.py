"""The ledger of envelopes: one row for each key that a terminal ever delivered, so that none counts twice."""

from dataclasses import dataclass

from sqlalchemy import Column, Integer, String, Table, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from controller.store.metadata import metadata


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """An envelope that was taken in.

    Attributes:
        device, key: whose, and its idempotency key.
        digest: SHA-256 hex of what the device signed; the same key with other content is refused.
        kind: of the envelope.
        received: unix seconds of its first arrival.
        number: the 受理号 given, "" until it is.
        dups: how many more times it arrived.
    """

    device: str
    key: str
    digest: str
    kind: str
    received: int
    number: str = ""
    dups: int = 0


ledger = Table(
    "intake",
    metadata,
    Column("device", String(40), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("received", Integer, nullable=False),
    Column("number", String(40), nullable=False),
    Column("dups", Integer, nullable=False),
)


async def claim(c: AsyncConnection, row: LedgerRow) -> LedgerRow:
    """Write the row, or count one more arrival of it; return what the ledger holds now.

    One statement, so that two controllers on one database cannot both think that they were first:
    `dups` 0 in the answer means that the caller was.
    """
    insert = sqlite_insert if c.dialect.name == "sqlite" else postgresql_insert
    statement = insert(ledger).values(
        device=row.device,
        key=row.key,
        digest=row.digest,
        kind=row.kind,
        received=row.received,
        number=row.number,
        dups=0,
    )
    counted = statement.on_conflict_do_update(
        index_elements=["device", "key"], set_={"dups": ledger.c.dups + 1}
    ).returning(ledger)
    return LedgerRow(**(await c.execute(counted)).mappings().one())


async def give_number(c: AsyncConnection, row: LedgerRow, number: str) -> None:
    """Write the 受理号 of a claimed envelope, in the transaction that claimed it."""
    here = (ledger.c.device == row.device) & (ledger.c.key == row.key)
    await c.execute(update(ledger).where(here).values(number=number))


async def find(c: AsyncConnection, device: str, key: str) -> LedgerRow | None:
    """Return the row of an envelope, None if it never arrived."""
    query = select(ledger).where(ledger.c.device == device, ledger.c.key == key)
    row = (await c.execute(query)).mappings().first()
    return LedgerRow(**row) if row else None
