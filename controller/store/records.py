"""What terminals did, hour by hour: plays of their screens and samples of how they were."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from controller.store.metadata import metadata


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One thing of one hour of one terminal.

    Attributes:
        device, envelope: whose, and the key of the envelope that brought it.
        kind: play or tele.
        hour: unix seconds at which the hour began, by the terminal's clock.
        subject: of a play "ui item version", of telemetry JSON.
        count, first, last: how often, and when by that clock.
    """

    device: str
    envelope: str
    kind: str
    hour: int
    subject: str
    count: int
    first: int
    last: int


records = Table(
    "terminal_record",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("device", String(40), nullable=False, index=True),
    Column("envelope", String(128), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("hour", BigInteger, nullable=False, index=True),
    Column("subject", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger, nullable=False),
)


async def add_records(c: AsyncConnection, rows: Sequence[RecordRow]) -> None:
    """Keep records, in the transaction that claimed their envelope."""
    if rows:
        await c.execute(insert(records), [asdict(row) for row in rows])


async def records_of(c: AsyncConnection, device: str, kind: str) -> tuple[RecordRow, ...]:
    """Return what a terminal told of a kind, the oldest first."""
    names = [records.c[name] for name in RecordRow.__dataclass_fields__]
    query = (
        select(*names)
        .where(records.c.device == device, records.c.kind == kind)
        .order_by(records.c.hour, records.c.id)
    )
    return tuple(RecordRow(**row) for row in (await c.execute(query)).mappings())
