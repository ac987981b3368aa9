"""A pinyin engine in pure Python: the most likely row of words for a row of letters.

Stands in where libgooglepinyin is not installed. Unigram Viterbi over every way to cut the letters into
syllables; the last syllable may be unfinished, and initials alone are understood (ylj).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from kiosk.input.engine import Candidate, Composition
from kiosk.input.syllables import SYLLABLES, steps_from
from kiosk.input.words import LONGEST_WORD, WordFinder

MAX_LETTERS = 40
_VOWELS = frozenset("aeiouv")
_INITIAL_COST = -4.0
"""Added for each syllable of which only the initial was typed."""
_KEPT = 3
"""Rows of words kept at each place."""
_MOST = 60


@dataclass(frozen=True, slots=True)
class _Row:
    """Words so far, and how likely they are."""

    text: str
    score: float


class ViterbiPinyin:
    """The engine. Its tables are made at the first letter, not at start."""

    def __init__(self) -> None:
        self._finder: WordFinder | None = None

    def compose(self, letters: str) -> Composition:
        """Return the best sentences, then words and characters for their beginning."""
        letters = letters[:MAX_LETTERS]
        rows, end = self._sentences(letters)
        found = [Candidate(row.text, end) for row in rows]
        found += self._beginnings(letters)
        return Composition(tuple(dict.fromkeys(found))[:_MOST])

    def reset(self) -> None:
        """Forget the words that were looked up: they tell what was typed."""
        if self._finder is not None:
            self._finder.forget()

    @property
    def _words(self) -> WordFinder:
        if self._finder is None:
            self._finder = WordFinder()
        return self._finder

    def _sentences(self, letters: str) -> tuple[list[_Row], int]:
        """Return the best rows of words and how many letters they stand for."""
        best: list[list[_Row]] = [[_Row("", 0.0)], *([] for _ in letters)]
        for start in range(len(letters)):
            if best[start]:
                for syllables, end in _cuts(letters, start):
                    self._extend(best[start], best[end], syllables)
        end = max(at for at, rows in enumerate(best) if rows)
        return (best[end], end) if end else ([], 0)

    def _extend(self, before: list[_Row], after: list[_Row], syllables: tuple[str, ...]) -> None:
        cost = _cost(syllables)
        rows = after + [
            _Row(row.text + text, row.score + score + cost)
            for text, score in self._words.words(syllables)[:_KEPT]
            for row in before
        ]
        rows.sort(key=lambda row: row.score)  # so that the likeliest of equal texts is kept below
        likeliest = {row.text: row for row in rows}
        after[:] = sorted(likeliest.values(), key=lambda row: -row.score)[:_KEPT]

    def _beginnings(self, letters: str) -> list[Candidate]:
        """Return words for the beginning, longest first, then characters for the first syllable."""
        scored = [
            (len(syllables), score + _cost(syllables), Candidate(text, end))
            for syllables, end in _cuts(letters, 0)
            for text, score in self._words.words(syllables)
        ]
        scored.sort(key=lambda one: (-one[0], -one[1]))
        return [candidate for _, _, candidate in scored]


def _cost(syllables: tuple[str, ...]) -> float:
    return _INITIAL_COST * sum(1 for one in syllables if one not in SYLLABLES)


def _cuts(letters: str, start: int) -> tuple[tuple[tuple[str, ...], int], ...]:
    """Return each way to cut one to four syllables off at a place, with the place where they end."""
    return tuple(_cuts_from(letters, start, ()))


def _cuts_from(
    letters: str, start: int, before: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], int]]:
    for step in steps_from(letters, start):
        end = start + len(step)
        if not _stands_alone(step, letters[end:]):
            continue
        syllables = (*before, step)
        yield syllables, end
        if len(syllables) < LONGEST_WORD:
            yield from _cuts_from(letters, end, syllables)


def _stands_alone(step: str, rest: str) -> bool:
    """Say whether the step may end here: an initial before a vowel is a syllable half cut."""
    is_half = rest[:1] in _VOWELS or (rest[:1] == "h" and step in {"z", "c", "s"})
    return step in SYLLABLES or not (rest and is_half)
