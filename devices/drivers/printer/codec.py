"""ESC/POS status: requests as bytes, and one demultiplexer for all that a printer says.

Layout after Epson, as clones follow it. Everything that comes in goes through one Demultiplexer: an
acknowledgement's letters and a status byte can only be told apart by what came before them.
"""

from dataclasses import dataclass
from enum import IntEnum, IntFlag

REAL_TIME_MASK, REAL_TIME = 0x93, 0x12
AUTO_MASK, AUTO = 0x93, 0x10
IN_ORDER_MASK = 0x90

PROCESS_ID_HEADER = 0x37
PROCESS_ID = 0x22
BUFFER_CLEARED = 0x25
TEXT_HEADER = 0x5F

ID_LETTERS = b"ABCDEFGH"
"""Letters with bit 4 clear: none of them can be taken for a real-time status byte."""

_HEADERS = (0x35, PROCESS_ID_HEADER, 0x3B, 0x3D, TEXT_HEADER)
_MAX_BLOCK = 80
_PROCESS_ID_LENGTH = 6

CLEAR_BUFFERS = bytes((0x10, 0x14, 8, 1, 3, 0x14, 1, 6, 2, 8))
"""DLE DC4 8: drop everything received and not yet printed."""
RECOVER_AND_CLEAR = bytes((0x10, 0x05, 2))
"""DLE ENQ 2: leave an error state, dropping buffers."""
PAPER_STATUS_IN_ORDER = bytes((0x1D, 0x72, 1))
"""GS r 1: answered when everything before it has been processed."""


class Query(IntEnum):
    """What DLE EOT n asks."""

    PRINTER = 1
    OFFLINE_CAUSE = 2
    ERROR_CAUSE = 3
    ROLL = 4


class PrinterState(IntFlag):
    """Answer to DLE EOT 1."""

    DRAWER = 0x04
    OFFLINE = 0x08
    WAITING = 0x20
    FEED_BUTTON = 0x40


class OfflineCause(IntFlag):
    """Answer to DLE EOT 2."""

    COVER_OPEN = 0x04
    FEED_BUTTON = 0x08
    PAPER_END = 0x20
    ERROR = 0x40


class ErrorCause(IntFlag):
    """Answer to DLE EOT 3."""

    RECOVERABLE = 0x04
    CUTTER = 0x08
    UNRECOVERABLE = 0x20
    HEAD_HOT = 0x40


class Roll(IntFlag):
    """Answer to DLE EOT 4; each sensor has two bits."""

    NEAR_END = 0x0C
    OUT = 0x60


@dataclass(frozen=True, slots=True)
class RealTime:
    """One answer to DLE EOT; to which n it belongs is the order's business."""

    bits: int


@dataclass(frozen=True, slots=True)
class AutoStatus:
    """Four bytes of automatic status (GS a)."""

    state: bytes


@dataclass(frozen=True, slots=True)
class InOrder:
    """Answer to GS r 1."""

    is_near_end: bool
    is_out: bool


@dataclass(frozen=True, slots=True)
class Processed:
    """Answer to GS ( H: everything before this identifier has been processed."""

    identifier: bytes


@dataclass(frozen=True, slots=True)
class Block:
    """Any other answer with a header: identification, buffer cleared."""

    header: int
    body: bytes


Frame = RealTime | AutoStatus | InOrder | Processed | Block


def ask(query: Query) -> bytes:
    """Return DLE EOT n."""
    return bytes((0x10, 0x04, query))


def ask_process_id(identifier: bytes) -> bytes:
    """Return GS ( H function 48 with four letters of ID_LETTERS."""
    return b"\x1d(H\x06\x0000" + identifier


def identifier_of(number: int) -> bytes:
    """Return the number as four letters; repeats after 4096 jobs."""
    return bytes(ID_LETTERS[(number >> (3 * place)) & 7] for place in range(4))


class Demultiplexer:
    """Turns the inbound bytes into frames, whatever pieces they come in. Noise is dropped, never raised."""

    def __init__(self) -> None:
        self._block = bytearray()
        self._auto = bytearray()

    def feed(self, data: bytes) -> tuple[Frame, ...]:
        """Return the frames that these bytes complete."""
        frames: list[Frame] = []
        for byte in data:
            frame = self._take(byte)
            if frame is not None:
                frames.append(frame)
        return tuple(frames)

    def _take(self, byte: int) -> Frame | None:
        if self._block:
            return self._take_in_block(byte)
        if byte & REAL_TIME_MASK == REAL_TIME:
            self._auto.clear()
            return RealTime(byte)
        if byte in _HEADERS:
            self._auto.clear()
            self._block.append(byte)
            return None
        if byte & AUTO_MASK == AUTO:
            self._auto = bytearray((byte,))
            return None
        if byte & IN_ORDER_MASK == 0:
            return self._take_low(byte)
        self._auto.clear()
        return None

    def _take_low(self, byte: int) -> Frame | None:
        """A byte with bits 4 and 7 clear: the rest of an automatic status, else an answer to GS r."""
        if self._auto:
            self._auto.append(byte)
            if len(self._auto) < 4:  # noqa: PLR2004 - automatic status has four bytes
                return None
            state, self._auto = bytes(self._auto), bytearray()
            return AutoStatus(state)
        if byte in (0x00, 0x03, 0x0C, 0x0F):
            return InOrder(is_near_end=bool(byte & 0x03), is_out=bool(byte & 0x0C))
        return None

    def _take_in_block(self, byte: int) -> Frame | None:
        header = self._block[0]
        if header == PROCESS_ID_HEADER and byte & REAL_TIME_MASK == REAL_TIME:
            return RealTime(byte)  # real-time answers may fall between the bytes of this block
        if byte == 0:
            body, self._block = bytes(self._block[1:]), bytearray()
            return _block_frame(header, body)
        if not _fits(header, len(self._block), byte):
            self._block = bytearray()
            return self._take(byte)
        self._block.append(byte)
        return None


def _fits(header: int, position: int, byte: int) -> bool:
    """Tell whether a byte can stand there; noise that looks like a header must not swallow what follows."""
    if header == PROCESS_ID_HEADER:
        if position == 1:
            return byte in (PROCESS_ID, 0x23, BUFFER_CLEARED)
        return position < _PROCESS_ID_LENGTH and byte in ID_LETTERS
    return position < _MAX_BLOCK and " " <= chr(byte) <= "~"


def _block_frame(header: int, body: bytes) -> Frame | None:
    if header == PROCESS_ID_HEADER and body[:1] == bytes((PROCESS_ID,)):
        return Processed(body[1:]) if len(body) == _PROCESS_ID_LENGTH - 1 else None
    return Block(header, body) if body else None
