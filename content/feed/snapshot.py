"""A feed compacted: what is in force, in hash-bucket chunks named by their hashes, and a manifest that names them.

A signed head names the manifest. A chunk holds bodies and what was said about them; signatures over whole batches and
the leaves of records that are no longer in force are told once for all chunks. Nothing is believed for its hash:
every record is verified like a line of the log, so a forged snapshot is refused as a forged line is.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from backports import zstd

from content.feed.packing import WINDOW_LOG_MAX, BadEntry
from content.feed.statement import Approval

LEVEL = 19
CHUNK_BYTES = 3 * 1024 * 1024
"""Bodies of a chunk before compression: what is fetched again after a cut is small, and zstd still learns enough."""
MOST_CHUNKS = 256
MOST_CHUNK_BYTES = 64 * 1024 * 1024
MOST_MANIFEST_BYTES = 64 * 1024
_GROUPS_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ChunkName:
    """A chunk as the manifest names it: hash and size of the blob, size unpacked, records in it."""

    sha256: str
    size: int
    raw: int
    records: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a snapshot consists of.

    Attributes:
        feed, sequence, link: the place of the log that it reaches.
        chunks: where the records are.
        groups: where what is said of whole batches is.
    """

    feed: str
    sequence: int
    link: str
    chunks: tuple[ChunkName, ...]
    groups: ChunkName

    @property
    def blobs(self) -> tuple[ChunkName, ...]:
        """All that has to be fetched."""
        return (self.groups, *self.chunks)

    @property
    def size(self) -> int:
        """Bytes to fetch."""
        return sum(one.size for one in self.blobs)

    @property
    def records(self) -> int:
        """Records in it."""
        return sum(one.records for one in self.chunks)


