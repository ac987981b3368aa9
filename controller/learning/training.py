"""Trains vectors of characters and bigrams so that a question lies near the passage that answers it.

First from the texts alone: a sentence should find the rest of its passage among 511 others. Then from answered
questions, against passages that look alike. Plain numpy on one core, a minute for 60,000 articles.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from content.search.learned import gram_hashes
from content.search.vectors import Floats

DIMENSIONS = 128
FEWEST_TEXTS = 4
"""Terms of fewer texts teach nothing."""
SHARPNESS = 0.05
BATCH = 512
ANSWER_BATCH = 64
WRONG_EACH = 4
KEPT = 0.85
SHORT = 6
MOST_QUERY_TERMS = 60
MOST_PASSAGE_TERMS = 120
COMMON = 2e-4
SINGLE = 0.5
"""What a single character counts beside a bigram."""
_SENTENCE = re.compile("[。；;\n：]")
_FEWEST_CHARACTERS = 5

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Terms by their hash, ascending, with the weight of each."""

    hashes: NDArray[np.uint32]
    weights: Floats

    @classmethod
    def of(cls, texts: Sequence[NDArray[np.uint32]], singles: NDArray[np.uint32]) -> "Vocabulary":
        """Return the terms of enough texts; `singles` are the hashes of single characters."""
        each = np.concatenate([np.unique(text) for text in texts] or [np.empty(0, np.uint32)])
        hashes, counts = np.unique(each, return_counts=True)
        hashes, counts = hashes[counts >= FEWEST_TEXTS], counts[counts >= FEWEST_TEXTS]
        weights = 1 / np.sqrt(1 + counts / (max(1, len(texts)) * COMMON))
        weights[np.isin(hashes, singles)] *= SINGLE
        return cls(hashes, weights.astype(np.float32))

    def ids(self, names: NDArray[np.uint32]) -> Ids:
        """Return the places of the known terms of a text."""
        if not len(self.hashes):
            return np.empty(0, np.int64)
        at = np.minimum(np.searchsorted(self.hashes, names), len(self.hashes) - 1)
        known: Ids = at[self.hashes[at] == names]
        return known


