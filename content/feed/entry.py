"""One line of a feed's log on the wire: link, approvals, statement and compressed body.

msgpack arrays, zstd body. Field names cost nothing on the wire; the signed form is JSON
(content.feed.statement) and is rebuilt from the fields, so the two cannot disagree.
"""

from dataclasses import dataclass
from enum import IntEnum

import msgspec
from backports import zstd

from content.errors import PeerError
from content.feed.chain import Head, Link
from content.feed.statement import Action, Approval, Statement

MAX_BODY = 8 * 1024 * 1024
"""Largest body in bytes; a statement that promises more is refused unread."""


class BadEntry(PeerError):
    """The bytes are not an entry, or the body is not what the statement says."""


class Packing(IntEnum):
    """How the body is packed."""

    EMPTY = 0
    ZSTD = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement, its approvals and its packed body."""

    statement: Statement
    approvals: tuple[Approval, ...]
    packing: Packing
    packed: bytes

    def body(self) -> bytes:
        """Return the canonical JSON of the record.

        Raises:
            BadEntry: too large, damaged, or not of the size that was signed.
        """
        size = self.statement.size
        if self.packing is Packing.EMPTY:
            return b""
        if size > MAX_BODY:
            raise BadEntry(f"body of {size} bytes is over the limit")
        return unpack(self.packed, size)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One link of the log with its signature and entry."""

    link: Link
    log_key: str
    log_signature: bytes
    entry: Entry


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A head with its log key's signature."""

    head: Head
    log_key: str
    signature: bytes


def pack(body: bytes) -> tuple[Packing, bytes]:
    """Return the smallest packing of a body."""
    return (Packing.ZSTD, zstd.compress(body, 19)) if body else (Packing.EMPTY, b"")


def unpack(packed: bytes, size: int) -> bytes:
    """Return exactly `size` bytes, never producing more than one byte over.

    Raises:
        BadEntry: damaged, or another size.
    """
    try:
        data = zstd.ZstdDecompressor().decompress(packed, max_length=size + 1)
    except zstd.ZstdError as error:
        raise BadEntry("body is damaged") from error
    if len(data) != size:
        raise BadEntry("body has another size than the approvers signed")
    return data


def line_to_bytes(line: LogLine) -> bytes:
    """Return the wire form of a log line."""
    statement, link = line.entry.statement, line.link
    return msgspec.msgpack.encode(
        (
            1,
            (link.feed, link.sequence, bytes.fromhex(link.previous), link.at),
            (bytes.fromhex(line.log_key), line.log_signature),
            (
                statement.record,
                statement.version,
                str(statement.action),
                bytes.fromhex(statement.digest),
                statement.size,
                statement.drafter,
                statement.approved_on,
                statement.expires,
            ),
            [(bytes.fromhex(one.key_id), one.signature) for one in line.entry.approvals],
            int(line.entry.packing),
            line.entry.packed,
        )
    )


_LINE = tuple[
    int,
    tuple[str, int, bytes, int],
    tuple[bytes, bytes],
    tuple[str, int, str, bytes, int, str, int, int],
    list[tuple[bytes, bytes]],
    int,
    bytes,
]


def line_from_bytes(data: bytes) -> LogLine:
    """Read the wire form. The entry's hash in the link is computed, not carried.

    Raises:
        BadEntry: not a log line of version 1.
    """
    from content.feed.chain import entry_hash

    try:
        _, link, log, said, approvals, packing, packed = msgspec.msgpack.decode(data, type=_LINE)
        statement = Statement(
            feed=link[0],
            record=said[0],
            version=said[1],
            action=Action(said[2]),
            digest=said[3].hex(),
            size=said[4],
            drafter=said[5],
            approved_on=said[6],
            expires=said[7],
        )
        entry = Entry(
            statement,
            tuple(Approval(key.hex(), signature) for key, signature in approvals),
            Packing(packing),
            packed,
        )
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadEntry("not a log line") from error
    place = Link(link[0], link[1], link[2].hex(), entry_hash(statement, entry.approvals), link[3])
    return LogLine(place, log[0].hex(), log[1], entry)


def head_to_bytes(head: SignedHead) -> bytes:
    """Return the wire form of a signed head."""
    return msgspec.msgpack.encode(head)


def head_from_bytes(data: bytes) -> SignedHead:
    """Read the wire form of a signed head.

    Raises:
        BadEntry: not a signed head.
    """
    try:
        return msgspec.msgpack.decode(data, type=SignedHead)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadEntry("not a signed head") from error