@dataclass(frozen=True, slots=True)
class Alone:
    """What is said about a record that was signed alone."""

    drafter: str
    approved_on: int
    expires: int
    approvals: tuple[Approval, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """What is said about a batch: its records stand at `first` and the places after it.

    Attributes:
        first, count: its places.
        said: drafter, day, expiry, and the signatures over its root.
        absent: (index, leaf hash) of those of its records that are not in force any more.
    """

    first: int
    count: int
    said: Alone
    absent: tuple[tuple[int, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """One record of a chunk.

    Attributes:
        record, version, sequence: which, and where its newest line stands.
        body: canonical JSON; b"" for a record that was taken back.
        group: number of its group, counted from 0; -1 if it was signed alone.
        alone: what is said about it if it was.
    """

    record: str
    version: int
    sequence: int
    body: bytes
    group: int = -1
    alone: Alone | None = None


def chunk_count(raw_bytes: int) -> int:
    """Return into how many chunks so many bytes go: a power of two, 256 at most."""
    wanted = max(1, -(-raw_bytes // CHUNK_BYTES))
    return min(1 << (wanted - 1).bit_length(), MOST_CHUNKS)


def bucket(record: str, chunks: int) -> int:
    """Return the chunk of a record: it never moves while their number stays."""
    return int.from_bytes(hashlib.sha256(record.encode()).digest()[:4]) % chunks


_Alone = tuple[str, int, int, list[tuple[bytes, bytes]]]
_CHUNK = tuple[list[str], list[int], list[int], list[int], list[int], list[_Alone], bytes]
_GROUPS = list[tuple[int, int, _Alone, list[tuple[int, bytes]]]]


def chunk_to_bytes(pieces: Sequence[Piece]) -> tuple[bytes, int]:
    """Return the blob of a chunk and its size unpacked. Equal pieces give equal bytes."""
    pieces = sorted(pieces, key=lambda one: one.record)
    gone = [one.record for one in pieces if not one.body]
    raw = msgspec.msgpack.encode(
        (
            gone,
            [at for at, one in enumerate(pieces) if not one.body],
            [one.version for one in pieces],
            [one.sequence for one in pieces],
            [one.group + 1 for one in pieces],
            [_alone_fields(one.alone) for one in pieces if one.alone is not None],
            b"\n".join(one.body for one in pieces),
        )
    )
    return _press(raw), len(raw)


def chunk_from_bytes(data: bytes, *, raw: int) -> tuple[Piece, ...]:
    """Read a chunk.

    Raises:
        BadEntry: damaged, too large, or not a chunk.
    """
    try:
        found = msgspec.msgpack.decode(_expand(data, raw, MOST_CHUNK_BYTES), type=_CHUNK)
        return _pieces(found)
    except (msgspec.MsgspecError, ValueError, IndexError, StopIteration, RecursionError) as error:
        raise BadEntry("not a chunk of a snapshot") from error


def groups_to_bytes(groups: Sequence[Group]) -> tuple[bytes, int]:
    """Return the blob of all groups and its size unpacked."""
    raw = msgspec.msgpack.encode(
        [(one.first, one.count, _alone_fields(one.said), one.absent) for one in groups]
    )
    return _press(raw), len(raw)


def groups_from_bytes(data: bytes, *, raw: int) -> tuple[Group, ...]:
    """Read what `groups_to_bytes` wrote.

    Raises:
        BadEntry: damaged, too large, or not groups.
    """
    try:
        found = msgspec.msgpack.decode(_expand(data, raw, _GROUPS_BYTES), type=_GROUPS)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadEntry("not the groups of a snapshot") from error
    return tuple(
        Group(first, count, _alone(said), tuple(absent)) for first, count, said, absent in found
    )


def manifest_to_bytes(manifest: Manifest) -> bytes:
    """Return the blob of a manifest."""
    return msgspec.msgpack.encode(
        (
            1,
            manifest.feed,
            manifest.sequence,
            bytes.fromhex(manifest.link),
            [_name_fields(one) for one in manifest.blobs],
        )
    )


_Name = tuple[bytes, int, int, int]
_MANIFEST = tuple[int, str, int, bytes, list[_Name]]


def manifest_from_bytes(data: bytes) -> Manifest:
    """Read a manifest.

    Raises:
        BadEntry: not a manifest of version 1.
    """
    try:
        form, feed, sequence, link, names = msgspec.msgpack.decode(data, type=_MANIFEST)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadEntry("not a manifest") from error
    if form != 1 or not 1 < len(names) <= MOST_CHUNKS + 1:
        raise BadEntry("not a manifest of this version")
    groups, *chunks = (ChunkName(name.hex(), *rest) for name, *rest in names)
    return Manifest(feed, sequence, link.hex(), tuple(chunks), groups)


def _name_fields(one: ChunkName) -> _Name:
    return (bytes.fromhex(one.sha256), one.size, one.raw, one.records)


def _alone_fields(one: Alone) -> _Alone:
    approvals = [(bytes.fromhex(each.key_id), each.signature) for each in one.approvals]
    return (one.drafter, one.approved_on, one.expires, approvals)


def _alone(fields: _Alone) -> Alone:
    drafter, approved_on, expires, approvals = fields
    signed = tuple(Approval(key.hex(), signature) for key, signature in approvals)
    return Alone(drafter, approved_on, expires, signed)


class _Named(msgspec.Struct):
    id: str


def _pieces(fields: _CHUNK) -> tuple[Piece, ...]:
    gone, gone_at, versions, sequences, groups, alone, joined = fields
    bodies = joined.split(b"\n") if versions else []
    if not len(bodies) == len(versions) == len(sequences) == len(groups):
        raise ValueError("columns of different lengths")
    withdrawn = dict(zip(gone_at, gone, strict=True))
    said = (_alone(one) for one in alone)
    named = msgspec.json.Decoder(_Named)
    return tuple(
        Piece(
            record=withdrawn[at] if at in withdrawn else named.decode(body).id,
            version=version,
            sequence=sequence,
            body=body,
            group=group - 1,
            alone=next(said) if group == 0 else None,
        )
        for at, (body, version, sequence, group) in enumerate(
            zip(bodies, versions, sequences, groups, strict=True)
        )
    )


def _press(raw: bytes) -> bytes:
    options = {
        int(zstd.CompressionParameter.compression_level): LEVEL,
        int(zstd.CompressionParameter.window_log): min(
            max(len(raw).bit_length(), 10), WINDOW_LOG_MAX
        ),
    }
    return zstd.compress(raw, options=options)


def _expand(data: bytes, size: int, most: int) -> bytes:
    if not 0 <= size <= most:
        raise ValueError("over the limit")
    options = {int(zstd.DecompressionParameter.window_log_max): WINDOW_LOG_MAX}
    try:
        raw = zstd.ZstdDecompressor(options=options).decompress(data, max_length=size + 1)
    except zstd.ZstdError as error:
        raise ValueError("damaged") from error
    if len(raw) != size:
        raise ValueError("of another size")
    return raw
