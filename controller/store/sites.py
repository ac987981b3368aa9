"""Sites: where terminals stand, and when somebody is there."""

from dataclasses import dataclass

import msgspec
from sqlalchemy import Column, Float, String, Table, Text, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from controller.store.metadata import metadata

WEEK = 7
Hours = tuple[tuple[int, int], ...]
"""Opening and closing of Monday to Sunday in minutes after midnight; (0, 0) = closed all day."""
ALWAYS: Hours = ((0, 24 * 60),) * WEEK
OFFICE: Hours = (*((9 * 60, 17 * 60),) * 5, (0, 0), (0, 0))
"""What holds until somebody says otherwise."""


@dataclass(frozen=True, slots=True)
class Site:
    """A site as staff entered it; `name` is the terminals' own word for it.

    Attributes:
        longitude, latitude: degrees WGS 84; None while nobody has entered them.
        hours: when somebody is there to be told.
    """

    name: str
    longitude: float | None = None
    latitude: float | None = None
    hours: Hours = OFFICE


sites = Table(
    "site",
    metadata,
    Column("name", Text, primary_key=True),
    Column("longitude", Float, nullable=True),
    Column("latitude", Float, nullable=True),
    Column("hours", String(200), nullable=False),
)


async def keep_site(c: AsyncConnection, site: Site) -> None:
    """Write a site in the place of the one of this name."""
    await c.execute(delete(sites).where(sites.c.name == site.name))
    await c.execute(
        insert(sites).values(
            name=site.name,
            longitude=site.longitude,
            latitude=site.latitude,
            hours=msgspec.json.encode(site.hours).decode(),
        )
    )


async def all_sites(c: AsyncConnection) -> dict[str, Site]:
    """Return the sites that were entered, by name."""
    rows = (await c.execute(select(sites))).mappings()
    return {
        row["name"]: Site(
            row["name"],
            row["longitude"],
            row["latitude"],
            msgspec.json.decode(row["hours"], type=Hours),
        )
        for row in rows
    }
