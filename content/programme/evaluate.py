"""Decide what a screen shows at a moment, until when and why. Rotation and drawing are signage's.

The same code answers in the controller's preview, on the screen and in the tests. Something always plays:
no programme or an unusable one gives way to the built-in default, an empty source to a built-in item.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from content.disclosure.record import DisclosureRecord
from content.programme.builtin import BUILT_IN, default_programme, faults_of
from content.programme.opening import Calendar, Opening, opening_at
from content.programme.programme import Programme, Region, Source
from content.regions import region_chain

WHOLE_SCREEN = Region("whole", 0, 0, 100, 100, Source.CLOCK)
"""The one region of a closed hall's screen."""

EMERGENCY_SCREEN = Region("emergency", 0, 0, 100, 100, Source.CLOCK, item_seconds=20)
"""The one region of a screen while an emergency stands; several take turns of 20 s."""


class ItemKind(StrEnum):
    """What an item of a playlist is."""

    DOCUMENT = "document"
    LIST = "list"
    CLOCK = "clock"
    WELCOME = "welcome"
    CLOSED = "closed"
    EMERGENCY = "emergency"


class Rule(StrEnum):
    """The rules that choose or remove a candidate, in the order in which they are asked."""

    OTHER_REGION = "other_region"
    FARTHER_REGION = "farther_region"
    OLDER = "older"
    NONE_PUBLISHED = "none_published"
    MALFORMED = "malformed"
    WINNER = "winner"
    ALWAYS_OPEN = "always_open"
    WITHIN_HOURS = "within_hours"
    OUTSIDE_HOURS = "outside_hours"
    NO_DOCUMENTS = "no_documents"


@dataclass(frozen=True, slots=True)
class Reason:
    """One step of the reason chain: the rule, what it was applied to, and the fact that decided."""

    rule: Rule
    subject: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a region's playlist; `records` are the ids that it shows."""

    kind: ItemKind
    records: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RegionShowing:
    """What one region plays: its items in rotation, each for the region's item_seconds."""

    region: Region
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Showing:
    """What a screen shows.

    Attributes:
        programme: the programme that plays, never a malformed one.
        is_open: within opening hours.
        until: when the opening changes, None if not within the horizon. While closed it is the next opening.
        regions: what each area plays; none is ever empty.
        ticker: lines of the band at the foot.
        closed_text: the programme's own words for closed hours, "" for the built-in words.
        reasons: how it came to this.
    """

    programme: Programme
    is_open: bool
    until: datetime | None
    regions: tuple[RegionShowing, ...]
    ticker: tuple[str, ...]
    closed_text: str
    reasons: tuple[Reason, ...]


def evaluate(
    programme: Programme | None,
    *,
    calendar: Calendar,
    now: datetime,
    documents: Sequence[DisclosureRecord],
    region: str = "",
) -> Showing:
    """Return what plays at a moment.

    Args:
        programme: the published programme, None if there is none.
        calendar: says which days are worked.
        now: aware, in the hall's time zone.
        documents: newest first, all verified.
        region: division code of the terminal, for the default programme.
    """
    playing, why = _usable(programme, region)
    opening = opening_at(playing.hours, calendar=calendar, now=now)
    regions = _open_regions(playing, documents) if opening.is_open else _closed_regions()
    empty = [Reason(Rule.NO_DOCUMENTS, playing.id)] if opening.is_open and not documents else []
    return Showing(
        programme=playing,
        is_open=opening.is_open,
        until=opening.until,
        regions=regions,
        ticker=_ticker(playing, documents),
        closed_text=playing.closed_text,
        reasons=(why, _hours_reason(playing, opening), *empty),
    )


def choose_programme(
    programmes: Sequence[Programme], *, region: str
) -> tuple[Programme | None, tuple[Reason, ...]]:
    """Return the programme for a terminal, and why each other one was not taken.

    The nearest division of the terminal's chain wins (village before town before county); among programmes
    of the same division the first, which is the newest.

    Args:
        programmes: all published programmes, newest first.
        region: division code of the terminal.
    """
    chain = region_chain(region)
    here = [one for one in programmes if one.region in chain]
    reasons = [
        Reason(Rule.OTHER_REGION, one.id, one.region) for one in programmes if one not in here
    ]
    if not here:
        return None, tuple(reasons)
    winner = min(here, key=lambda one: chain.index(one.region))
    for one in here:
        if one is not winner:
            rule = Rule.OLDER if one.region == winner.region else Rule.FARTHER_REGION
            reasons.append(Reason(rule, one.id, one.region))
    return winner, tuple(reasons)


def _usable(programme: Programme | None, region: str) -> tuple[Programme, Reason]:
    if programme is None:
        return default_programme(region), Reason(Rule.NONE_PUBLISHED, BUILT_IN)
    faults = faults_of(programme)
    if faults:
        return default_programme(programme.region), Reason(
            Rule.MALFORMED, programme.id, " ".join(faults)
        )
    return programme, Reason(Rule.WINNER, programme.id)


def _hours_reason(playing: Programme, opening: Opening) -> Reason:
    if not playing.hours:
        return Reason(Rule.ALWAYS_OPEN, playing.id)
    rule = Rule.WITHIN_HOURS if opening.is_open else Rule.OUTSIDE_HOURS
    return Reason(rule, playing.id, opening.day.isoformat())


def _open_regions(
    playing: Programme, documents: Sequence[DisclosureRecord]
) -> tuple[RegionShowing, ...]:
    return tuple(RegionShowing(one, _items(one, documents)) for one in playing.regions)


def _closed_regions() -> tuple[RegionShowing, ...]:
    return (RegionShowing(WHOLE_SCREEN, (Item(ItemKind.CLOSED),)),)


def _items(region: Region, documents: Sequence[DisclosureRecord]) -> tuple[Item, ...]:
    ids = tuple(one.id for one in documents[: region.count])
    match region.source:
        case Source.NEWEST_DOCUMENTS:
            return tuple(Item(ItemKind.DOCUMENT, (one,)) for one in ids) or (
                Item(ItemKind.WELCOME),
            )
        case Source.NOTICES:
            return (Item(ItemKind.LIST, ids),)
        case Source.CLOCK:
            return (Item(ItemKind.CLOCK),)
        case _ as never:
            assert_never(never)


def _ticker(playing: Programme, documents: Sequence[DisclosureRecord]) -> tuple[str, ...]:
    lines = tuple(line for line in playing.ticker if line.strip())
    return lines or tuple(one.title for one in documents[:8])
