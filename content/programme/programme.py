"""What a screen is told to show: opening hours, regions, playlists. Rules, never expanded instances."""

from dataclasses import dataclass
from datetime import time
from enum import StrEnum


class Source(StrEnum):
    """Where a region's items come from."""

    NEWEST_DOCUMENTS = "newest_documents"
    NOTICES = "notices"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """When the hall is open, in its own time zone.

    Attributes:
        weekdays: ISO weekdays (1 Monday .. 7 Sunday) on which these spans hold; make-up workdays count as
            Mondays, statutory rest days as Sundays.
        opens, closes: half-open span [opens, closes); closes <= opens runs into the next day.
    """

    weekdays: tuple[int, ...]
    opens: time
    closes: time


@dataclass(frozen=True, slots=True)
class Region:
    """One area of the layout, in percent of the screen from the top left."""

    name: str
    left: int
    top: int
    width: int
    height: int
    source: Source
    item_seconds: int = 12
    count: int = 8


@dataclass(frozen=True, slots=True)
class Programme:
    """One screen programme 节目单.

    Attributes:
        id: 10-symbol code.
        title: name that staff see.
        region: administrative division it is for.
        hours: opening hours; empty means always open.
        regions: areas of the layout.
        ticker: lines that run in the band at the foot; empty = titles of the newest documents.
        closed_text: shown outside opening hours, above the next opening time.
    """

    id: str
    title: str
    region: str
    hours: tuple[OpeningHours, ...]
    regions: tuple[Region, ...]
    ticker: tuple[str, ...] = ()
    closed_text: str = ""
