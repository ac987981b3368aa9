"""What was learned from texts and answered questions: small vectors of terms, and how often a family answers.

The model is a file that the controller makes and ships with the content. It holds no question of anybody:
only hashes of terms with a vector each, and hashes of title families with a number each.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from content.errors import PeerError
from content.search.analyse import normalise, runs
from content.search.bags import term_hash
from content.search.vectors import Bytes, Floats

MAGIC = b"DZSM1\n"
MOST_CHARACTERS = 600
"""Of a body: what a passage is about stands at its beginning."""


HEAVIEST = 200.0
"""No weight or prior is larger: those of docs/adr/0018 are 50 and 5, and logarithms of rates above -20."""


class BadModel(PeerError):
    """Not a search model, or of another version."""


class _Head(msgspec.Struct):
    name: str
    terms: int
    dimensions: int
    families: int
    unknown_family: float
    meaning: float
    prior: float


@dataclass(frozen=True, slots=True)
class Learned:
    """A model.

    Attributes:
        name: tells vectors of one model from those of another.
        hashes: of the terms, ascending.
        vectors: a row of bytes for each term.
        scales: what a row is multiplied with; holds the term's weight too.
        families, priors: hash of a family, ascending, and its logarithmic rate, at most 0.
        unknown_family: of a family that never answered.
        meaning, prior: how much a cosine and a prior count beside BM25 in a question.
    """

    name: str
    hashes: NDArray[np.uint32]
    vectors: Bytes
    scales: Floats
    families: NDArray[np.uint32]
    priors: Floats
    unknown_family: float
    meaning: float
    prior: float

    def is_sane(self) -> bool:
        """Say whether its numbers can only help to order: a file that was made to push something up is no model."""
        weights = (self.meaning, self.prior, -self.unknown_family)
        if not all(0 <= one <= HEAVIEST for one in weights):
            return False
        priors, scales = self.priors, self.scales
        return bool(np.isfinite(scales).all() and ((priors <= 0) & (priors >= -HEAVIEST)).all())

    def encode(self, text: str) -> Floats | None:
        """Return the unit vector of a text, or None if no term of it is known."""
        return self.encode_hashes(gram_hashes(text))

    def encode_hashes(self, names: NDArray[np.uint32]) -> Floats | None:
        """Return the unit vector of a text whose terms were hashed before."""
        if not len(names) or not len(self.hashes):
            return None
        at = np.minimum(np.searchsorted(self.hashes, names), len(self.hashes) - 1)
        at = at[self.hashes[at] == names]
        if not len(at):
            return None
        total = self.scales[at] @ self.vectors[at].astype(np.float32)
        length = float(np.linalg.norm(total))
        return (total / length).astype(np.float32) if length else None

    def priors_of(self, families: Sequence[str]) -> Floats:
        """Return the prior of each family name."""
        names = np.array([term_hash(family) for family in families], np.uint32)
        if not len(self.families):
            return np.zeros(len(names), np.float32)
        at = np.minimum(np.searchsorted(self.families, names), len(self.families) - 1)
        known = self.families[at] == names
        return np.where(known, self.priors[at], self.unknown_family).astype(np.float32)

    def to_bytes(self) -> bytes:
        """Return the file."""
        head = msgspec.json.encode(
            _Head(
                self.name,
                len(self.hashes),
                self.vectors.shape[1],
                len(self.families),
                self.unknown_family,
                self.meaning,
                self.prior,
            )
        )
        arrays = (self.hashes, self.scales, self.families, self.priors, self.vectors)
        return b"".join((MAGIC, head, b"\n", *(array.tobytes() for array in arrays)))

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read the file.

        Raises:
            BadModel: it is not one, or is cut short.
        """
        try:
            magic, line, rest = data.split(b"\n", 2)
            head = msgspec.json.decode(line, type=_Head)
            if magic + b"\n" != MAGIC:
                raise BadModel("搜索模型的版本不对。")
            return cls._read(head, rest)
        except (ValueError, msgspec.MsgspecError) as error:
            raise BadModel("搜索模型读不出来，请重新下发。") from error

    @classmethod
    def _read(cls, head: _Head, rest: bytes) -> Self:
        n, f, d = head.terms, head.families, head.dimensions
        if min(n, f, d) < 0 or len(rest) != 8 * n + 8 * f + n * d:
            raise BadModel("搜索模型不完整，请重新下发。")
        model = cls(
            head.name,
            np.frombuffer(rest, "<u4", n),
            np.frombuffer(rest, np.int8, n * d, 8 * n + 8 * f).reshape(n, d),
            np.frombuffer(rest, "<f4", n, 4 * n),
            np.frombuffer(rest, "<u4", f, 8 * n),
            np.frombuffer(rest, "<f4", f, 8 * n + 4 * f),
            head.unknown_family,
            head.meaning,
            head.prior,
        )
        if not model.is_sane():
            raise BadModel("搜索模型的数值不合理，请重新下发。")
        return model


def grams(text: str) -> list[str]:
    """Return characters and bigrams of a text's Chinese runs, and its latin words."""
    terms: list[str] = []
    for run in runs(normalise(text)):
        if run[0].isascii():
            terms.append(run)
        else:
            terms += run
            terms += [run[at : at + 2] for at in range(len(run) - 1)]
    return terms


def gram_hashes(text: str) -> NDArray[np.uint32]:
    """Return the hashes of the grams of a text."""
    terms = grams(text)
    return np.fromiter(map(term_hash, terms), np.uint32, len(terms))
