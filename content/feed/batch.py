"""Many records of a feed in one message: approved by one signature, bodies packed together.

The approvers sign the root of a Merkle tree over the records' statements. Digests and sizes do not travel: they are
worked out from the bodies, and a body that was changed leads to another root. A batch takes as many places of the log
as it has records and is applied whole or not at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
from backports import zstd

from content.canonical import sha256_hex
from content.feed.chain import Link, signed_hash
from content.feed.entry import (
    MAX_BODY,
    Entry,
    LogLine,
    approval_fields,
    approvals_from,
    line_from_bytes,
)
from content.feed.merkle import Tree, leaf
from content.feed.packing import (
    LEVEL,
    BadEntry,
    MissingBase,
    Packed,
    Packing,
    base_name,
    pack_patch,
    pack_plain,
    unpack,
)
from content.feed.statement import Action, Approval, Statement, batch_bytes

MOST = 4096
"""Records of one batch."""
MOST_BYTES = 32 * 1024 * 1024
"""Their bodies together; more is refused unread."""
MOST_SLOW_BYTES = 2 * 1024 * 1024
"""Larger batches are a first filling: new terminals take a snapshot instead, so they are pressed faster."""
FAST_LEVEL = 9
FORM = 4
_TABLE_BYTES = MOST * 80


@dataclass(frozen=True, slots=True)
class BatchSaid:
    """What holds for every record of a batch."""

    feed: str
    drafter: str
    approved_on: int
    expires: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as it travels.

    Attributes:
        link, log_key, log_signature: its places in the log.
        said: what holds for all its records.
        approvals: signatures over the root.
        records: (record, version), in the order of the bodies.
        packed: the bodies, one a line: canonical JSON has no line break.
        size: of the bodies together.
    """

    link: Link
    log_key: str
    log_signature: bytes
    said: BatchSaid
    approvals: tuple[Approval, ...]
    records: tuple[tuple[str, int], ...]
    packed: Packed
    size: int

    def placed(self, entries: Sequence[Entry]) -> "Batch":
        """Return the batch with the link that its unpacked records lead to."""
        statements = [entry.statement for entry in entries]
        link = replace(self.link, entry=batch_hash(statements, self.approvals))
        return replace(self, link=link)

    def entries(self, held: Mapping[str, bytes]) -> tuple[Entry, ...]:
        """Return each record as an entry that proves itself alone; nothing is checked yet but the form.

        Args:
            held: record -> body held now, of those that are held.

        Raises:
            MissingBase: it was packed against versions that are not held.
            BadEntry: damaged, or its bodies are not as many as its records.
        """
        bodies = self._bodies(held)
        statements = statements_of(self.said, self.records, bodies)
        tree = Tree([leaf(one.signed_bytes()) for one in statements])
        return tuple(
            Entry(one, self.approvals, *_kept(body), proof=tree.proof(at))
            for at, (one, body) in enumerate(zip(statements, bodies, strict=True))
        )

    def _bodies(self, held: Mapping[str, bytes]) -> list[bytes]:
        if self.size > MOST_BYTES:
            raise BadEntry("batch is over the limit")
        against = b""
        if self.packed.packing is Packing.PATCH:
            against = b"\n".join(held.get(record, b"") for record, _ in self.records)
            if base_name(against) != self.packed.base:
                raise MissingBase
        bodies = unpack(self.packed, self.size, against=against).split(b"\n")
        if len(bodies) != len(self.records) or any(len(body) > MAX_BODY for body in bodies):
            raise BadEntry("batch has other bodies than it says")
        return bodies


def statements_of(
    said: BatchSaid, records: Sequence[tuple[str, int]], bodies: Sequence[bytes]
) -> tuple[Statement, ...]:
    """Return what is said about each record."""
    return tuple(
        Statement(
            feed=said.feed,
            record=record,
            version=version,
            action=Action.PUT,
            digest=sha256_hex(body),
            size=len(body),
            drafter=said.drafter,
            approved_on=said.approved_on,
            expires=said.expires,
        )
        for (record, version), body in zip(records, bodies, strict=True)
    )


