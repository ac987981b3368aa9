"""Terminals that wait to be paired: their keys, and what became of them."""

from dataclasses import dataclass

from sqlalchemy import (
    Column,
    Integer,
    LargeBinary,
    RowMapping,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from controller.store.metadata import metadata
from devices.wire.pairing import PairingState


@dataclass(frozen=True, slots=True)
class Pairing:
    """A terminal that asked.

    Attributes:
        id: for the desk.
        ticket: hash of the secret under which the terminal asks.
        address: from where it asked.
        public: PEM of its public key.
        fingerprint: of that key.
        check: of its code (devices.wire.pairing).
        about: what machine it says it is.
        asked, expires: unix seconds.
        state: how far it is.
        misses: wrong codes typed.
        device: id that it was given, "" before.
        bundle, mac: the answer that waits for it.
    """

    id: str
    ticket: str
    address: str
    public: str
    fingerprint: str
    check: str
    about: str
    asked: int
    expires: int
    state: PairingState = PairingState.WAITING
    misses: int = 0
    device: str = ""
    bundle: bytes = b""
    mac: str = ""


pairings = Table(
    "pairing",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("ticket", String(64), nullable=False, index=True),
    Column("address", String(64), nullable=False),
    Column("public", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("check", String(64), nullable=False),
    Column("about", Text, nullable=False),
    Column("asked", Integer, nullable=False),
    Column("expires", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("misses", Integer, nullable=False),
    Column("device", String(40), nullable=False),
    Column("bundle", LargeBinary, nullable=False),
    Column("mac", String(64), nullable=False),
)


async def add_pairing(c: AsyncConnection, pairing: Pairing) -> None:
    """Write a terminal that asks; an earlier asking of the same key makes room."""
    await c.execute(delete(pairings).where(pairings.c.fingerprint == pairing.fingerprint))
    await c.execute(insert(pairings).values(_values(pairing)))


async def keep_pairing(c: AsyncConnection, pairing: Pairing) -> None:
    """Write how far it has come."""
    await c.execute(update(pairings).where(pairings.c.id == pairing.id).values(_values(pairing)))


async def forget_pairings(c: AsyncConnection, *, before: int) -> None:
    """Forget what expired before a unix second."""
    await c.execute(delete(pairings).where(pairings.c.expires < before))


async def count_waiting(c: AsyncConnection) -> int:
    """Return how many wait."""
    query = select(func.count()).where(pairings.c.state == str(PairingState.WAITING))
    return int((await c.execute(query)).scalar_one())


async def waiting(c: AsyncConnection, *, now: int) -> tuple[Pairing, ...]:
    """Return who waits, the newest first."""
    query = (
        select(pairings)
        .where(pairings.c.state == str(PairingState.WAITING), pairings.c.expires >= now)
        .order_by(pairings.c.asked.desc(), pairings.c.id)
    )
    return tuple(_pairing(row) for row in (await c.execute(query)).mappings())


async def find_pairing(c: AsyncConnection, pairing: str) -> Pairing | None:
    """Return one by its id."""
    query = select(pairings).where(pairings.c.id == pairing)
    row = (await c.execute(query)).mappings().first()
    return _pairing(row) if row else None


async def by_ticket(c: AsyncConnection, ticket: str) -> Pairing | None:
    """Return one by the hash of its ticket."""
    query = select(pairings).where(pairings.c.ticket == ticket)
    row = (await c.execute(query)).mappings().first()
    return _pairing(row) if row else None


def _values(pairing: Pairing) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(pairing, name) for name in Pairing.__slots__}
    return {**values, "state": str(pairing.state)}


def _pairing(row: RowMapping) -> Pairing:
    return Pairing(**{**row, "state": PairingState(row["state"])})
