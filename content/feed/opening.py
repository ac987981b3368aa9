"""Take a snapshot apart: chunk by chunk, twice, so that it never has to be in memory as a whole.

The first reading finds the leaves of every batch, the second gives each record as an entry that proves itself alone.
"""

from collections.abc import Callable, Iterator

from content.canonical import sha256_hex
from content.feed.entry import MAX_BODY, Entry
from content.feed.merkle import MOST_MEMBERS, Proof, Tree, leaf
from content.feed.packing import BadEntry, pack_plain
from content.feed.snapshot import (
    Alone,
    ChunkName,
    Group,
    Manifest,
    Piece,
    chunk_from_bytes,
    groups_from_bytes,
)
from content.feed.statement import Action, Statement

KEPT_LEVEL = 3
ReadBlob = Callable[[ChunkName], bytes]


class OpenedSnapshot:
    """A snapshot whose form was checked; what is in it is for `check_entry` to judge."""

    def __init__(self, manifest: Manifest, read: ReadBlob) -> None:
        """Read all chunks once.

        Raises:
            BadEntry: damaged, or a batch of which a leaf is missing.
        """
        self._manifest = manifest
        self._read = read
        self._groups = groups_from_bytes(_blob(read, manifest.groups), raw=manifest.groups.raw)
        self._trees, self._ranks = self._first_reading()

    def entries(self) -> Iterator[tuple[int, Entry]]:
        """Yield (place in the order of the log, entry) of every record, chunk by chunk."""
        for piece in self._pieces():
            packed = pack_plain(piece.body, level=KEPT_LEVEL)
            statement, said = _statement(self._manifest.feed, piece, self._groups)
            yield (
                self._ranks[piece.sequence],
                Entry(
                    statement,
                    said.approvals,
                    packed.packing,
                    packed.data,
                    proof=self._proof(piece),
                ),
            )

    def _proof(self, piece: Piece) -> Proof | None:
        if piece.group < 0:
            return None
        return self._trees[piece.group].proof(piece.sequence - self._groups[piece.group].first)

    def _first_reading(self) -> tuple[list[Tree], dict[int, int]]:
        leaves = [_absent(group) for group in self._groups]
        sequences = []
        for piece in self._pieces():
            sequences.append(piece.sequence)
            if piece.group >= 0:
                statement, _ = _statement(self._manifest.feed, piece, self._groups)
                found = leaf(statement.signed_bytes())
                leaves[piece.group][piece.sequence - self._groups[piece.group].first] = found
        trees = [_tree(found, group) for found, group in zip(leaves, self._groups, strict=True)]
        return trees, {sequence: rank for rank, sequence in enumerate(sorted(sequences))}

    def _pieces(self) -> Iterator[Piece]:
        for name in self._manifest.chunks:
            pieces = chunk_from_bytes(_blob(self._read, name), raw=name.raw)
            if any(not -1 <= one.group < len(self._groups) for one in pieces):
                raise BadEntry("a record of a batch that is not there")
            yield from pieces


def _blob(read: ReadBlob, name: ChunkName) -> bytes:
    data = read(name)
    if sha256_hex(data) != name.sha256:
        raise BadEntry("a blob of the snapshot is not what its name says")
    return data


def _statement(feed: str, piece: Piece, groups: tuple[Group, ...]) -> tuple[Statement, Alone]:
    said = piece.alone if piece.alone is not None else groups[piece.group].said
    if len(piece.body) > MAX_BODY:
        raise BadEntry("a body over the limit")
    statement = Statement(
        feed=feed,
        record=piece.record,
        version=piece.version,
        action=Action.PUT if piece.body else Action.DELETE,
        digest=sha256_hex(piece.body) if piece.body else "",
        size=len(piece.body),
        drafter=said.drafter,
        approved_on=said.approved_on,
        expires=said.expires,
    )
    return statement, said


def _absent(group: Group) -> dict[int, bytes]:
    if not 0 < group.count <= MOST_MEMBERS:
        raise BadEntry("a batch of an impossible size")
    return dict(group.absent)


def _tree(leaves: dict[int, bytes], group: Group) -> Tree:
    try:
        return Tree([leaves[at] for at in range(group.count)])
    except KeyError as error:
        raise BadEntry("a batch of which a record is missing") from error
