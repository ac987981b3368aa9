"""Merges the grounds of many candidates into one order. Pure.

The rule and its weights were measured on judged questions (docs/adr/0018). Words, meaning and how often a
family of records answers are added up; what staff curated and what is surely meant comes before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from math import log

import numpy as np

from content.search.asking import Asked
from content.search.match import Mode
from content.search.request import Curation, Ranked, Why
from content.search.vectors import Floats

_ITEM = "item"
"""The kind of a service item."""
MEASURED_ON = 5_000
"""Records of the smaller of the two corpora that the weights were chosen on."""
LEAST_SHARE = 0.5
LONG = 1_000.0
"""Terms of a text from which on it matters fully whether its words stand together."""


@dataclass(frozen=True, slots=True)
class Mix:
    """How much each ground counts beside BM25.

    Attributes:
        meaning: the cosine of the learned vectors, as a share of what the model asks for.
        prior: how often the family answers, as a share of what the model asks for.
        sentence: the cosine of the sentence model's title vectors, beyond its floor.
        caution: power of the doubt with which the sentence model's share falls; for what has no other ground, at
            least the first.
        closeness: what the best window of a text holds of the query's words, beside BM25 of all of it.
    """

    meaning: float
    prior: float
    sentence: float
    caution: float
    closeness: float = 0.0

    def among(self, records: int, mean_length: float) -> "Mix":
        """Return the mix for a corpus of so many records, of so many terms each on average.

        Words are worth the logarithm of how rare they are: in a small corpus less than in the one that the weights
        were measured on, and nearness as much as ever. Names (item mode) hold everywhere. Where all texts are short,
        each is one window, and its words have been counted.
        """
        if self.caution == 0:
            return self
        share = min(1.0, max(LEAST_SHARE, (log(max(records, 2)) / log(MEASURED_ON)) ** 2))
        return replace(
            self,
            meaning=self.meaning * share,
            prior=self.prior * share,
            sentence=self.sentence * share,
            closeness=self.closeness * min(1.0, mean_length / LONG),
        )

    def heeds_meaning(self, certainty: float) -> bool:
        """Say whether meaning can still change the order when the words are this certain."""
        return self.caution == 0 or certainty < CERTAIN


MIXES = {
    Mode.ITEM: Mix(0.0, 0.0, 150.0, caution=0.0),
    Mode.QUESTION: Mix(1.3, 1.3, 150.0, caution=2.0, closeness=0.6),
    Mode.LATIN: Mix(0.0, 0.0, 0.0, caution=0.0),
    Mode.NUMBER: Mix(0.0, 0.0, 0.0, caution=0.0),
}

SENTENCE_FLOOR = 0.80
"""Cosine that two unrelated titles have: the sentence model's vectors point much the same way."""

TAIL = 0.33
"""Beyond the first ten, a hit that scores less than this share of the best one only makes people turn pages."""
ALWAYS = 10
"""Hits that are shown however far behind the best they are."""

CERTAIN = 0.5
"""Of this certainty the words alone decide."""
POPULAR = 0.02
"""Of the best score, at most: it decides between hits that are as good as equal and nowhere else."""
EXPIRED = 0.50
"""Below every valid record that fits at least half as well as the best; asked for by its name it still comes first."""
ELSEWHERE = 0.50
NEARER = 0.03


@dataclass(frozen=True, slots=True)
class Candidate:
    """A record that may be meant."""

    row: int
    record: str
    kind: str
    region: str
    name: str
    family: str
    expired: bool
    length: int
    bag: bytes


@dataclass(frozen=True, slots=True)
class Grounds:
    """One number for each candidate and ground.

    Attributes:
        words: BM25 of the query's characters.
        pinyin: BM25 of its syllables.
        related: BM25 of synonyms and of everyday names found in the query.
        meaning, sentence: cosines.
        prior: at most 0.
        closeness: what the words of its best window are worth.
        certainty: how much of what the query's rare words could give the best candidate gives, 0..1.
    """

    words: Floats
    pinyin: Floats
    related: Floats
    meaning: Floats
    sentence: Floats
    prior: Floats
    closeness: Floats
    certainty: float = 0.0


