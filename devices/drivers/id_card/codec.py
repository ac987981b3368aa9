"""SDT frames (GA 467 family): commands and replies as bytes, and back, in whatever pieces they come.

Host: AA AA AA 96 69 | length 2 | command | parameter | data | check.
Reader: AA AA AA 96 69 | length 2 | SW1 SW2 SW3 | data | check.
The length counts what follows it; the check is the exclusive or of everything from the length to the data.

The photo and the fingerprint of a card end here: no frame has a place for them (they are not needed to file a
request), and the buffer in which they came is overwritten.
"""

from dataclasses import dataclass, field
from enum import Enum
from functools import reduce
from operator import xor

PREAMBLE = b"\xaa\xaa\xaa\x96\x69"
TEXT_LENGTH = 256
PHOTO_LENGTH = 1024

READ_REPLY_BYTES = 1295
"""Text and photo, with framing: the longest reply that this driver asks for."""

_HEAD = len(PREAMBLE) + 2
_LONGEST = 2400
"""Text, photo and fingerprint are 2 314; a longer length is noise."""
_PLAIN = b"\x01\x00\x04\x00"
_PLAIN_BYTES = len(_PLAIN) + TEXT_LENGTH + PHOTO_LENGTH
_WITH_FINGERPRINT = b"\x01\x00\x04\x00\x04\x00"
_WITH_FINGERPRINT_BYTES = len(_WITH_FINGERPRINT) + TEXT_LENGTH + 2 * PHOTO_LENGTH
_MOST_PLAIN_DATA = 255


class Command(Enum):
    """What a host can ask: command, parameter and data."""

    RESET = b"\x10\xff"
    STATUS = b"\x11\xff"
    SAM_ID = b"\x12\xff"
    FIND = b"\x20\x01"
    SELECT = b"\x20\x02"
    READ = b"\x30\x01"
    READ_NEWEST_ADDRESS = b"\x30\x03"
    READ_WITH_FINGERPRINT = b"\x30\x10"
    MAX_RF_BYTES = b"\x61\xff\x50"


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply without a card's text. The data may be personal (an address), so it is never shown."""

    status: int
    data: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class CardText:
    """The text of a card, 256 bytes; see devices.drivers.id_card.layouts."""

    text: bytes = field(repr=False)


Reply = Answer | CardText


def frame(body: bytes) -> bytes:
    """Return a frame around the bytes between length and check."""
    counted = (len(body) + 1).to_bytes(2, "big") + body
    return PREAMBLE + counted + bytes((reduce(xor, counted),))


def command_bytes(command: Command) -> bytes:
    """Return what a host sends."""
    return frame(command.value)


def answer_bytes(answer: Answer) -> bytes:
    """Return what a reader sends, for the simulator."""
    return frame(bytes((0, 0, answer.status)) + answer.data)


def card_bytes(text: bytes) -> bytes:
    """Return a read reply as a reader sends it, for the simulator: the photo is blank."""
    return frame(b"\x00\x00\x90" + _PLAIN + text + bytes(PHOTO_LENGTH))


class Deframer:
    """Finds frames in a stream. Noise is dropped; what is held is never more than one frame."""

    def __init__(self) -> None:
        self._held = bytearray()

    def clear(self) -> None:
        """Forget what has come of an unfinished frame, and leave nothing of it in memory."""
        self._drop(len(self._held))

    def feed(self, data: bytes) -> tuple[Reply, ...]:
        """Return the replies that these bytes complete."""
        return tuple(_reply(body) for body in self._bodies(data) if len(body) >= 3)  # noqa: PLR2004 - SW1 to SW3

    def feed_commands(self, data: bytes) -> tuple[Command, ...]:
        """Return the commands that these bytes complete, for the simulator; unknown ones are left out."""
        known = {command.value: command for command in Command}
        return tuple(known[body] for body in self._bodies(data) if body in known)

    def _bodies(self, data: bytes) -> list[bytes]:
        bodies: list[bytes] = []
        for start in range(0, len(data), _LONGEST):
            self._held += data[start : start + _LONGEST]
            while (length := self._align()) > 0:
                body = self._take(length)
                if body is not None:
                    bodies.append(body)
        return bodies

    def _align(self) -> int:
        """Bring a preamble to the front; return the length of the frame that stands there whole, else 0."""
        while True:
            at = self._held.find(PREAMBLE)
            if at < 0:
                self._drop(len(self._held) - _begun(self._held))
                return 0
            self._drop(at)
            if len(self._held) < _HEAD:
                return 0
            counted = int.from_bytes(self._held[len(PREAMBLE) : _HEAD], "big")
            if not 3 <= counted <= _LONGEST:  # noqa: PLR2004 - command, parameter, check
                self._drop(1)
                continue
            return _HEAD + counted if len(self._held) >= _HEAD + counted else 0

    def _take(self, length: int) -> bytes | None:
        """Return what the frame says, without photo and fingerprint; None if its check is wrong."""
        with memoryview(self._held) as held:
            is_true = reduce(xor, held[len(PREAMBLE) : length]) == 0
            body = bytes(held[_HEAD : _HEAD + _kept_length(self._held, length)])
        if not is_true:
            self._drop(1)  # what looked like a frame may hide the beginning of a true one
            return None
        self._drop(length)
        return body

    def _drop(self, count: int) -> None:
        self._held[:count] = bytes(count)
        del self._held[:count]


def _begun(held: bytearray) -> int:
    """Return how many bytes at the end may be the beginning of a preamble."""
    for count in range(min(len(PREAMBLE) - 1, len(held)), 0, -1):
        if held.endswith(PREAMBLE[:count]):
            return count
    return 0


def _kept_length(held: bytearray, length: int) -> int:
    """Return how much of a frame's body may leave the codec; of a long one of unknown form, its status only."""
    whole = length - _HEAD - 1
    if whole <= _MOST_PLAIN_DATA:
        return whole
    for lengths, count in ((_WITH_FINGERPRINT, _WITH_FINGERPRINT_BYTES), (_PLAIN, _PLAIN_BYTES)):
        if whole >= 3 + count and held.startswith(lengths, _HEAD + 3):
            return 3 + len(lengths) + TEXT_LENGTH
    return 3


def _reply(body: bytes) -> Reply:
    data = body[3:]
    for lengths in (_WITH_FINGERPRINT, _PLAIN):
        if data.startswith(lengths) and len(data) == len(lengths) + TEXT_LENGTH:
            return CardText(data[len(lengths) :])
    return Answer(body[2], data)
