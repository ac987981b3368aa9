"""One line of a feed's log on the wire: link, approvals, statement and compressed body.

msgpack arrays. Field names cost nothing on the wire; the signed form is JSON (content.feed.statement) and is
rebuilt from the fields, so the two cannot disagree. The first number is the version of the framing: 1 is read for
ever, 2 adds what a body was packed against.
"""

from dataclasses import dataclass, replace

import msgspec

from content.feed.chain import Head, Link, entry_hash
from content.feed.merkle import Proof
from content.feed.packing import (
    BadEntry,
    MissingBase,
    Packed,
    Packing,
    pack_plain,
)
from content.feed.packing import unpack as unpack_against
from content.feed.statement import Action, Approval, Statement, batch_bytes

__all__ = ["BadEntry", "MissingBase", "Packing"]

MAX_BODY = 8 * 1024 * 1024
"""Largest body in bytes; a statement that promises more is refused unread."""
KEPT_LEVEL = 3
"""How hard a body is pressed that was unfolded here: it is kept, not sent."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A statement, its approvals and its packed body.

    Attributes:
        statement: what was approved.
        approvals: signatures over it, or over the batch that it came in.
        packing, packed: the body.
        base: what the body was packed against, see content.feed.packing; b"" for nothing.
        proof: its place in a batch that was signed as a whole; None if it was signed alone.
    """

    statement: Statement
    approvals: tuple[Approval, ...]
    packing: Packing
    packed: bytes
    base: bytes = b""
    proof: Proof | None = None

    def signed_bytes(self) -> bytes:
        """Return exactly the bytes that the approvals are over."""
        alone = self.statement.signed_bytes()
        if self.proof is None:
            return alone
        root = self.proof.root(alone)
        return batch_bytes(self.statement.feed, count=self.proof.count, root=root)

    @property
    def stands_alone(self) -> bool:
        """Whether the body can be read without anything else."""
        return self.packing in {Packing.EMPTY, Packing.ZSTD}

    def body(self, *, against: bytes = b"") -> bytes:
        """Return the canonical JSON of the record.

        Raises:
            BadEntry: too large, damaged, or not of the size that was signed.
            MissingBase: packed against something, and that was not given.
        """
        size = self.statement.size
        if size > MAX_BODY:
            raise BadEntry(f"body of {size} bytes is over the limit")
        if not self.stands_alone and not against:
            raise MissingBase(self.base.hex() if self.packing is Packing.DICTIONARY else "")
        return unpack_against(Packed(self.packing, self.packed, self.base), size, against=against)

    def unfolded(self, against: bytes) -> "Entry":
        """Return the same entry with a body that can be read alone; signatures are over what is inside.

        Raises:
            BadEntry: too large, damaged, or not of the size that was signed.
        """
        packed = pack_plain(self.body(against=against), level=KEPT_LEVEL)
        return replace(self, packing=packed.packing, packed=packed.data, base=b"")


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
    """Return the packing of a body that can be read alone."""
    packed = pack_plain(body)
    return packed.packing, packed.data


def unpack(packed: bytes, size: int) -> bytes:
    """Return exactly `size` bytes, never producing more than one byte over.

    Raises:
        BadEntry: damaged, or another size.
    """
    return unpack_against(Packed(Packing.ZSTD, packed), size)


_Said = tuple[str, int, str, bytes, int, str, int, int]
_LINE = tuple[
    int,
    tuple[str, int, bytes, int],
    tuple[bytes, bytes],
    _Said,
    list[tuple[bytes, bytes]],
    int,
    bytes,
]
_LINE_2 = tuple[
    int,
    tuple[str, int, bytes, int],
    tuple[bytes, bytes],
    _Said,
    list[tuple[bytes, bytes]],
    int,
    bytes,
    bytes,
]


