"""Administrative divisions 行政区划 (GB/T 2260 digits): the chain from a village up to the country."""

from content.errors import CallerError

_LEVELS = (2, 4, 6, 9, 12)


class BadRegion(CallerError):
    """Not a division code."""


def check_region(code: str) -> str:
    """Return the code if it has 2, 4, 6, 9 or 12 digits.

    Raises:
        BadRegion: otherwise.
    """
    if not code.isdigit() or len(code) not in _LEVELS:
        raise BadRegion("行政区划代码应为 2、4、6、9 或 12 位数字。")
    return code


def region_chain(code: str) -> tuple[str, ...]:
    """Return the code and its ancestors, nearest first: village, town, county, city, province."""
    check_region(code)
    return tuple(code[:length] for length in reversed(_LEVELS) if length <= len(code))
