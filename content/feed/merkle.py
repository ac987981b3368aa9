"""Many statements under one signature: a Merkle tree over them (RFC 6962 section 2.1), and a member's proof.

A hundred corrections that one person approves at once are signed once. Each record still proves itself alone
afterwards: its proof is worked out from the whole batch when that arrives, so it never travels.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

MOST_MEMBERS = 1 << 20
_LEAF, _NODE = b"\x00", b"\x01"


@dataclass(frozen=True, slots=True)
class Proof:
    """Where a statement stands in its batch: `index` of `count`, and the hashes beside its way to the root."""

    count: int
    index: int
    path: tuple[bytes, ...]

    def root(self, data: bytes) -> bytes:
        """Return the root that these bytes lead to; b"" for a proof that cannot be."""
        if not 0 <= self.index < self.count <= MOST_MEMBERS:
            return b""
        found, index, last = leaf(data), self.index, self.count - 1
        for beside in self.path:
            if last == 0 or len(beside) != len(found):
                return b""
            if index % 2 or index == last:
                found = _node(beside, found)
                while index % 2 == 0 and index:
                    index, last = index >> 1, last >> 1
            else:
                found = _node(found, beside)
            index, last = index >> 1, last >> 1
        return found if last == 0 else b""


class Tree:
    """The levels of a tree over leaves; a last node without a partner moves up as it is."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self._levels = [tuple(leaves)]
        while len(self._levels[-1]) > 1:
            self._levels.append(_above(self._levels[-1]))

    @property
    def root(self) -> bytes:
        """The hash that is signed."""
        return self._levels[-1][0]

    def proof(self, index: int) -> Proof:
        """Return the proof of one leaf."""
        path, at = [], index
        for level in self._levels[:-1]:
            if at ^ 1 < len(level):
                path.append(level[at ^ 1])
            at >>= 1
        return Proof(len(self._levels[0]), index, tuple(path))


def leaf(data: bytes) -> bytes:
    """Return the hash of one statement's signed bytes."""
    return hashlib.sha256(_LEAF + data).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()


def _above(level: tuple[bytes, ...]) -> tuple[bytes, ...]:
    pairs = [_node(level[at], level[at + 1]) for at in range(0, len(level) - 1, 2)]
    return (*pairs, *level[len(level) - len(level) % 2 :])
