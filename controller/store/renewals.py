"""Certificates that were issued to follow one that runs out, and have not been used yet."""

from dataclasses import dataclass

from sqlalchemy import Column, Integer, String, Table, Text, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from controller.store.metadata import metadata


@dataclass(frozen=True, slots=True)
class Renewal:
    """A terminal's next certificate: PEM, SHA-256 hex of it, serial in hex, and when it was issued."""

    device: str
    certificate: str
    fingerprint: str
    serial: str
    issued: int


renewals = Table(
    "renewal",
    metadata,
    Column("device", String(40), primary_key=True),
    Column("certificate", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("serial", String(40), nullable=False),
    Column("issued", Integer, nullable=False),
)


async def find_renewal(c: AsyncConnection, device: str) -> Renewal | None:
    """Return a terminal's next certificate."""
    row = (await c.execute(select(renewals).where(renewals.c.device == device))).mappings().first()
    return Renewal(**row) if row else None


async def keep_renewal(c: AsyncConnection, renewal: Renewal) -> None:
    """Write a terminal's next certificate in the place of the one before."""
    await forget_renewal(c, renewal.device)
    values = {name: getattr(renewal, name) for name in Renewal.__slots__}
    await c.execute(insert(renewals).values(values))


async def forget_renewal(c: AsyncConnection, device: str) -> None:
    """Forget it: it is in use, or the terminal was enrolled anew."""
    await c.execute(delete(renewals).where(renewals.c.device == device))
