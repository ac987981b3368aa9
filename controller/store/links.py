"""Which links to brokers the leading controller has: so that every controller judges terminals alike."""

from dataclasses import dataclass

from sqlalchemy import Column, Integer, String, Table, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from controller.store.metadata import metadata


@dataclass(frozen=True, slots=True)
class KeptLink:
    """A link of the leader.

    Attributes:
        via: its name.
        since: unix seconds at which it came up.
        beat: unix seconds at which the leader last said so.
    """

    via: str
    since: int
    beat: int


links = Table(
    "zone_link",
    metadata,
    Column("via", String(200), primary_key=True),
    Column("since", Integer, nullable=False),
    Column("beat", Integer, nullable=False),
)


async def keep_links(c: AsyncConnection, kept: tuple[KeptLink, ...]) -> None:
    """Write all links that are up now; the others are gone."""
    await c.execute(delete(links))
    rows = [{"via": one.via, "since": one.since, "beat": one.beat} for one in kept]
    if rows:
        await c.execute(insert(links), rows)


async def kept_links(c: AsyncConnection) -> tuple[KeptLink, ...]:
    """Return the links that the leader last said."""
    rows = (await c.execute(select(links).order_by(links.c.via))).mappings()
    return tuple(KeptLink(**row) for row in rows)
