"""What the player tells the stage: plain data, compared by value, so that nothing is drawn twice."""

from dataclasses import dataclass
from datetime import date, datetime

from content.programme.programme import Region
from content.replica.ports import Verified


@dataclass(frozen=True, slots=True)
class DocumentCard:
    """One document, large. `place` of `of` in its playlist, from 1."""

    found: Verified
    place: int
    of: int
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class ListCard:
    """The newest documents as a list."""

    rows: tuple[Verified, ...]


@dataclass(frozen=True, slots=True)
class ClockCard:
    """The time of day, large."""


@dataclass(frozen=True, slots=True)
class WelcomeCard:
    """What the zone is for; shown while there is nothing else."""


@dataclass(frozen=True, slots=True)
class ClosedCard:
    """The hall is closed. `opens` is the next opening, None if none is known; `today` words it."""

    text: str
    opens: datetime | None
    today: date


@dataclass(frozen=True, slots=True)
class EmergencyCard:
    """An emergency notice on the whole screen. `place` of `of` that stand, from 1."""

    found: Verified
    place: int
    of: int


Card = EmergencyCard | DocumentCard | ListCard | ClockCard | WelcomeCard | ClosedCard


@dataclass(frozen=True, slots=True)
class Arrange:
    """Divide the screen into these areas; what the old ones showed goes."""

    regions: tuple[Region, ...]


@dataclass(frozen=True, slots=True)
class Show:
    """Show a card in an area."""

    region: str
    card: Card


@dataclass(frozen=True, slots=True)
class RunTicker:
    """Run these lines in the band at the foot."""

    lines: tuple[str, ...]


Cue = Arrange | Show | RunTicker
