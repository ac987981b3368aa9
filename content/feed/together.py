"""A line and the head that promises it, as one message: what the head repeats of the line does not travel.

It is nothing but the two: what comes apart is exactly the bytes of a line and of a head, and each is judged as if it
had come alone. A head that was put to another line comes apart as one that its log key never signed.
"""

from dataclasses import dataclass

import msgspec

from content.feed.batch import Batch, line_or_batch
from content.feed.chain import Head
from content.feed.entry import BadEntry, LogLine, SignedHead, head_to_bytes

FORM = 5
_BEGINS = bytes([0x97, FORM])
"""An array of seven (MessagePack specification, fixarray) whose first is 5; a line of seven begins with 1."""
_HASH_BYTES = 32

_WIRE = tuple[int, bytes, int, bytes, bytes, int, bytes]


@dataclass(frozen=True, slots=True)
class Parted:
    """Bytes of a line or batch, and of its head; b"" if it came without."""

    line: bytes
    head: bytes = b""


def together(line: bytes, signed: SignedHead) -> bytes | None:
    """Return a line or batch and its head as one message; None if this head promises something else.

    Raises:
        BadEntry: neither a line nor a batch.
    """
    read, head = line_or_batch(line), signed.head
    link = read.link
    if (head.feed, head.sequence, signed.log_key) != (link.feed, link.sequence, read.log_key):
        return None
    if isinstance(read, LogLine) and head.link != link.hash:
        return None
    return msgspec.msgpack.encode(
        (
            FORM,
            line,
            head.at - link.at,
            # What a batch is called follows from bodies that are perhaps not held there.
            bytes.fromhex(head.link) if isinstance(read, Batch) else b"",
            bytes.fromhex(head.snapshot),
            head.snapshot_at,
            signed.signature,
        )
    )


def apart(data: bytes) -> Parted:
    """Return what such a message is made of; bytes of any other form are a line's.

    Raises:
        BadEntry: it begins like such a message and is none.
    """
    if data[:2] != _BEGINS:
        return Parted(data)
    try:
        _, line, later, named, snapshot, reaches, signature = msgspec.msgpack.decode(
            data, type=_WIRE
        )
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadEntry("not a line with its head") from error
    read = line_or_batch(line)
    if len(snapshot) not in {0, _HASH_BYTES}:
        raise BadEntry("a head with a snapshot of an impossible name")
    head = Head(
        read.link.feed,
        read.link.sequence,
        _link(read, named),
        read.link.at + later,
        snapshot.hex(),
        reaches,
    )
    return Parted(line, head_to_bytes(SignedHead(head, read.log_key, signature)))


def _link(line: LogLine | Batch, named: bytes) -> str:
    is_batch = isinstance(line, Batch)
    if len(named) != (_HASH_BYTES if is_batch else 0):
        raise BadEntry("a head that names its line twice, or not at all")
    return named.hex() if is_batch else line.link.hash
