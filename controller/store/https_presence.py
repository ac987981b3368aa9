"""Terminals that are heard over HTTPS because their network passes nothing else: when, and since when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Column, Integer, String, Table, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from controller.store.metadata import metadata


@dataclass(frozen=True, slots=True)
class HttpsPresence:
    """A terminal's word over HTTPS. There is no last will on this way: it ends by silence. Unix seconds."""

    device: str
    boot: str
    since: int
    heard: int


heard = Table(
    "terminal_https",
    metadata,
    Column("device", String(40), primary_key=True),
    Column("boot", String(64), nullable=False),
    Column("since", Integer, nullable=False),
    Column("heard", Integer, nullable=False),
)


async def https_presence(c: AsyncConnection, device: str) -> HttpsPresence | None:
    """Return what is known of a terminal on this way."""
    row = (await c.execute(select(heard).where(heard.c.device == device))).mappings().first()
    return HttpsPresence(**row) if row else None


async def https_presences(c: AsyncConnection) -> Mapping[str, HttpsPresence]:
    """Return what is known of all, by device."""
    rows = (await c.execute(select(heard))).mappings()
    return {row["device"]: HttpsPresence(**row) for row in rows}


async def keep_https_presence(c: AsyncConnection, kept: HttpsPresence) -> None:
    """Write what is known of a terminal."""
    await forget_https_presence(c, kept.device)
    values = {name: getattr(kept, name) for name in HttpsPresence.__slots__}
    await c.execute(insert(heard).values(values))


async def forget_https_presences(c: AsyncConnection, devices: Iterable[str]) -> None:
    """Forget terminals on this way: they speak over MQTT again."""
    gone = tuple(devices)
    if gone:
        await c.execute(delete(heard).where(heard.c.device.in_(gone)))


async def forget_https_presence(c: AsyncConnection, device: str) -> None:
    """Forget a terminal on this way: it said goodbye, or speaks over MQTT again."""
    await c.execute(delete(heard).where(heard.c.device == device))
