"""ESC/POS bytes to commands, as a printer reads them: real-time commands at once, the rest one by one."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto

_REAL_TIME_LENGTHS = {0x04: 3, 0x05: 3, 0x14: 10}
_DLE = 0x10


class Verb(Enum):
    """What a command does; TEXT is one character, UNKNOWN anything that this printer does not know."""

    TEXT = auto()
    LINE_FEED = auto()
    RESET = auto()
    ALIGN = auto()
    PITCH = auto()
    DEFAULT_PITCH = auto()
    FEED_LINES = auto()
    FEED_DOTS = auto()
    COLUMN_PICTURE = auto()
    RASTER_PICTURE = auto()
    CHINESE_ON = auto()
    CHINESE_OFF = auto()
    SIZE = auto()
    CUT = auto()
    EXTENDED = auto()
    PAPER_STATUS = auto()
    AUTO_STATUS = auto()
    IDENTIFY = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Command:
    """One command with all its bytes."""

    verb: Verb
    data: bytes


class RealTimeFilter:
    """Takes DLE EOT, DLE ENQ and DLE DC4 out of the stream, wherever they stand in it."""

    def __init__(self) -> None:
        self._held = b""

    def feed(self, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield (bytes for the buffer, real-time command after them or b""), in the order they came."""
        data, self._held = self._held + data, b""
        kept, at = bytearray(), 0
        while at < len(data):
            length = _real_time_length(data[at : at + 2])
            if length is None:
                kept.append(data[at])
                at += 1
            elif len(data) - at < length:
                self._held = data[at:]
                break
            else:
                yield bytes(kept), data[at : at + length]
                kept.clear()
                at += length
        yield bytes(kept), b""


def _real_time_length(start: bytes) -> int | None:
    """Return the length of a real-time command that may begin so, None for other bytes."""
    if start[0] != _DLE:
        return None
    return _REAL_TIME_LENGTHS.get(start[1]) if len(start) > 1 else 2


def take_command(buffer: bytearray) -> Command | None:
    """Take the first command out of the buffer; None while it is not complete."""
    if not buffer:
        return None
    verb, length = _measure(buffer)
    if length is None or len(buffer) < length:
        return None
    data = bytes(buffer[:length])
    del buffer[:length]
    return Command(verb, data)


def _measure(buffer: bytearray) -> tuple[Verb, int | None]:
    """Return the first command's verb and length, None for a length not known yet."""
    first = buffer[0]
    if first in _PREFIXES:
        if len(buffer) == 1:
            return Verb.UNKNOWN, None
        verb, length = _COMMANDS.get(bytes(buffer[:2]), (Verb.UNKNOWN, 2))
        return verb, length(buffer) if callable(length) else length
    if first == 0x0A:  # noqa: PLR2004 - LF
        return Verb.LINE_FEED, 1
    if first < 0x20:  # noqa: PLR2004 - other control characters
        return Verb.UNKNOWN, 1
    return Verb.TEXT, _character_length(buffer)


def _character_length(buffer: bytearray) -> int | None:
    """Return the length of a character of ASCII or GB18030."""
    if buffer[0] < 0x81:  # noqa: PLR2004 - not a lead byte
        return 1
    if len(buffer) == 1:
        return None
    return 4 if 0x30 <= buffer[1] <= 0x39 else 2  # noqa: PLR2004 - digits mark four bytes


def _column_picture(buffer: bytearray) -> int | None:
    if len(buffer) < 5:  # noqa: PLR2004 - ESC * m nL nH
        return None
    depth = 3 if buffer[2] in (32, 33) else 1
    return 5 + depth * int.from_bytes(buffer[3:5], "little")


def _raster_picture(buffer: bytearray) -> int | None:
    if len(buffer) < 8:  # noqa: PLR2004 - GS v 0 m xL xH yL yH
        return None
    across, rows = (int.from_bytes(buffer[at : at + 2], "little") for at in (4, 6))
    return 8 + across * rows


def _extended(buffer: bytearray) -> int | None:
    if len(buffer) < 5:  # noqa: PLR2004 - GS ( x pL pH
        return None
    return 5 + int.from_bytes(buffer[3:5], "little")


def _cut(buffer: bytearray) -> int | None:
    if len(buffer) < 3:  # noqa: PLR2004 - GS V m
        return None
    return 4 if buffer[2] in (65, 66, 97, 98, 103, 104) else 3


_PREFIXES = frozenset(b"\x1b\x1c\x1d")
_Length = int | Callable[[bytearray], int | None]
_COMMANDS: Mapping[bytes, tuple[Verb, _Length]] = {
    b"\x1b@": (Verb.RESET, 2),
    b"\x1ba": (Verb.ALIGN, 3),
    b"\x1b3": (Verb.PITCH, 3),
    b"\x1b2": (Verb.DEFAULT_PITCH, 2),
    b"\x1bd": (Verb.FEED_LINES, 3),
    b"\x1bJ": (Verb.FEED_DOTS, 3),
    b"\x1b*": (Verb.COLUMN_PICTURE, _column_picture),
    b"\x1bt": (Verb.UNKNOWN, 3),
    b"\x1b!": (Verb.UNKNOWN, 3),
    b"\x1bE": (Verb.UNKNOWN, 3),
    b"\x1b-": (Verb.UNKNOWN, 3),
    b"\x1bM": (Verb.UNKNOWN, 3),
    b"\x1c&": (Verb.CHINESE_ON, 2),
    b"\x1c.": (Verb.CHINESE_OFF, 2),
    b"\x1c!": (Verb.UNKNOWN, 3),
    b"\x1d!": (Verb.SIZE, 3),
    b"\x1dV": (Verb.CUT, _cut),
    b"\x1dv": (Verb.RASTER_PICTURE, _raster_picture),
    b"\x1d(": (Verb.EXTENDED, _extended),
    b"\x1dr": (Verb.PAPER_STATUS, 3),
    b"\x1da": (Verb.AUTO_STATUS, 3),
    b"\x1dI": (Verb.IDENTIFY, 3),
    b"\x1dB": (Verb.UNKNOWN, 3),
    b"\x1dL": (Verb.UNKNOWN, 4),
    b"\x1dW": (Verb.UNKNOWN, 4),
}
