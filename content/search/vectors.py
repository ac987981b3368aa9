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
SIFTED = 800
"""How many are measured exactly after the sign bits."""


def to_code(vector: Floats) -> bytes:
    """Return a vector as one signed byte a dimension, its largest component at full scale."""
    top = float(np.abs(vector).max()) or 1.0
    return np.round(vector * (SCALE / top)).astype(np.int8).tobytes()


@dataclass(frozen=True, slots=True)
class Near:
    """Rows and their cosine with the question, nearest first."""

    rows: Rows
    cosines: Floats


@dataclass(frozen=True, slots=True)
class Cloud:
    """Many vectors of one model, each with its row.

    Attributes:
        rows: ascending.
        codes: one row of bytes each.
        signs: one bit a dimension, around the mean, in words of 64.
        lengths: of the codes as vectors.
        mean: of all.
    """

    rows: Rows
    codes: Bytes
    signs: Words
    lengths: Floats
    mean: Floats

    @classmethod
    def of(cls, rows: Rows, codes: Bytes) -> "Cloud":
        """Return the cloud of these rows and codes."""
        order = np.argsort(rows, kind="stable")
        rows, codes = rows[order], codes[order]
        lengths = np.empty(len(rows), np.float32)
        mean = np.zeros(codes.shape[1], np.float32)
        for start in range(0, len(rows), 4096):
            part = codes[start : start + 4096].astype(np.float32)
            norm = np.maximum(np.linalg.norm(part, axis=1), 1e-6)
            lengths[start : start + 4096] = norm
            mean += (part / norm[:, None]).sum(axis=0)
        mean /= max(1, len(rows))
        signs = np.concatenate(
            [_signs(codes[at : at + 4096], lengths[at : at + 4096], mean) for at in _starts(rows)]
            or [np.empty((0, -(-codes.shape[1] // 64)), np.uint64)]
        )
        return cls(rows, codes, signs, lengths, mean)

    def nearest(self, question: Floats, *, most: int) -> Near:
        """Return the nearest rows."""
        if len(self.rows) == 0:
            return Near(np.empty(0, np.int64), np.empty(0, np.float32))
        if len(self.rows) > SIFTED:
            word = _pack(np.asarray([question - self.mean]))
            apart = np.bitwise_count(self.signs ^ word).sum(axis=1, dtype=np.uint16)
            near = np.argpartition(apart, SIFTED)[:SIFTED]
        else:
            near = np.arange(len(self.rows))
        cosines = self._cosines(near, question)
        best = np.argsort(-cosines, kind="stable")[:most]
        return Near(self.rows[near[best]], cosines[best])

    def cosines(self, rows: Rows, question: Floats, *, absent: float) -> Floats:
        """Return the cosine of each of these rows, `absent` for one without a vector."""
        if len(self.rows) == 0:
            return np.full(len(rows), absent, np.float32)
        at = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        return np.where(self.rows[at] == rows, self._cosines(at, question), absent).astype(
            np.float32
        )

    def _cosines(self, at: NDArray[np.int64], question: Floats) -> Floats:
        cosines: Floats = (self.codes[at].astype(np.float32) @ question) / self.lengths[at]
        return cosines


def _starts(rows: Rows) -> range:
    return range(0, len(rows), 4096)


def _signs(codes: Bytes, lengths: Floats, mean: Floats) -> Words:
    return _pack(codes.astype(np.float32) / lengths[:, None] - mean)


def _pack(vectors: Floats) -> Words:
    bits = np.packbits(vectors > 0, axis=1)
    missing = -bits.shape[1] % 8
    return np.ascontiguousarray(np.pad(bits, ((0, 0), (0, missing)))).view(np.uint64)
