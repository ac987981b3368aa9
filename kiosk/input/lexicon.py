"""The words of what this kiosk holds, so that its own titles come before all others.

Words and spans of two to four words of each title, found by full pinyin (nongcunweifanggaizao) and by
initials (ncwfgz). Built from published content alone; nothing that a citizen types gets in.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import takewhile

import rjieba
from pypinyin import lazy_pinyin

from kiosk.input.engine import Candidate

_SPAN_WORDS = 4
_LONGEST = 16
_FOUR = 4
_SHORTEST_COMPLETION = 4
_MOST = 6


class ContentLexicon:
    """Knows the words of titles. Adding a title twice changes nothing but its words' weight."""

    def __init__(self) -> None:
        self._weights: Counter[str] = Counter()
        self._by_pinyin: dict[str, list[str]] = {}
        self._by_initials: dict[str, list[str]] = {}
        self._sorted: list[str] = []
        self._is_sorted = True

    def __len__(self) -> int:
        return len(self._weights)

    def add(self, titles: Iterable[str]) -> None:
        """Take in the words of more titles."""
        for title in titles:
            for span in set(spans_of(title)):
                self._add(span)

    def exact(self, letters: str) -> tuple[Candidate, ...]:
        """Return the texts that are spelled by exactly these letters."""
        return self._ranked(self._by_pinyin.get(letters, ()), len(letters))

    def by_initials(self, letters: str) -> tuple[Candidate, ...]:
        """Return the texts of which these letters are the initials."""
        return self._ranked(self._by_initials.get(letters, ()), len(letters))

    def completions(self, letters: str) -> tuple[Candidate, ...]:
        """Return the shortest texts whose spelling goes on from these letters."""
        if len(letters) < _SHORTEST_COMPLETION:
            return ()
        self._sort()
        start = bisect_left(self._sorted, letters)
        spelled = takewhile(lambda key: key.startswith(letters), self._sorted[start : start + 200])
        texts = [text for key in spelled if key != letters for text in self._by_pinyin[key]]
        texts.sort(key=lambda text: (len(text), -self._weights[text]))
        return tuple(Candidate(text, len(letters)) for text in texts[:_MOST])

    def beginnings(self, letters: str) -> tuple[Candidate, ...]:
        """Return the texts that are spelled by the first of these letters, the longest first."""
        return tuple(
            candidate
            for end in range(len(letters) - 1, 1, -1)
            for candidate in self.exact(letters[:end])[:2]
        )

    def _add(self, span: str) -> None:
        self._weights[span] += 1
        if self._weights[span] > 1:
            return
        said = lazy_pinyin(span, v_to_u=False)
        spelled = "".join(said)
        if spelled not in self._by_pinyin:
            self._sorted.append(spelled)
            self._is_sorted = False
        self._by_pinyin.setdefault(spelled, []).append(span)
        self._by_initials.setdefault("".join(one[0] for one in said), []).append(span)

    def _sort(self) -> None:
        if not self._is_sorted:
            self._sorted.sort()
            self._is_sorted = True

    def _ranked(self, texts: Iterable[str], consumed: int) -> tuple[Candidate, ...]:
        best = sorted(texts, key=lambda text: (-self._weights[text], len(text)))
        return tuple(Candidate(text, consumed) for text in best[:_MOST])


def spans_of(title: str) -> Iterator[str]:
    """Yield the words of a title and the rows of two to four of them, Chinese characters alone."""
    for run in _hanzi_runs(title):
        words = rjieba.cut(run)
        yield from _rows_of(words)
        halves = [half for word in words for half in _halves(word)]
        if len(halves) > len(words):
            yield from _rows_of(halves)
        if 1 < len(run) <= _LONGEST:
            yield run


def _rows_of(words: list[str]) -> Iterator[str]:
    for start in range(len(words)):
        for end in range(start + 1, min(start + _SPAN_WORDS, len(words)) + 1):
            span = "".join(words[start:end])
            if 1 < len(span) <= _LONGEST:
                yield span


def _halves(word: str) -> list[str]:
    """Return a word of four characters as its two words (危房改造: 危房, 改造), else the word."""
    if len(word) != _FOUR:
        return [word]
    cut = [word[:2], word[2:]]
    return cut if [one for half in cut for one in rjieba.cut(half)] == cut else [word]


def _hanzi_runs(title: str) -> list[str]:
    return "".join(one if "一" <= one <= "鿿" else " " for one in title).split()