def joined(grounds: Grounds, more: Grounds) -> Grounds:
    """Return the grounds of some candidates and of more of them, whose words may be surer."""
    columns = {
        one.name: np.concatenate([getattr(grounds, one.name), getattr(more, one.name)])
        for one in fields(Grounds)
        if one.name != "certainty"
    }
    return replace(grounds, **columns, certainty=max(grounds.certainty, more.certainty))


def of_texts(candidates: Sequence[Candidate], meaning: Floats) -> Floats:
    """Return the learned vectors' ground for documents; an item gets what a document has on average.

    They are learned from running text: of an item's title and few words they say nothing (top three of everyday
    questions: 0.97 without, 0.88 with).
    """
    if not meaning.any():
        return meaning
    is_item = np.array([one.kind == _ITEM for one in candidates])
    usual = meaning[~is_item].mean() if not is_item.all() else 0.0
    return np.where(is_item, usual, meaning).astype(np.float32)


def totals(grounds: Grounds, mix: Mix) -> Floats:
    """Return the score of each candidate."""
    sentence = np.maximum(grounds.sentence - SENTENCE_FLOOR, 0)
    doubt = max(0.0, 1 - grounds.certainty / CERTAIN)
    is_near_only = (grounds.words <= 0) & (grounds.pinyin <= 0) & (grounds.related <= 0)
    caution = np.where(is_near_only, max(mix.caution, 1.0), mix.caution)
    total: Floats = (
        grounds.words
        + grounds.pinyin
        + grounds.related
        + mix.meaning * doubt * grounds.meaning
        + mix.prior * doubt * grounds.prior
        + mix.sentence * doubt**caution * sentence
        + mix.closeness * grounds.closeness
    )
    return total


def curated(candidates: Sequence[Candidate], scores: Floats, curation: Curation) -> Floats:
    """Return the scores, moved mildly by region, popularity and validity."""
    if not len(scores):
        return scores
    top = max(1.0, float(scores.max()))
    places = {code: at for at, code in enumerate(curation.region_chain)}
    moved = [_moved(candidate, curation, places) for candidate in candidates]
    result: Floats = scores + top * np.array(moved, np.float32)
    return result


def _moved(candidate: Candidate, curation: Curation, places: Mapping[str, int]) -> float:
    share = POPULAR * curation.popularity.get(candidate.record, 0.0)
    if candidate.expired or candidate.record in curation.expired:
        share -= EXPIRED
    if not places or not candidate.region:
        return share
    at = places.get(candidate.region)
    return share - ELSEWHERE if at is None else share + NEARER * (len(places) - at)


def worth_showing(scores: Floats) -> int:
    """Return how many of the hits with these falling scores are more than noise behind the best."""
    if len(scores) <= ALWAYS:
        return len(scores)
    return max(ALWAYS, int((scores >= TAIL * scores[0]).sum()))


def why_there(
    best: Sequence[int], records: Sequence[str], *, grounds: Grounds, asked: Asked
) -> list[Ranked]:
    """Return the best candidates as hits, each with the ground that gives it most."""
    words, pinyin, related = (
        one.tolist() for one in (grounds.words, grounds.pinyin / 2, grounds.related)
    )
    through = next(iter(asked.said.phrases), "")
    named = asked.said.records
    hits = []
    for at in best:
        record = records[at]
        most = max(words[at], pinyin[at], related[at])
        if record in named:
            hits.append(Ranked(record, Why.ALIAS, named[record]))
        elif most <= 0:
            hits.append(Ranked(record, Why.MEANING))
        elif most == words[at]:
            hits.append(Ranked(record, Why.TEXT))
        elif most == pinyin[at]:
            hits.append(Ranked(record, Why.PINYIN))
        else:
            hits.append(Ranked(record, Why.SYNONYM, through))
    return hits