class Trainer:
    """Holds the vectors while they are learned. One draw of chance, given by the seed."""

    def __init__(self, vocabulary: Vocabulary, *, seed: int, vectors: Floats | None = None) -> None:
        self.vocabulary = vocabulary
        self._chance = np.random.default_rng(seed)
        shape = (len(vocabulary.hashes), DIMENSIONS)
        drawn = self._chance.standard_normal(shape) / np.sqrt(DIMENSIONS)
        self.vectors: Floats = (drawn if vectors is None else vectors).astype(np.float32)
        self._first = np.zeros(shape, np.float32)
        self._second = np.zeros(shape, np.float32)

    def read_texts(self, passages: Sequence[tuple[Ids, Sequence[Ids]]], *, rounds: int) -> float:
        """Learn from passages, each a head and its sentences; return the loss of the last round."""
        mean = 0.0
        for _ in range(rounds):
            losses = []
            order = self._chance.permutation(len(passages))
            for start in range(0, len(order), BATCH):
                parted = [self._parted(*passages[at]) for at in order[start : start + BATCH]]
                pairs = [pair for pair in parted if pair]
                if len(pairs) > 1:
                    losses.append(
                        self._step([a for a, _ in pairs], [b for _, b in pairs], rate=0.01)
                    )
            mean = float(np.mean(losses)) if losses else 0.0
        return mean

    def read_answers(
        self,
        questions: Sequence[Ids],
        answers: Sequence[frozenset[int]],
        *,
        passages: Sequence[Ids],
        alike: Sequence[Sequence[int]],
        rounds: int = 8,
    ) -> None:
        """Learn from questions with the places of their answers, against passages that look alike."""
        pairs = [(q, a) for q, found in enumerate(answers) for a in sorted(found)]
        for _ in range(rounds):
            order = self._chance.permutation(len(pairs))
            for start in range(0, len(pairs), ANSWER_BATCH):
                batch = [pairs[at] for at in order[start : start + ANSWER_BATCH]]
                self._answer_step(batch, questions, answers, passages=passages, alike=alike)

    def _answer_step(
        self,
        batch: list[tuple[int, int]],
        questions: Sequence[Ids],
        answers: Sequence[frozenset[int]],
        *,
        passages: Sequence[Ids],
        alike: Sequence[Sequence[int]],
    ) -> None:
        right = [answer for _, answer in batch]
        taken = {answer for question, _ in batch for answer in answers[question]}
        wrong = [
            int(other)
            for question, _ in batch
            for other in self._few(alike[question], WRONG_EACH)
            if other not in taken
        ]
        shown = right + wrong
        also = np.zeros((len(batch), len(shown)), np.bool_)
        for at, (question, answer) in enumerate(batch):
            also[at] = [other != answer and other in answers[question] for other in shown]
        asked = [self._thinned(questions[question]) for question, _ in batch]
        self._step(asked, [passages[at] for at in shown], rate=0.01, also_right=also)

    def _few(self, values: Sequence[int], most: int) -> list[int]:
        if not len(values):
            return []
        order = self._chance.permutation(len(values))[:most]
        return [values[at] for at in order]

    def _thinned(self, ids: Ids) -> Ids:
        """Leave a few terms of a longer question out, so that no single one is leant on."""
        kept = self._chance.random(len(ids)) < KEPT
        return ids[kept] if len(ids) > SHORT else ids

    def _parted(self, head: Ids, sentences: Sequence[Ids]) -> tuple[Ids, Ids] | None:
        """Return one sentence, and head and the rest; a lone sentence is cut at random."""
        if len(sentences) > 1:
            at = int(self._chance.integers(len(sentences)))
            asked, rest = sentences[at], [*sentences[:at], *sentences[at + 1 :]]
        elif sentences:
            half = self._chance.integers(2, size=len(sentences[0])) == 0
            asked, rest = sentences[0][half], [sentences[0][~half]]
        else:
            return None
        passage = np.concatenate([head, *rest])
        if min(len(asked), len(passage)) <= 1:
            return None
        return self._cut(asked, MOST_QUERY_TERMS), self._cut(passage, MOST_PASSAGE_TERMS)

    def _cut(self, ids: Ids, most: int) -> Ids:
        return ids if len(ids) <= most else self._chance.choice(ids, most, replace=False)

    def _step(
        self,
        asked: Sequence[Ids],
        shown: Sequence[Ids],
        *,
        rate: float,
        also_right: NDArray[np.bool_] | None = None,
    ) -> float:
        """Pull each question to the passage at its own place and away from the others."""
        used_a, bag_a = self._bag(asked)
        used_b, bag_b = self._bag(shown)
        a, length_a = _unit(bag_a @ self.vectors[used_a])
        b, length_b = _unit(bag_b @ self.vectors[used_b])
        near = a @ b.T / SHARPNESS
        if also_right is not None:
            near[also_right] = -1e9
        near -= near.max(axis=1, keepdims=True)
        share = np.exp(near)
        share /= share.sum(axis=1, keepdims=True)
        own = np.arange(len(asked))
        loss = float(-np.log(share[own, own] + 1e-9).mean())
        share[own, own] -= 1
        share /= SHARPNESS * len(asked)
        slope_a = bag_a.T @ _through_unit(share @ b, a, length_a)
        slope_b = bag_b.T @ _through_unit(share.T @ a, b, length_b)
        self._move(used_a, slope_a, rate)
        self._move(used_b, slope_b, rate)
        return loss

    def _bag(self, texts: Sequence[Ids]) -> tuple[Ids, Floats]:
        joined = np.concatenate(list(texts))
        used, at = np.unique(joined, return_inverse=True)
        bag = np.zeros((len(texts), len(used)), np.float32)
        rows = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
        np.add.at(bag, (rows, at), self.vocabulary.weights[joined])
        return used, bag

    def _move(self, used: Ids, slope: Floats, rate: float) -> None:
        """One step of Adam on the rows that were used."""
        self._first[used] = 0.9 * self._first[used] + 0.1 * slope
        self._second[used] = 0.999 * self._second[used] + 0.001 * slope * slope
        self.vectors[used] -= rate * self._first[used] / (np.sqrt(self._second[used] * 20) + 1e-6)


def sentences(text: str) -> list[str]:
    """Return the sentences of a text that are long enough to say something."""
    return [one for one in _SENTENCE.split(text) if len(one) > _FEWEST_CHARACTERS]


def single_characters(texts: Sequence[str]) -> NDArray[np.uint32]:
    """Return the hashes of all single characters of the texts."""
    return np.unique(gram_hashes(" ".join({sign for text in texts for sign in text})))


def _unit(vectors: Floats) -> tuple[Floats, Floats]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True) + 1e-6
    return vectors / lengths, lengths


def _through_unit(slope: Floats, unit: Floats, lengths: Floats) -> Floats:
    result: Floats = (slope - unit * (slope * unit).sum(axis=1, keepdims=True)) / lengths
    return result
