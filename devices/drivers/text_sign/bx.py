"""ONBON BX-5K/6K font cards: a text in a dynamic area as a frame, and the card's answer, and back.

A5 x 8 | escaped( header 14 | data | CRC-16 ) | 5A. Header: destination 2, source 2, reserved 5, mode, device,
version, length of the data 2. All numbers are little-endian. Layout after the maker's published protocol; the
values of display mode, speed and stay differ by model, so they are data of the sign.
"""

from dataclasses import dataclass, field
from enum import Enum

SYNC = b"\xa5" * 8
_START, _END = 0xA5, 0x5A
_ESCAPES = {0xA5: b"\xa6\x02", 0xA6: b"\xa6\x01", 0x5A: b"\x5b\x02", 0x5B: b"\x5b\x01"}
_UNESCAPES = {bytes(pair): bytes((byte,)) for byte, pair in _ESCAPES.items()}
_HEADER = 14
_LONGEST = 4096
_UNCHECKED = 0xFFFF

HOST = 0x8000
_ANY_DEVICE, _VERSION = 0xFE, 0x02
_SHOW = b"\xa3\x06"
_ANSWER_GROUP = 0xA0
_ACK = 0x00
_AREA_HEAD = 27
_BEFORE_AREA = 9
MOST_TEXT_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign.

    Attributes:
        width, height: of the area, in the units of its card.
        address: of its card.
        effect: how the text comes: 1 stands, 3 moves to the left.
        speed: 0 is fastest.
        stay: in half seconds.
        is_single_line: one line that moves, else several that stand.
    """

    width: int = 128
    height: int = 32
    address: int = 1
    effect: int = 3
    speed: int = 4
    stay: int = 5
    is_single_line: bool = False


class Verdict(Enum):
    """What the sign says of a text."""

    SHOWN = "shown"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame; `data` is unescaped."""

    destination: int
    source: int
    data: bytes = field(default=b"")
    device: int = _ANY_DEVICE
    version: int = _VERSION


def crc16(data: bytes) -> int:
    """Return CRC-16 with polynomial A001 and start 0 (CRC-16/ARC)."""
    value = 0
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = (value >> 1) ^ 0xA001 if value & 1 else value >> 1
    return value


def escape(data: bytes) -> bytes:
    """Hide the bytes that begin and end a frame."""
    return b"".join(_ESCAPES.get(byte, bytes((byte,))) for byte in data)


def unescape(data: bytes) -> bytes | None:
    """Return what was hidden; None if an escape is unknown."""
    out = bytearray()
    at = 0
    while at < len(data):
        if data[at] not in {0xA6, 0x5B}:
            out.append(data[at])
            at += 1
            continue
        byte = _UNESCAPES.get(data[at : at + 2])
        if byte is None:
            return None
        out += byte
        at += 2
    return bytes(out)


def frame_bytes(frame: Frame) -> bytes:
    """Return a frame as it goes over the line."""
    header = (
        frame.destination.to_bytes(2, "little")
        + frame.source.to_bytes(2, "little")
        + bytes(5)
        + bytes((0, frame.device, frame.version))
        + len(frame.data).to_bytes(2, "little")
    )
    body = header + frame.data
    return SYNC + escape(body + crc16(body).to_bytes(2, "little")) + bytes((_END,))


def text_bytes(text: str) -> bytes:
    """Return a text in the card's font, cut to what it holds; a character it lacks becomes 〓, never nothing."""
    out = bytearray()
    for sign in text:
        data = _in_font(sign)
        if len(out) + len(data) > MOST_TEXT_BYTES:
            break
        out += data
    return bytes(out)


def _in_font(sign: str) -> bytes:
    try:
        return sign.encode("gb2312")
    except UnicodeEncodeError:
        return "〓".encode("gb2312")


def show_data(text: str, sign: Sign) -> bytes:
    """Return the data of a frame that shows a text in the sign's one dynamic area, and asks for an answer."""
    shown = text_bytes(text)
    area = (
        b"\x00"
        + (0).to_bytes(2, "little") * 2
        + sign.width.to_bytes(2, "little")
        + sign.height.to_bytes(2, "little")
        + bytes((0, 0, 0))  # number of the area, line gap, run mode: repeat
        + (2).to_bytes(
            2, "little"
        )  # seconds until it is out of date; run mode 0 does not look at them
        + bytes((0, 0, 0))  # voice, extension, alignment
        + bytes((1 if sign.is_single_line else 2, 2))  # single line, wrap
        + bytes((sign.effect, 0, sign.speed, sign.stay))
        + len(shown).to_bytes(4, "little")
        + shown
    )
    areas = b"\x00\x01" + len(area).to_bytes(2, "little") + area  # delete none, one area
    return _SHOW + b"\x01" + len(areas).to_bytes(2, "little") + areas


def shown_text(data: bytes) -> str | None:
    """Return the text of a frame that shows one, for the simulator; None if it is another, or broken."""
    if not data.startswith(_SHOW) or len(data) < _BEFORE_AREA + _AREA_HEAD:
        return None
    if data[5:7] != b"\x00\x01" or int.from_bytes(data[7:9], "little") != len(data) - _BEFORE_AREA:
        return None
    text = data[_BEFORE_AREA + _AREA_HEAD :]
    if int.from_bytes(data[_BEFORE_AREA + _AREA_HEAD - 4 :][:4], "little") != len(text):
        return None
    return text.decode("gb2312", "replace")


def answer_data(verdict: Verdict) -> bytes:
    """Return the data of a card's answer, for the simulator."""
    return bytes((_ANSWER_GROUP, _ACK if verdict is Verdict.SHOWN else 1, 0, 0, 0))


def read_answer(frame: Frame) -> Verdict | None:
    """Return what a card's answer says; None if it is none."""
    if len(frame.data) < 3 or frame.data[0] != _ANSWER_GROUP:  # noqa: PLR2004 - group, command, error
        return None
    is_ok = frame.data[1] == _ACK and frame.data[2] == 0
    return Verdict.SHOWN if is_ok else Verdict.REFUSED


class Deframer:
    """Finds frames in a stream. A5 can only begin and 5A only end one; what does not fit is dropped."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._is_inside = False

    def clear(self) -> None:
        """Forget what has come of an unfinished frame."""
        self._held.clear()
        self._is_inside = False

    def feed(self, data: bytes) -> tuple[Frame, ...]:
        """Return the frames that these bytes complete."""
        frames: list[Frame] = []
        for byte in data:
            if byte == _START:
                self._held.clear()
                self._is_inside = True
            elif byte == _END:
                frame = read_frame(bytes(self._held)) if self._is_inside else None
                frames += [frame] if frame is not None else []
                self.clear()
            elif len(self._held) >= _LONGEST:
                self.clear()
            elif self._is_inside:
                self._held.append(byte)
        return tuple(frames)


def read_frame(escaped: bytes) -> Frame | None:
    """Return what stands between A5 and 5A; None if lengths or CRC do not agree."""
    plain = unescape(escaped)
    if plain is None or len(plain) < _HEADER + 2:
        return None
    body, check = plain[:-2], int.from_bytes(plain[-2:], "little")
    if int.from_bytes(body[_HEADER - 2 : _HEADER], "little") != len(body) - _HEADER:
        return None
    if check not in {_UNCHECKED, crc16(body)}:
        return None
    return Frame(
        destination=int.from_bytes(body[:2], "little"),
        source=int.from_bytes(body[2:4], "little"),
        data=body[_HEADER:],
        device=body[10],
        version=body[11],
    )