def line_to_bytes(line: LogLine) -> bytes:
    """Return the wire form of a log line."""
    entry, link = line.entry, line.link
    place = (link.feed, link.sequence, bytes.fromhex(link.previous), link.at)
    log = (bytes.fromhex(line.log_key), line.log_signature)
    rest = (said_fields(entry.statement), approval_fields(entry.approvals), int(entry.packing))
    if entry.base:
        return msgspec.msgpack.encode((2, place, log, *rest, entry.packed, entry.base))
    return msgspec.msgpack.encode((1, place, log, *rest, entry.packed))


def line_from_bytes(data: bytes) -> LogLine:
    """Read the wire form. The entry's hash in the link is computed, not carried.

    Raises:
        BadEntry: not a log line of version 1 or 2.
    """
    try:
        form, link, log, said, approvals, packing, packed, base = _line_fields(data)
        statement = statement_from(link[0], said)
        entry = Entry(statement, approvals_from(approvals), Packing(packing), packed, base)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadEntry("not a log line") from error
    if form not in {1, 2}:
        raise BadEntry("a log line of an unknown version")
    place = Link(link[0], link[1], link[2].hex(), entry_hash(statement, entry.approvals), link[3])
    return LogLine(place, log[0].hex(), log[1], entry)


def _line_fields(data: bytes) -> _LINE_2:
    # An array of eight begins with 0x98 (MessagePack specification, fixarray).
    if data[:1] == b"\x98":
        with_base: _LINE_2 = msgspec.msgpack.decode(data, type=_LINE_2)
        return with_base
    plain: _LINE = msgspec.msgpack.decode(data, type=_LINE)
    return (*plain, b"")


def said_fields(statement: Statement) -> _Said:
    """Return what a statement says beside its feed, as it goes into arrays."""
    return (
        statement.record,
        statement.version,
        str(statement.action),
        bytes.fromhex(statement.digest),
        statement.size,
        statement.drafter,
        statement.approved_on,
        statement.expires,
    )


def statement_from(feed: str, said: _Said) -> Statement:
    """Read what `said_fields` wrote; raises ValueError for an unknown action."""
    record, version, action, digest, size, drafter, approved_on, expires = said
    return Statement(
        feed=feed,
        record=record,
        version=version,
        action=Action(action),
        digest=digest.hex(),
        size=size,
        drafter=drafter,
        approved_on=approved_on,
        expires=expires,
    )


def approval_fields(approvals: tuple[Approval, ...]) -> list[tuple[bytes, bytes]]:
    """Return approvals as they go into arrays."""
    return [(bytes.fromhex(one.key_id), one.signature) for one in approvals]


def approvals_from(fields: list[tuple[bytes, bytes]]) -> tuple[Approval, ...]:
    """Read what `approval_fields` wrote."""
    return tuple(Approval(key.hex(), signature) for key, signature in fields)


_HEAD_2 = tuple[int, tuple[str, int, bytes, int], tuple[bytes, bytes], bytes, int]


def head_to_bytes(head: SignedHead) -> bytes:
    """Return the wire form of a signed head."""
    said = head.head
    return msgspec.msgpack.encode(
        (
            2,
            (said.feed, said.sequence, bytes.fromhex(said.link), said.at),
            (bytes.fromhex(head.log_key), head.signature),
            bytes.fromhex(said.snapshot),
            said.snapshot_at,
        )
    )


def head_from_bytes(data: bytes) -> SignedHead:
    """Read the wire form of a signed head, also of version 1, which had named fields.

    Raises:
        BadEntry: not a signed head.
    """
    try:
        if data[:1] != b"\x95":
            return msgspec.msgpack.decode(data, type=SignedHead)
        form, said, log, snapshot, reaches = msgspec.msgpack.decode(data, type=_HEAD_2)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadEntry("not a signed head") from error
    if form != 2:  # noqa: PLR2004 - the version of the framing
        raise BadEntry("a head of an unknown version")
    head = Head(said[0], said[1], said[2].hex(), said[3], snapshot.hex(), reaches)
    return SignedHead(head, log[0].hex(), log[1])
