"""HLK-LD2410 frames: reports, commands and their answers as bytes, and back, in whatever pieces they come.

Report: F4 F3 F2 F1 | length 2 | data | F8 F7 F6 F5. Command and answer: FD FC FB FA | length 2 | data | 04 03 02 01.
All numbers are little-endian. There is no check sum: header, length, marks and trailer must all agree.
"""

from dataclasses import dataclass
from enum import IntEnum

REPORT_HEADER, REPORT_TRAILER = b"\xf4\xf3\xf2\xf1", b"\xf8\xf7\xf6\xf5"
COMMAND_HEADER, COMMAND_TRAILER = b"\xfd\xfc\xfb\xfa", b"\x04\x03\x02\x01"

_TRAILERS = {REPORT_HEADER: REPORT_TRAILER, COMMAND_HEADER: COMMAND_TRAILER}
_HEAD = 6
_MOST_DATA = 64
"""Engineering reports have 35 bytes, parameters 28."""
_BASIC, _ENGINEERING, _MARK, _END_MARK = 0x02, 0x01, 0xAA, b"\x55\x00"
_TARGET_BYTES = 9
_ANSWERED = 0x0100
_GATES = 9
_PARAMETER_BYTES = 4 + 2 * _GATES + 2


class Target(IntEnum):
    """What the radar sees."""

    NONE = 0
    MOVING = 1
    STILL = 2
    BOTH = 3


class Command(IntEnum):
    """Configuration commands."""

    SET_RANGE = 0x60
    READ_PARAMETERS = 0x61
    ENGINEERING_ON = 0x62
    ENGINEERING_OFF = 0x63
    FIRMWARE = 0xA0
    RESTART = 0xA3
    END = 0xFE
    ENABLE = 0xFF


@dataclass(frozen=True, slots=True)
class Report:
    """One report; distances in cm, energies in percent. `distance_cm` is the module's own judgement."""

    target: Target
    moving_cm: int = 0
    moving_percent: int = 0
    still_cm: int = 0
    still_percent: int = 0
    distance_cm: int = 0

    @property
    def nearest_cm(self) -> int | None:
        """The distance of the nearest target; None if there is none."""
        match self.target:
            case Target.NONE:
                return None
            case Target.MOVING:
                return self.moving_cm
            case Target.STILL:
                return self.still_cm
            case Target.BOTH:
                return min(self.moving_cm, self.still_cm)


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer to a command."""

    command: int
    is_ok: bool
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Order:
    """A command, as the simulator receives it."""

    command: int
    data: bytes = b""


Frame = Report | Answer | Order


@dataclass(frozen=True, slots=True)
class Range:
    """How far the radar looks, in gates of 75 cm, and how long it still says "there" after the last sight."""

    moving_gate: int
    still_gate: int
    hold_s: int


def report_bytes(report: Report) -> bytes:
    """Return a basic report as the module sends it, for the simulator."""
    body = (
        bytes((_BASIC, _MARK, report.target))
        + report.moving_cm.to_bytes(2, "little")
        + bytes((report.moving_percent,))
        + report.still_cm.to_bytes(2, "little")
        + bytes((report.still_percent,))
        + report.distance_cm.to_bytes(2, "little")
        + _END_MARK
    )
    return _frame(REPORT_HEADER, body)


def order_bytes(command: Command, data: bytes = b"") -> bytes:
    """Return a command."""
    return _frame(COMMAND_HEADER, command.to_bytes(2, "little") + data)


def enable_bytes() -> bytes:
    """Return the command that must come before all others; reports stop until END."""
    return order_bytes(Command.ENABLE, b"\x01\x00")


def range_bytes(reach: Range) -> bytes:
    """Return the command that sets the range; the module keeps it in flash."""
    words = enumerate((reach.moving_gate, reach.still_gate, reach.hold_s))
    pairs = (word.to_bytes(2, "little") + value.to_bytes(4, "little") for word, value in words)
    return order_bytes(Command.SET_RANGE, b"".join(pairs))


def answer_bytes(answer: Answer) -> bytes:
    """Return an answer as the module sends it, for the simulator."""
    word = (answer.command | _ANSWERED).to_bytes(2, "little")
    return _frame(
        COMMAND_HEADER, word + (0 if answer.is_ok else 1).to_bytes(2, "little") + answer.data
    )


def parameters_data(reach: Range) -> bytes:
    """Return the data of an answer to READ_PARAMETERS with the factory's sensitivities, for the simulator."""
    factory = bytes.fromhex("32 32 28 1E 14 0F 0F 0F 0F 00 00 28 28 1E 1E 14 14 14")
    gates = bytes((_MARK, _GATES - 1, reach.moving_gate, reach.still_gate))
    return gates + factory + reach.hold_s.to_bytes(2, "little")


