"""Which words a row of syllables may stand for, looked up in the segmenter's dictionary as needed.

rjieba brings 350,000 words with frequencies but cannot list them; so combinations of common characters are
asked for, and remembered by syllables. Nothing is built at start, and memory grows with what is typed only.
"""

import math
from collections.abc import Iterable
from functools import lru_cache

import rjieba
from pypinyin import lazy_pinyin
from pypinyin.contrib.tone_convert import to_normal
from pypinyin.pinyin_dict import pinyin_dict

from kiosk.input.syllables import SYLLABLES

Scored = tuple[str, float]
"""A word and the natural logarithm of its share of all words."""

_TOTAL = 6.0e7
_CHARACTERS_A_SYLLABLE = 48
_WORDS_A_ROW = 24
_CHARACTERS_KEPT = 160
_SECOND_READING = math.log(0.05)
LONGEST_WORD = 4


class WordFinder:
    """Finds words by syllables; an initial such as "zh" stands for every syllable that begins so."""

    def __init__(self) -> None:
        self._dictionary = rjieba.Jieba()
        self._characters = _character_table(self._dictionary)
        self.words = lru_cache(maxsize=4096)(self._words)

    def forget(self) -> None:
        """Drop every word that was looked up."""
        self.words.cache_clear()

    def characters(self, syllable: str) -> tuple[Scored, ...]:
        """Return the characters of a syllable or initial, the most common first."""
        return self._characters.get(syllable, ())

    def _words(self, syllables: tuple[str, ...]) -> tuple[Scored, ...]:
        """Return the words of these syllables, the most common first."""
        if len(syllables) == 1:
            return self.characters(syllables[0])
        found = {}
        for text in self._combinations(syllables):
            if text not in found and self._dictionary.has_word(text):
                found[text] = self._score(text, syllables)
        return _best(found.items(), _WORDS_A_ROW)

    def _combinations(self, syllables: tuple[str, ...]) -> Iterable[str]:
        """Yield texts that may be words: a longer word begins or ends with a shorter one."""
        cut = 2 if len(syllables) == LONGEST_WORD else 1
        for at in {cut, len(syllables) - cut}:
            heads = self.words(syllables[:at])[:_CHARACTERS_A_SYLLABLE]
            tails = self.words(syllables[at:])[:_CHARACTERS_A_SYLLABLE]
            yield from (head + tail for head, _ in heads for tail, _ in tails)

    def _score(self, text: str, syllables: tuple[str, ...]) -> float:
        score = math.log(self._dictionary.suggest_freq(text) / _TOTAL)
        read = lazy_pinyin(text, v_to_u=False)
        agrees = all(said.startswith(typed) for said, typed in zip(read, syllables, strict=False))
        return score if agrees else score + _SECOND_READING


def _character_table(dictionary: "rjieba.Jieba") -> dict[str, tuple[Scored, ...]]:
    """Return characters by syllable and by initial, from GB 2312's 6,763 with all their readings."""
    table: dict[str, dict[str, float]] = {}
    for point, said in pinyin_dict.items():
        character = chr(point)
        if not _is_common(character):
            continue
        score = math.log(max(dictionary.suggest_freq(character), 1) / _TOTAL)
        for rank, reading in enumerate(said.split(",")):
            syllable = to_normal(reading, v_to_u=False)
            shown = score + (_SECOND_READING if rank else 0.0)
            for key in _keys(syllable):
                row = table.setdefault(key, {})
                row[character] = max(shown, row.get(character, -math.inf))
    return {key: _best(row.items(), _CHARACTERS_KEPT) for key, row in table.items()}


def _keys(syllable: str) -> list[str]:
    if syllable not in SYLLABLES:
        return []
    spelled = {"lve": "lue", "nve": "nue"}.get(syllable)
    starts = (syllable[:size] for size in range(1, len(syllable)))
    halves = [start for start in starts if start not in SYLLABLES]
    return [syllable, *([spelled] if spelled else []), *halves]


def _is_common(character: str) -> bool:
    try:
        return len(character.encode("gb2312")) > 1
    except UnicodeEncodeError:
        return False


def _best(scored: Iterable[Scored], count: int) -> tuple[Scored, ...]:
    return tuple(sorted(scored, key=lambda one: -one[1])[:count])
