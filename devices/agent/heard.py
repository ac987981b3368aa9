"""What the replica's moving-on hears of, and what becomes of lines."""

from dataclasses import dataclass
from enum import Enum, auto

from devices.wire.messages import Welcome


@dataclass(frozen=True, slots=True)
class Welcomed:
    """The controller answered our hello."""

    welcome: Welcome


@dataclass(frozen=True, slots=True)
class HeadHeard:
    """A feed's signed head, as bytes."""

    feed: str
    data: bytes


@dataclass(frozen=True, slots=True)
class LineHeard:
    """A new line of a feed, as bytes."""

    feed: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Poll:
    """Ask over HTTPS what is new: nothing arrives by itself now."""


Heard = Welcomed | HeadHeard | LineHeard | Poll


class Applied(Enum):
    """What became of some lines."""

    GOOD = auto()
    """Taken; or what they need was fetched, and they are to be asked for again."""
    FOLDED = auto()
    """Packed against what is not held here: to be asked for in the form that can be read alone."""
    REFUSED = auto()
