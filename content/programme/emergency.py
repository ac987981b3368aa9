"""Emergency notices 应急信息: what one says, and whether it is to be shown at a moment.

A notice stands alone in feeds of its own, whose rule names its own signers (docs/adr/0020). How long it may
be shown is in what they signed; no clock that was set back shows it longer.
"""

from dataclasses import dataclass
from enum import StrEnum

from content.regions import region_chain

KIND = "emergency"
HEADS_TRUSTED_S = 7 * 24 * 3600


class Level(StrEnum):
    """The colours of public warnings in China, the gravest first (Emergency Response Law art. 64)."""

    RED = "red"
    ORANGE = "orange"
    YELLOW = "yellow"
    BLUE = "blue"


GRAVITY = {level: place for place, level in enumerate(Level)}


@dataclass(frozen=True, slots=True)
class EmergencyNotice:
    """What screens and kiosks say in an emergency.

    Attributes:
        id: 10-symbol code.
        title: for example "暴雨红色预警".
        text: what is happening.
        advice: what people are to do.
        issuer: who says so.
        level: colour.
        regions: divisions it is for; a terminal in or above one shows it; empty = all that hold the feed.
        phone: whom to call, "" for nobody.
        is_drill: an exercise 演练, and called so wherever it is shown.
    """

    id: str
    title: str
    text: str
    advice: str
    issuer: str
    level: Level
    regions: tuple[str, ...] = ()
    phone: str = ""
    is_drill: bool = False


def zone_time(now: int, *, approved: int, head_at: int) -> int:
    """Return the unix second by which expiry is judged: never before what has surely happened.

    Args:
        now: by the terminal's own clock, which may have gone back to 1970.
        approved: the latest moment at which people signed anything that is held.
        head_at: the latest moment that the log key has named. A thief of the controller could name any, so it
            counts only near what people have signed.
    """
    sure = max(approved, head_at) if head_at - approved <= HEADS_TRUSTED_S else approved
    return max(now, sure)


def is_standing(notice: EmergencyNotice, *, expires: int, region: str, at: int) -> bool:
    """Say whether a notice is to be shown at a moment of `zone_time`, in a division."""
    if at >= expires:
        return False
    chain = region_chain(region) if region else ()
    return not notice.regions or any(
        one in chain or (bool(region) and one.startswith(region)) for one in notice.regions
    )
