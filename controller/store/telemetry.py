"""Counters that terminals say now and then: the stuff of health plots. Kept for a month."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from sqlalchemy import Column, Integer, String, Table, Text, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from controller.store.metadata import metadata


@dataclass(frozen=True, slots=True)
class Reading:
    """Counters of one terminal at a unix second of the controller."""

    device: str
    at: int
    counters: Mapping[str, int]


telemetry = Table(
    "telemetry",
    metadata,
    Column("device", String(40), primary_key=True),
    Column("at", Integer, primary_key=True),
    Column("counters", Text, nullable=False),
)


async def add_reading(c: AsyncConnection, reading: Reading) -> None:
    """Write a reading in the place of one of the same second."""
    here = (telemetry.c.device == reading.device) & (telemetry.c.at == reading.at)
    await c.execute(delete(telemetry).where(here))
    counters = msgspec.json.encode(reading.counters).decode()
    await c.execute(
        insert(telemetry).values(device=reading.device, at=reading.at, counters=counters)
    )


async def forget_readings(c: AsyncConnection, device: str, *, before: int) -> None:
    """Forget a terminal's readings of before a unix second."""
    old = (telemetry.c.device == device) & (telemetry.c.at < before)
    await c.execute(delete(telemetry).where(old))


async def readings_of(c: AsyncConnection, device: str, *, since: int) -> tuple[Reading, ...]:
    """Return a terminal's readings from a unix second on, oldest first."""
    query = (
        select(telemetry)
        .where(telemetry.c.device == device, telemetry.c.at >= since)
        .order_by(telemetry.c.at)
    )
    rows = (await c.execute(query)).mappings()
    return tuple(
        Reading(row["device"], row["at"], msgspec.json.decode(row["counters"], type=dict[str, int]))
        for row in rows
    )