def read_range(answer: Answer) -> Range | None:
    """Return the range that an answer to READ_PARAMETERS tells; None if it is none."""
    data = answer.data
    is_parameters = answer.command == Command.READ_PARAMETERS and answer.is_ok
    if not is_parameters or len(data) != _PARAMETER_BYTES or data[0] != _MARK:
        return None
    return Range(data[2], data[3], int.from_bytes(data[-2:], "little"))


def _frame(header: bytes, body: bytes) -> bytes:
    return header + len(body).to_bytes(2, "little") + body + _TRAILERS[header]


class Deframer:
    """Finds frames in a stream. Noise is dropped; never more than one frame is held."""

    def __init__(self) -> None:
        self._held = bytearray()

    def clear(self) -> None:
        """Forget what has come of an unfinished frame."""
        self._held.clear()

    def feed(self, data: bytes) -> tuple[Frame, ...]:
        """Return the frames that these bytes complete."""
        frames: list[Frame] = []
        for start in range(0, len(data), 1024):
            self._held += data[start : start + 1024]
            while (length := self._align()) > 0:
                frame = self._take(length)
                if frame is not None:
                    frames.append(frame)
        return tuple(frames)

    def _align(self) -> int:
        """Bring a header to the front; return the length of the frame that stands there whole, else 0."""
        while True:
            del self._held[: _first_header(self._held)]
            if len(self._held) < _HEAD:
                return 0
            counted = int.from_bytes(self._held[4:_HEAD], "little")
            if not 2 <= counted <= _MOST_DATA:  # noqa: PLR2004 - a command word
                del self._held[:1]
                continue
            length = _HEAD + counted + 4
            return length if len(self._held) >= length else 0

    def _take(self, length: int) -> Frame | None:
        header = bytes(self._held[:4])
        if self._held[length - 4 : length] != _TRAILERS[header]:
            del self._held[:1]  # the header was noise; a true one may stand inside
            return None
        body = bytes(self._held[_HEAD : length - 4])
        del self._held[:length]
        return _report(body) if header == REPORT_HEADER else _answer(body)


def _first_header(held: bytearray) -> int:
    """Return where the first header stands, or may begin at the end."""
    found = [at for header in _TRAILERS if (at := held.find(header)) >= 0]
    if found:
        return min(found)
    for count in range(min(3, len(held)), 0, -1):
        if any(held.endswith(header[:count]) for header in _TRAILERS):
            return len(held) - count
    return len(held)


def _report(body: bytes) -> Report | None:
    end = 2 + _TARGET_BYTES
    if len(body) < end + len(_END_MARK) or body[1] != _MARK or body[-2:-1] != _END_MARK[:1]:
        return None
    if body[0] not in {_BASIC, _ENGINEERING} or body[2] > Target.BOTH:
        return None
    return Report(
        target=Target(body[2]),
        moving_cm=int.from_bytes(body[3:5], "little"),
        moving_percent=body[5],
        still_cm=int.from_bytes(body[6:8], "little"),
        still_percent=body[8],
        distance_cm=int.from_bytes(body[9:11], "little"),
    )


def _answer(body: bytes) -> Answer | Order:
    word = int.from_bytes(body[:2], "little")
    if word & _ANSWERED and len(body) >= 4:  # noqa: PLR2004 - word and status
        return Answer(word & ~_ANSWERED, body[2:4] == b"\x00\x00", body[4:])
    return Order(word, body[2:])
