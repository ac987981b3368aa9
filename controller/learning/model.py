"""Makes the search model of a zone: vectors from its texts and answered questions, and family priors."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from content.canonical import sha256_hex
from content.search.analyse import normalise
from content.search.bags import term_hash
from content.search.learned import MOST_CHARACTERS, Learned, gram_hashes
from content.search.match import family
from content.search.vectors import SCALE, Floats
from controller.learning.training import Ids, Trainer, Vocabulary, sentences, single_characters

MEANING = 50.0
PRIOR = 5.0
"""Weights beside BM25, picked on the development half of data/search (docs/adr/0018)."""
SMOOTHING = 20.0
ALIKE = 60
TOGETHER = 512
"""Questions that are compared with all texts at once: 60,000 texts take 120 MB."""
SEED = 5


class Passage(NamedTuple):
    """A text that may answer.

    Attributes:
        group: what it is one of (articles, policies, items): priors are compared within a group.
        category: a part of the group, "" if it has none.
        title, text: as published.
    """

    group: str
    category: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A question and the places of the passages that answer it."""

    question: str
    answers: frozenset[int]


Progress = Callable[[str], None]


class ModelMaker:
    """Reads the texts once; then makes models from different sets of answered questions."""

    def __init__(self, passages: Sequence[Passage], *, progress: Progress) -> None:
        self._progress = progress
        self._families = [family(normalise(one.title)) for one in passages]
        self._categories = [(one.group, one.category) for one in passages]
        heads = {name: gram_hashes(name) for name in set(self._families)}
        cut = [one.text[:MOST_CHARACTERS] for one in passages]
        bodies = [gram_hashes(text) for text in cut]
        self._vocabulary = Vocabulary.of(
            [*bodies, *heads.values()], single_characters([*cut, *heads])
        )
        ids = self._vocabulary.ids
        self._heads = [ids(heads[name]) for name in self._families]
        self._bodies = [ids(body) for body in bodies]
        parts = [[ids(gram_hashes(one)) for one in sentences(text)] for text in cut]
        progress("texts read")
        self._base = self._read_texts(parts)
        self._passages = [
            np.concatenate(pair) for pair in zip(self._heads, self._bodies, strict=True)
        ]
        self._cloud = np.stack(
            [_encoded(ids, self._vocabulary.weights, self._base) for ids in self._passages]
        )

    def _read_texts(self, parts: Sequence[Sequence[Ids]]) -> Floats:
        trainer = Trainer(self._vocabulary, seed=SEED)
        rounds = 3
        for at in range(rounds):
            loss = trainer.read_texts(list(zip(self._heads, parts, strict=True)), rounds=1)
            self._progress(f"round {at + 1} of {rounds}: {loss:.3f}")
        return trainer.vectors

    def make(self, answered: Sequence[Answered]) -> Learned:
        """Return the model of these answered questions; of none, the texts alone teach it."""
        trainer = Trainer(self._vocabulary, seed=SEED, vectors=self._base)
        if answered:
            questions = [self._vocabulary.ids(gram_hashes(one.question)) for one in answered]
            kept = [at for at, ids in enumerate(questions) if len(ids)]
            answered, questions = [answered[at] for at in kept], [questions[at] for at in kept]
            trainer.read_answers(
                questions,
                [one.answers for one in answered],
                passages=self._passages,
                alike=self._alike(questions, [one.answers for one in answered]),
            )
        self._progress("answers read")
        names, priors, unknown = self._priors(answered)
        return self._packed(trainer.vectors, names, priors, unknown=unknown)

    def _alike(
        self, questions: Sequence[Ids], answers: Sequence[frozenset[int]]
    ) -> list[list[int]]:
        """Wrong passages near each question: nearest by the texts' own vectors."""
        found: list[list[int]] = []
        for start in range(0, len(questions), TOGETHER):
            part = slice(start, start + TOGETHER)
            asked = np.stack(
                [_encoded(ids, self._vocabulary.weights, self._base) for ids in questions[part]]
            )
            for near, right in zip(asked @ self._cloud.T, answers[part], strict=True):
                top = np.argpartition(-near, min(ALIKE, len(near) - 1))[:ALIKE]
                found.append([int(at) for at in top if at not in right])
            self._progress(f"{len(found)} of {len(questions)} questions compared with all texts")
        return found

    def _priors(self, answered: Sequence[Answered]) -> tuple[list[str], Floats, float]:
        """How often a passage of each family answers: logarithms, 0 for the best of its group.

        A family is smoothed by its category. A group that never answered anything has no priors: where
        nothing is known, nothing is preferred.
        """
        hits: Counter[str] = Counter()
        category_hits: Counter[tuple[str, str]] = Counter()
        for one in answered:
            for at in one.answers:
                hits[self._families[at]] += 1
                category_hits[self._categories[at]] += 1
        size, sizes = Counter(self._families), Counter(self._categories)
        logs: dict[str, dict[str, float]] = defaultdict(dict)
        for name, category in zip(self._families, self._categories, strict=True):
            usual = (category_hits[category] + 0.5) / (sizes[category] + 1)
            rate = (hits[name] + SMOOTHING * usual) / (size[name] + SMOOTHING)
            logs[category[0]][name] = float(np.log(rate))
        asked = {group for group, _ in category_hits}
        priors = {
            name: value - max(found.values())
            for group, found in logs.items()
            for name, value in found.items()
            if group in asked
        }
        names = sorted(priors, key=term_hash)
        seen = [priors[name] for name in names if hits[name]]
        unknown = float(np.median(seen)) if seen else 0.0
        return names, np.array([priors[name] for name in names], np.float32), unknown

    def _packed(
        self, vectors: Floats, names: Sequence[str], priors: Floats, *, unknown: float
    ) -> Learned:
        top = np.maximum(np.abs(vectors).max(axis=1), 1e-6)
        model = Learned(
            name="",
            hashes=self._vocabulary.hashes,
            vectors=np.round(vectors * (SCALE / top)[:, None]).astype(np.int8),
            scales=(self._vocabulary.weights * top / SCALE).astype(np.float32),
            families=np.array([term_hash(name) for name in names], np.uint32),
            priors=priors,
            unknown_family=unknown,
            meaning=MEANING,
            prior=PRIOR,
        )
        return replace(model, name="learned-" + sha256_hex(model.to_bytes())[:12])


def _encoded(ids: Ids, weights: Floats, vectors: Floats) -> Floats:
    total = weights[ids] @ vectors[ids]
    result: Floats = total / (np.linalg.norm(total) + 1e-6)
    return result
