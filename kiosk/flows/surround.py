"""What surrounds every screen: where the visitor is, and the quiet lines that say how the terminal is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from content.feed.clock import is_stale

if TYPE_CHECKING:
    from datetime import datetime

    from kiosk.flows.session import SessionView
    from kiosk.words import Words


class Place(StrEnum):
    """The screens."""

    HOME = "home"
    SEARCH = "search"
    READER = "reader"
    REQUEST = "request"
    CONSULT = "consult"
    RECEIPT = "receipt"


class BandKind(StrEnum):
    """A line under the title: quiet, but for an emergency."""

    EMERGENCY = "emergency"
    DEMO = "demo"
    OFFLINE = "offline"
    STALE = "stale"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Band:
    """One such line."""

    kind: BandKind
    text: str


@dataclass(frozen=True, slots=True)
class KioskView:
    """What surrounds every screen."""

    place: Place
    session: SessionView
    bands: tuple[Band, ...]
    text_scale: float
    high_contrast: bool
    notice: str
    can_go_back: bool
    is_agent_here: bool
    has_printer: bool
    is_dark: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """How the terminal is; `as_of` is the unix second up to which its content is known, 0 if unknown."""

    is_welcomed: bool
    is_demo: bool
    is_agent_here: bool
    is_online: bool
    as_of: int


def bands_of(status: Status, *, now: datetime, words: Words) -> tuple[Band, ...]:
    """Return the lines to show; before the first Welcome nothing is known and nothing is said."""
    bands = []
    if status.is_demo:
        bands.append(Band(BandKind.DEMO, words("band.demo")))
    if status.is_welcomed and not status.is_agent_here:
        bands.append(Band(BandKind.AWAY, words("band.away")))
    elif not status.is_online:
        bands.append(Band(BandKind.OFFLINE, _offline_text(status.as_of, now, words)))
    elif is_stale(status.as_of, int(now.timestamp())):
        at = _moment(status.as_of, now, words)
        bands.append(Band(BandKind.STALE, words("band.stale", at=at)))
    return tuple(bands)


def _offline_text(as_of: int, now: datetime, words: Words) -> str:
    if not as_of:
        return words("band.offline")
    return words("band.offline_as_of", at=_moment(as_of, now, words))


def _moment(at: int, now: datetime, words: Words) -> str:
    from kiosk.flows.rows import moment_text  # after the first frame

    return moment_text(at, now.tzinfo, words)
