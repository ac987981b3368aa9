"""Vectors as bytes, and the nearest of many: sign bits first, one byte a dimension second. Pure.

A hundred thousand vectors of 384 dimensions are 5 MB of sign bits; two machine words tell most of them
apart. What is near by its signs is measured again with its bytes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Bytes = NDArray[np.int8]
Words = NDArray[np.uint64]
Rows = NDArray[np.int64]

SCALE = 127.0
SIFTED = 400
"""How many are measured exactly after the sign bits."""


def to_code(vector: Floats) -> bytes:
    """Return a vector as one signed byte a dimension, its largest component at full scale."""
    top = float(np.abs(vector).max()) or 1.0
    return np.round(vector * (SCALE / top)).astype(np.int8).tobytes()


@dataclass(frozen=True, slots=True)
class Cloud:
    """The sign bits of many vectors of one model, each with its row.

    Attributes:
        rows: ascending.
        signs: one bit a dimension, around the mean, in words of 64; the same word of all rows lies together.
        mean: of all.
        codes: the vectors themselves, where they are few enough to be kept.
    """

    rows: Rows
    signs: Words
    mean: Floats
    codes: Bytes | None = None

    def sifted(self, question: Floats, most: int = SIFTED) -> Rows:
        """Return the rows that may be near: those with the most signs in common."""
        if len(self.rows) <= most:
            return self.rows
        word = _pack(np.asarray([question - self.mean]))
        apart = np.zeros(len(self.rows), np.uint16)
        for at in range(self.signs.shape[1]):
            apart += np.bitwise_count(self.signs[:, at] ^ word[0, at])
        # Few values, many rows: where to cut is counted, which is ten times as fast as sorting.
        last = int(np.searchsorted(np.bincount(apart).cumsum(), most))
        near = np.flatnonzero(apart < last)
        tied = np.flatnonzero(apart == last)[: most - len(near)]
        found: Rows = self.rows[np.sort(np.concatenate([near, tied]))]
        return found

    def held(self, rows: Rows) -> tuple[Rows, Bytes] | None:
        """Return those of some rows that have a vector, and their codes; None where codes are not kept."""
        if self.codes is None:
            return None
        at = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        here = self.rows[at] == rows
        return rows[here], self.codes[at[here]]


class CloudMaker:
    """Takes codes block by block, twice: for the mean, then for the signs around it.

    Args:
        most_held: up to so many bytes the cloud keeps the codes themselves.
    """

    def __init__(self, dimensions: int, *, most_held: int = 0) -> None:
        self._most_held = most_held
        self._codes: Bytes | None = None
        self._taken = 0
        self._sum = np.zeros(dimensions, np.float32)
        self._count = 0
        self._rows: list[Rows] = []
        self._signs: list[Words] = []

    def weigh(self, codes: Bytes) -> None:
        """Take a block for the mean."""
        self._sum += units(codes).sum(axis=0)
        self._count += len(codes)

    def take(self, rows: Rows, codes: Bytes) -> None:
        """Take a block for its signs; rows ascend from block to block."""
        self._rows.append(rows)
        self._signs.append(_pack(units(codes) - self._mean()))
        if self._count * len(self._sum) <= self._most_held:
            self._keep(codes)
        self._taken += len(codes)

    def made(self) -> Cloud:
        """Return the cloud of all blocks."""
        words = -(-len(self._sum) // 64)
        return Cloud(
            np.concatenate([*self._rows, np.empty(0, np.int64)]),
            np.asfortranarray(np.concatenate([*self._signs, np.empty((0, words), np.uint64)])),
            self._mean(),
            self._codes if self._taken == self._count else None,
        )

    def _keep(self, codes: Bytes) -> None:
        """Put a block where it belongs; what came between the two times has no place, and none is then kept."""
        if self._codes is None:
            self._codes = np.empty((self._count, len(self._sum)), np.int8)
        if self._taken + len(codes) <= self._count:
            self._codes[self._taken : self._taken + len(codes)] = codes

    def _mean(self) -> Floats:
        mean: Floats = (self._sum / max(1, self._count)).astype(np.float32)
        return mean


def units(codes: Bytes) -> Floats:
    """Return codes as unit vectors."""
    vectors = codes.astype(np.float32)
    result: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)
    return result


def _pack(vectors: Floats) -> Words:
    bits = np.packbits(vectors > 0, axis=1)
    missing = -bits.shape[1] % 8
    return np.ascontiguousarray(np.pad(bits, ((0, 0), (0, missing)))).view(np.uint64)
