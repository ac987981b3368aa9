"""Text to search terms: normal form, character bigrams, pinyin and initials, document numbers.

Bigrams and not words: half of all Chinese words have two characters, a bigram never mis-segments and
survives one wrong character. Pinyin terms give homophone tolerance and latin input from one mechanism.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Protocol

_RUN = re.compile(r"[a-z0-9]+|[㐀-鿿豈-﫿\U00020000-\U0003ffff]+")
_QUESTION = re.compile(
    r"什么|怎么|如何|哪[里些个儿]|多少|多久|吗|呢|能不能|可不可以|有没有|为什么|谁|几[天年个]|[??]"
)
_STOP = frozenset(
    re.findall(
        "..",
        "什么怎么么办如何哪里哪些有哪多少多久能不不能可以可不不可有没没有为什请问我想想问一下办理需要要什怎样多长长时时间",
    )
)


class _Converter(Protocol):
    def convert(self, text: str) -> str: ...


QUESTION_LENGTH = 20
"""More characters than this make a query a question (search.md section 0, point 3)."""


def normalise(text: str) -> str:
    """Return the search form: half width, lower case, simplified characters."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return _simplifier().convert(folded) if _may_be_traditional(folded) else folded


def normal_chars(text: str) -> tuple[str, ...]:
    """Return the search form of each character, so that positions map back to the text."""
    return tuple(unicodedata.normalize("NFKC", character).lower() for character in text)


def runs(text: str) -> list[str]:
    """Return runs of latin or of Chinese characters of a normalised text."""
    return _RUN.findall(text)


def bigrams(text: str) -> list[str]:
    """Return the bigrams of each Chinese run and each latin word, in order, of a normalised text."""
    terms: list[str] = []
    for run in runs(text):
        if run[0].isascii() or len(run) == 1:
            terms.append(run)
        else:
            terms += [run[at : at + 2] for at in range(len(run) - 1)]
    return terms


@dataclass(frozen=True, slots=True)
class TitleTerms:
    """What the title columns of the index hold: space-separated terms, and keys for suggestions."""

    pinyin: str
    initials: str
    full_key: str
    initials_key: str


def title_terms(title: str) -> TitleTerms:
    """Return pinyin and initials terms of a title (needs pypinyin, 0.4 s at its first use)."""
    syllables = syllables_of(title)
    initials = "".join(syllable[0] for syllable in syllables)
    return TitleTerms(
        " ".join(pinyin_terms(syllables)),
        " ".join(initials_terms(initials)),
        "".join(syllables),
        initials,
    )


def syllables_of(text: str) -> list[str]:
    """Return the toneless syllables of the Chinese characters, latin runs kept as they are."""
    from pypinyin import Style, lazy_pinyin

    syllables: list[str] = []
    for run in runs(normalise(text)):
        if run[0].isascii():
            syllables.append(run)
        else:
            read = lazy_pinyin(run, style=Style.NORMAL, errors="ignore", v_to_u=False)
            syllables += [syllable for syllable in read if syllable.isascii()]
    return syllables


def pinyin_terms(syllables: list[str]) -> list[str]:
    """Return syllable bigrams, one for each neighbouring pair; a single syllable stands alone."""
    if len(syllables) == 1:
        return [f"{syllables[0]}0"]
    return [f"{one}0{two}" for one, two in pairwise(syllables)]


def initials_terms(initials: str) -> list[str]:
    """Return bigrams and trigrams of initials."""
    return [
        initials[at : at + size]
        for size in (2, 3)
        for at in range(max(0, len(initials) - size + 1))
    ]


def is_question(text: str) -> bool:
    """Say whether a query is asked as a question rather than named as an item."""
    return len(text) > QUESTION_LENGTH or bool(_QUESTION.search(text))


def without_question_words(terms: list[str]) -> list[str]:
    """Return the terms that carry meaning; all of them if none would be left."""
    kept = [term for term in terms if term not in _STOP]
    return kept or terms


def split_syllables(letters: str) -> list[str] | None:
    """Return letters cut into pinyin syllables, fewest first, or None if they are not pinyin.

    The last piece may be an unfinished syllable of at least two letters.
    """
    best: list[list[str] | None] = [[]] + [None] * len(letters)
    known, longest = _syllables()
    for end in range(1, len(letters) + 1):
        for start in range(max(0, end - longest), end):
            head, piece = best[start], letters[start:end]
            if head is not None and piece in known:
                shorter = best[end]
                if shorter is None or len(head) + 1 < len(shorter):
                    best[end] = [*head, piece]
    return best[-1]


@lru_cache(maxsize=1)
def _syllables() -> tuple[frozenset[str], int]:
    from pypinyin import Style
    from pypinyin.constants import PINYIN_DICT
    from pypinyin.style import convert

    known: set[str] = set()
    for readings in PINYIN_DICT.values():
        for reading in readings.split(","):
            plain = convert(reading, Style.NORMAL, strict=False)
            if plain.isascii() and plain.isalpha():
                known.add(plain)
    known -= {letter for letter in known if len(letter) == 1 and letter not in "aeo"}
    return frozenset(known), max(map(len, known))


_TRADITIONAL = frozenset(
    "國務險農業養發門書長東車馬見貝風龍電學員會個來時說對麼開關問題經濟體補貼證請辦區縣鎮報醫療"
    "衛環產權務勞動類單價費稅戶籍婚領導結構師錢銀廳縣補償徵遷築"
)


def _may_be_traditional(text: str) -> bool:
    return not _TRADITIONAL.isdisjoint(text)


@lru_cache(maxsize=1)
def _simplifier() -> _Converter:
    import opencc

    converter: _Converter = opencc.OpenCC("t2s")
    return converter
