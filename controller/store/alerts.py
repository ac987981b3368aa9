"""Alerts by site: when trouble began, whether anybody was told, when it was over."""

from dataclasses import dataclass, replace

import msgspec
from sqlalchemy import Column, Index, Integer, RowMapping, Table, Text, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from controller.store.metadata import metadata


@dataclass(frozen=True, slots=True)
class KeptAlert:
    """Trouble at one site, from the first terminal that fell ill to the last that is well again.

    Attributes:
        id: 0 before it is kept.
        site: its name.
        opened: unix seconds at which the first trouble was seen.
        trouble: terminal -> cause, as it stands.
        told: unix seconds at which somebody was told, 0 = nobody yet.
        snoozed: unix seconds until which nobody is to be told, 0 = not snoozed.
        closed: unix seconds at which all was well again, 0 = it is not.
    """

    id: int
    site: str
    opened: int
    trouble: dict[str, str]
    told: int = 0
    snoozed: int = 0
    closed: int = 0


alerts = Table(
    "alert",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("site", Text, nullable=False),
    Column("opened", Integer, nullable=False),
    Column("trouble", Text, nullable=False),
    Column("told", Integer, nullable=False),
    Column("snoozed", Integer, nullable=False),
    Column("closed", Integer, nullable=False),
    Index("ix_alert_closed", "closed"),
)


async def add_alert(c: AsyncConnection, alert: KeptAlert) -> KeptAlert:
    """Write a new alert; return it with its id."""
    row = insert(alerts).values(_row(alert)).returning(alerts.c.id)
    return replace(alert, id=(await c.execute(row)).scalar_one())


async def keep_alert(c: AsyncConnection, alert: KeptAlert) -> None:
    """Write an alert as it stands now."""
    await c.execute(update(alerts).where(alerts.c.id == alert.id).values(_row(alert)))


async def open_alerts(c: AsyncConnection) -> dict[str, KeptAlert]:
    """Return the alerts that are not over, by site."""
    rows = (await c.execute(select(alerts).where(alerts.c.closed == 0))).mappings()
    return {row["site"]: _alert(row) for row in rows}


async def find_alert(c: AsyncConnection, number: int) -> KeptAlert | None:
    """Return an alert, None if there is none of this id."""
    row = (await c.execute(select(alerts).where(alerts.c.id == number))).mappings().first()
    return _alert(row) if row else None


async def last_closed(c: AsyncConnection, *, limit: int) -> tuple[KeptAlert, ...]:
    """Return the alerts that are over, the last first."""
    query = select(alerts).where(alerts.c.closed > 0).order_by(alerts.c.closed.desc()).limit(limit)
    return tuple(_alert(row) for row in (await c.execute(query)).mappings())


def _row(alert: KeptAlert) -> dict[str, object]:
    fields: dict[str, object] = {**msgspec.to_builtins(alert)}
    fields.pop("id")
    return {**fields, "trouble": msgspec.json.encode(alert.trouble).decode()}


def _alert(row: RowMapping) -> KeptAlert:
    trouble = msgspec.json.decode(row["trouble"], type=dict[str, str])
    return KeptAlert(**{**row, "trouble": trouble})
