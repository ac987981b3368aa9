"""A record's terms with their counts as a few bytes, and the full BM25 of a query over many of them. Pure.

The index of the replica answers a long query with its rarest terms alone; what it finds is scored here
with every term. Terms are kept as 32-bit hashes: two terms in four thousand million meet.
"""

import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

K1 = 1.2
B = 0.75
TITLE_WEIGHT = 8
MOST_COUNT = 255
SIEVE = 1 << 16
FEWEST_TERMS = 2

Floats = NDArray[np.float32]
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Term:
    """A term of a query: how much it counts, and what it says when it is rare."""

    text: str
    weight: float
    documents: int


def term_hash(term: str) -> int:
    """Return the 32-bit name of a term."""
    return zlib.crc32(term.encode())


def pack(title: Sequence[str], body: Sequence[str], pinyin: Sequence[str]) -> bytes:
    """Return a record's terms: 5 bytes each, the title's counted TITLE_WEIGHT times."""
    counts: Counter[int] = Counter()
    for terms, weight in ((title, TITLE_WEIGHT), (body, 1), (pinyin, 1)):
        for term, times in Counter(terms).items():
            counts[term_hash(term)] += weight * times
    hashes = np.fromiter(counts.keys(), np.uint32, len(counts))
    heavy = np.minimum(np.fromiter(counts.values(), np.int64, len(counts)), MOST_COUNT)
    return hashes.tobytes() + heavy.astype(np.uint8).tobytes()


@dataclass(frozen=True, slots=True)
class Bags:
    """The bags of some candidates, unpacked once for all the questions that are put to them.

    Attributes:
        hashes, counts, owner: of each term, and which candidate it belongs to.
        lengths: of each candidate.
    """

    hashes: NDArray[np.uint32]
    counts: NDArray[np.uint8]
    owner: NDArray[np.int64]
    lengths: Floats

    @classmethod
    def of(cls, bags: Sequence[bytes], lengths: Sequence[int]) -> "Bags":
        """Unpack."""
        sizes = [len(bag) // 5 for bag in bags]
        hashes = b"".join(bag[: 4 * n] for bag, n in zip(bags, sizes, strict=True))
        counts = b"".join(bag[4 * n :] for bag, n in zip(bags, sizes, strict=True))
        return cls(
            np.frombuffer(hashes, "<u4"),
            np.frombuffer(counts, np.uint8),
            np.repeat(np.arange(len(bags)), sizes),
            np.array(lengths, np.float32),
        )

    def scores(self, terms: Sequence[Term], *, corpus: "Corpus") -> Floats:
        """Return the BM25 of each bag for a query, with the index's own formula."""
        at, maybe = self._found(terms)
        counts, owner = self.counts[maybe].astype(np.float32), self.owner[maybe]
        worth = [term.weight * corpus.rarity(term.documents) for term in terms]
        norm = K1 * (1 - B + B * self.lengths / corpus.mean_length)
        gained = np.array(worth, np.float32)[at] * counts * (K1 + 1) / (counts + norm[owner])
        return np.bincount(owner, gained, minlength=len(self.lengths)).astype(np.float32)

    def coverage(self, terms: Sequence[Term], *, corpus: "Corpus") -> Floats:
        """Return what the terms that each bag holds are worth, each counted once."""
        if not terms:
            return np.zeros(len(self.lengths), np.float32)
        at, maybe = self._found(terms)
        worth = np.array(
            [term.weight * corpus.rarity(term.documents) for term in terms], np.float32
        )
        held = np.bincount(self.owner[maybe], worth[at], minlength=len(self.lengths))
        return held.astype(np.float32)

    def _found(self, terms: Sequence[Term]) -> tuple[Places, Places]:
        """Return, for each place of a bag that holds one of the terms, which term, and the place."""
        names = np.array([term_hash(term.text) for term in terms], np.uint32)
        order = np.argsort(names)
        names = names[order]
        sieve = np.zeros(SIEVE, np.bool_)
        sieve[names & (SIEVE - 1)] = True
        maybe = np.flatnonzero(sieve[self.hashes & (SIEVE - 1)])
        hashes = self.hashes[maybe]
        at = np.minimum(np.searchsorted(names, hashes), len(names) - 1)
        same = names[at] == hashes
        return order[at[same]], maybe[same]


@dataclass(frozen=True, slots=True)
class Corpus:
    """How many records the index holds and how many terms each has on average."""

    records: int
    mean_length: float

    def rarity(self, documents: int) -> float:
        """Return the inverse document frequency, as FTS5's bm25() has it."""
        ratio = (self.records - documents + 0.5) / (documents + 0.5)
        return max(1e-6, float(np.log(max(ratio, 1e-9))))


def rarest(
    terms: Iterable[str], documents: Mapping[str, int], *, most: int, postings: int
) -> tuple[str, ...]:
    """Return the terms to ask the index for: rare ones first, while their lists are short enough.

    FEWEST_TERMS are kept though they are common, but a second one only with twice as many postings at most: of terms
    that a third of all records hold the first says as much as all of them.
    """
    known = sorted((term for term in terms if documents.get(term)), key=documents.__getitem__)
    kept: list[str] = []
    total = 0
    for term in known[:most]:
        total += documents[term]
        room = postings if len(kept) >= FEWEST_TERMS else FEWEST_TERMS * postings
        if total > room and kept:
            break
        kept.append(term)
    return tuple(kept)
