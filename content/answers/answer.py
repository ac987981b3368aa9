"""Choose the passage that answers a question, or say that there is none. Nothing is ever worded anew.

A quotation is a substring of the record that approvers signed. How sure we are is measured: how much of the question
the record and the passage cover, and how far the next record is behind (benchmarks.answers sets the thresholds).
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from content.answers.passages import CutText, Passage, cut
from content.disclosure.record import DisclosureRecord
from content.search.analyse import bigrams, normalise, without_question_words
from content.search.highlight import Spans, mark

SURE = 8.2
"""From here on one passage is quoted alone."""
LEAST = 6.2
"""Below this nothing is quoted: 没有找到 is the honest answer."""
MOST = 3
"""Passages quoted when several may answer."""
MOST_RECORDS = 5
FIRST = 0.6
"""How much the sentence with which a passage begins counts beside the whole."""
NEARLY = 0.7
"""A second passage of the same record is quoted too if it covers this share of what the best one covers."""

_EMPTY_WORDS = re.compile(
    "请问|我想问|想问一下|什么时候|什么样的|什么|怎么办|怎么样|怎么|怎样|如何|哪些|哪里|哪儿|哪个|哪家|哪几个?|哪|多少|多久|几个|几天"
    "|是否|为什么|为何|何时|何地|有何|何种|应当|应该|需要|可以|能不能|能否|有没有|吗|呢|的|了|是|在|对|和|与|及|等|有|要|由|从|到|为|将|把|被"
    "|进行|主要|具体|方面|措施|要求|采取|做|该|其|之|关于|对于|内容|情况|目的"
)
_LETTER = re.compile(r"\w")


class Certainty(StrEnum):
    """How the question was answered."""

    FOUND = "found"
    SEVERAL = "several"
    NOT_STATED = "not_stated"
    """The item is known, but its guide does not say this."""
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True)
class Answer:
    """One quotation and where it stands.

    Attributes:
        record: id of the record.
        title: its title.
        quote: a substring of its text or of its guide fields.
        marks: spans of the quotation that the question's words cover.
        article: article, heading or guide field that it stands under, "" where there is none.
        day: the date of the record, None where it states none.
        source: the body that issued it, or the department.
        confidence: comparable with SURE and LEAST.
    """

    record: str
    title: str
    quote: str
    marks: Spans = ()
    article: str = ""
    day: date | None = None
    source: str = ""
    confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class Answers:
    """The answer to a question; `about` and `phone` name the item whose guide does not say it."""

    certainty: Certainty
    quoted: tuple[Answer, ...] = ()
    about: str = ""
    phone: str = ""


NO_ANSWER = Answers(Certainty.NOT_FOUND)


class Rarity(Protocol):
    """How rare terms are in all that is published here."""

    def __call__(self, terms: tuple[str, ...]) -> Mapping[str, float]:
        """Return term -> inverse document frequency; terms that occur nowhere are the rarest."""
        ...


@dataclass(frozen=True, slots=True)
class _Support:
    record: DisclosureRecord
    text: CutText
    passages: tuple[Passage, ...]
    strength: float
    coverage: float
    letters: float


def answer(
    question: str,
    records: Iterable[DisclosureRecord],
    *,
    rarity: Rarity,
    least: float = LEAST,
) -> Answers:
    """Return quotations out of the records that the search found for a question.

    Args:
        question: as asked.
        records: what the search found, best first.
        rarity: how rare terms are.
        least: confidence below which nothing is quoted.
    """
    asked = _Asked.read(question, rarity)
    if asked is None:
        return NO_ANSWER
    held = [asked.best_in(record) for record in list(records)[:MOST_RECORDS]]
    supports = sorted((one for one in held if one), key=lambda one: -one.strength)
    if not supports:
        return NO_ANSWER
    confidence = _confidence(supports[0], supports)
    if confidence < least:
        return NO_ANSWER
    quoted = [one for held in supports for one in _quotations(held, question, supports)]
    if confidence < SURE:
        # The nearest rivals are shown too: when we are unsure, people judge.
        return Answers(Certainty.SEVERAL, tuple(quoted[:MOST]))
    alone = tuple(one for one in quoted if one.record == supports[0].record.id)
    certainty = Certainty.FOUND if len(alone) == 1 else Certainty.SEVERAL
    return Answers(certainty, alone)


def _confidence(one: _Support, supports: list[_Support]) -> float:
    others = [other.strength for other in supports if other.record.id != one.record.id]
    margin = one.strength - max(others, default=0.0)
    return 1.4 * one.coverage + 5.1 * one.letters + 5.5 * margin


def _quotations(one: _Support, question: str, supports: list[_Support]) -> Iterator[Answer]:
    record, confidence = one.record, _confidence(one, supports)
    for passage in one.passages:
        quote = one.text.text[passage.start : passage.end].strip()
        yield Answer(
            record=record.id,
            title=record.title,
            quote=quote,
            marks=mark(quote, question),
            article=passage.article if passage.article not in quote else "",
            day=record.written_on or record.published_on,
            source=record.issuing_body,
            confidence=confidence,
        )


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question as terms with their weights, and the places of its characters that carry meaning."""

    plain: str
    weights: Mapping[str, float]
    meant: tuple[bool, ...]

    @classmethod
    def read(cls, question: str, rarity: Rarity) -> "_Asked | None":
        plain = normalise(question)
        terms = tuple(dict.fromkeys(without_question_words(bigrams(plain))))
        weights = rarity(terms) if terms else {}
        meant = [bool(_LETTER.match(character)) for character in plain]
        for empty in _EMPTY_WORDS.finditer(plain):
            meant[empty.start() : empty.end()] = [False] * (empty.end() - empty.start())
        return cls(plain, weights, tuple(meant)) if sum(weights.values()) and any(meant) else None

    def best_in(self, record: DisclosureRecord) -> _Support | None:
        text = cut(record)
        plain = _same_length(text.text)
        title = _same_length(record.title)
        whole = f"{title}\n{plain}"
        coverage, letters = self._covered(whole), self._letters(whole)
        base = 0.3 * self._covered(title) + 0.3 * coverage + 0.5 * letters
        passages = self._best_passages(plain, text.passages)
        if not passages:
            return None
        held = plain[passages[0].start : passages[0].end]
        strength = base + self._covered(held) + 0.5 * self._letters(held)
        return _Support(record, text, passages, strength, coverage, letters)

    def _best_passages(self, plain: str, passages: tuple[Passage, ...]) -> tuple[Passage, ...]:
        """Return the passage that covers most, and one elsewhere in the text that covers nearly as much.

        Among equals the one is taken that begins nearest to what it is about.
        """
        valued = [
            (
                self._covered(plain[one.start : one.end])
                + FIRST * self._covered(plain[one.start : one.lead]),
                one,
            )
            for one in passages
        ]
        if not any(value for value, _ in valued):
            return ()
        best, first = max(valued, key=lambda pair: (pair[0], pair[1].start))
        apart = [
            (value, one)
            for value, one in valued
            if (one.start >= first.end or one.end <= first.start) and value >= NEARLY * best
        ]
        if not apart:
            return (first,)
        return (first, max(apart, key=lambda pair: (pair[0], pair[1].start))[1])

    def _covered(self, text: str) -> float:
        """Return the share of the question's weight that a text holds."""
        held = sum(weight for term, weight in self.weights.items() if term in text)
        return held / sum(self.weights.values())

    def _letters(self, text: str) -> float:
        """Return the share of meaning characters that stand in a pair which the text holds."""
        hit = [False] * len(self.plain)
        for at in range(len(self.plain) - 1):
            if self.plain[at : at + 2] in text:
                hit[at] = hit[at + 1] = True
        meant = [at for at, is_meant in enumerate(self.meant) if is_meant]
        return sum(hit[at] for at in meant) / len(meant)


def _same_length(text: str) -> str:
    """Return the normal form with each character in its place, so that positions hold for the original."""
    plain = normalise(text)
    if len(plain) == len(text):
        return plain
    return "".join(
        folded if len(folded := normalise(character)) == 1 else character for character in text
    )