def to_sign(statements: Sequence[Statement]) -> bytes:
    """Return exactly the bytes that approvers sign for these statements of one feed."""
    tree = Tree([leaf(one.signed_bytes()) for one in statements])
    return batch_bytes(statements[0].feed, count=len(statements), root=tree.root)


def batch_hash(statements: Sequence[Statement], approvals: tuple[Approval, ...]) -> str:
    """Return the hash by which a link names a batch."""
    return signed_hash(to_sign(statements), approvals)


def pack_bodies(bodies: Sequence[bytes], previous: Sequence[bytes] = ()) -> tuple[Packed, int]:
    """Pack bodies together, against their previous versions (b"" for a new record) where that is smaller."""
    whole = b"\n".join(bodies)
    plain = pack_plain(whole, level=LEVEL if len(whole) <= MOST_SLOW_BYTES else FAST_LEVEL)
    before = b"\n".join(previous)
    if not any(previous):
        return plain, len(whole)
    patch = pack_patch(whole, before)
    return min(plain, patch, key=lambda one: len(one.data)), len(whole)


_WIRE = tuple[
    int,
    tuple[str, int, int, bytes, int],
    tuple[bytes, bytes],
    tuple[str, int, int],
    list[tuple[bytes, bytes]],
    bytes,
    int,
    bytes,
    bytes,
    int,
]
_TABLE = tuple[list[str], list[int]]


def batch_to_bytes(batch: Batch) -> bytes:
    """Return the wire form."""
    link, said = batch.link, batch.said
    names = [record for record, _ in batch.records]
    table = msgspec.msgpack.encode((names, [version for _, version in batch.records]))
    return msgspec.msgpack.encode(
        (
            FORM,
            (link.feed, link.first, link.sequence, bytes.fromhex(link.previous), link.at),
            (bytes.fromhex(batch.log_key), batch.log_signature),
            (said.drafter, said.approved_on, said.expires),
            approval_fields(batch.approvals),
            zstd.compress(table, 19),
            int(batch.packed.packing),
            batch.packed.data,
            batch.packed.base,
            batch.size,
        )
    )


def is_batch(data: bytes) -> bool:
    """Say whether these bytes begin like a batch: an array of ten whose first is 4."""
    return data[:2] == bytes([0x9A, FORM])


def line_or_batch(data: bytes) -> LogLine | Batch:
    """Read what stands at a place of a log.

    Raises:
        BadEntry: neither a line nor a batch.
    """
    return batch_from_bytes(data) if is_batch(data) else line_from_bytes(data)


def batch_from_bytes(data: bytes) -> Batch:
    """Read the wire form. What its link names is not known before the bodies are unpacked.

    Raises:
        BadEntry: not a batch.
    """
    try:
        _, link, log, said, approvals, table, packing, packed, base, size = msgspec.msgpack.decode(
            data, type=_WIRE
        )
        records = _records(table)
        form = Packing(packing)
    except (msgspec.MsgspecError, zstd.ZstdError, ValueError, RecursionError) as error:
        raise BadEntry("not a batch") from error
    if form not in {Packing.ZSTD, Packing.PATCH}:
        raise BadEntry("a batch of an unknown packing")
    return Batch(
        link=Link(link[0], link[2], link[3].hex(), "", link[4], link[1]),
        log_key=log[0].hex(),
        log_signature=log[1],
        said=BatchSaid(link[0], *said),
        approvals=approvals_from(approvals),
        records=records,
        packed=Packed(form, packed, base),
        size=size,
    )


def _records(table: bytes) -> tuple[tuple[str, int], ...]:
    raw = zstd.ZstdDecompressor().decompress(table, max_length=_TABLE_BYTES)
    names, versions = msgspec.msgpack.decode(raw, type=_TABLE)
    if not 0 < len(names) == len(versions) <= MOST or len(set(names)) != len(names):
        raise ValueError("records of the batch")
    return tuple(zip(names, versions, strict=True))


def _kept(body: bytes) -> tuple[Packing, bytes]:
    packed = pack_plain(body, level=3)
    return packed.packing, packed.data
