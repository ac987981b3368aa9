"""What the replica's moving-on hears of, and what becomes of lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

from content.feed.batch import line_or_batch
from content.feed.entry import BadEntry
from content.feed.together import apart
from content.replica.writer import Line
from devices.wire.messages import Welcome


@dataclass(frozen=True, slots=True)
class Welcomed:
    """The controller answered our hello."""

    welcome: Welcome


@dataclass(frozen=True, slots=True)
class HeadHeard:
    """A feed's signed head, as bytes; `kept` says that the broker had kept it for whoever comes later."""

    feed: str
    data: bytes
    kept: bool = False


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
    """Taken."""
    AGAIN = auto()
    """What they need was fetched: to be asked for again."""
    FOLDED = auto()
    """Packed against what is not held here: to be asked for in the form that can be read alone."""
    REFUSED = auto()


def heard_of_log(feed: str, data: bytes) -> tuple[LineHeard | HeadHeard, ...]:
    """Return what a message of a feed's log says: a line, and perhaps the head that promises it."""
    try:
        parted = apart(data)
    except BadEntry:
        return (LineHeard(feed, data),)  # where lines are read it is refused, and reported
    line = LineHeard(feed, parted.line)
    return (line, HeadHeard(feed, parted.head)) if parted.head else (line,)


def read_lines(lines: Sequence[bytes]) -> list[Line]:
    """Return the lines as far as they can be read: a log has no gaps, so nothing after the first bad one counts."""
    read: list[Line] = []
    for data in lines:
        try:
            read.append(line_or_batch(data))
        except BadEntry:
            break
    return read
