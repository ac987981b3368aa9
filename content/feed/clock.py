"""What time it certainly is, and what may be judged by it, when a terminal's own clock may be wrong.

A flat battery puts a clock to 1970, a wrong hand to next year. Signed times are the floor: nothing is earlier than the
newest of them. Content is never taken off the glass for its age: it is marked (wire.md 5).
"""

STALE_S = 36 * 3600
"""Heads are said again daily; a feed whose newest is older than this is marked 资料截至."""
TRUSTED_S = 48 * 3600
"""A clock within so much of the floor is believed where an expiry is to be judged."""
DRIFT_S = 600
"""A clock that stands so much behind the floor is reported."""


def floored(now: int, floor: int) -> int:
    """Return the time to reckon with: never earlier than what was signed already."""
    return max(now, floor)


def is_stale(as_of: int, now: int) -> bool:
    """Say whether content known up to `as_of` is to be marked; 0 is unknown and marked elsewhere."""
    return 0 < as_of < now - STALE_S


def is_behind(now: int, floor: int) -> bool:
    """Say whether a clock is certainly wrong: something was signed after the time that it shows."""
    return now < floor - DRIFT_S


def has_expired(expires: int, *, now: int, floor: int, synchronised: bool) -> bool:
    """Say whether something with a hard end has certainly ended; 0 has no end.

    By the floor always; by the clock only if that is synchronised or near the floor, so that a clock that runs ahead
    takes no notice off the glass before its time.
    """
    if not expires:
        return False
    believed = synchronised or abs(now - floor) <= TRUSTED_S
    return floor >= expires or (believed and now >= expires)
