"""What is offered while somebody types: titles and everyday names that begin so, and what sounds the same. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from content.search.analyse import normalise, syllables_of, title_terms
from content.search.curated import query_key
from content.search.highlight import Spans
from content.search.request import Curation

_FOLDS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"), ("l", "n"))
"""What people of many places do not tell apart (kiosk.md B5)."""
_LEAST_MEANT = 2


@dataclass(frozen=True, slots=True)
class Completion:
    """One suggestion; `through` is the everyday name that led to it, "" if its own words did."""

    text: str
    marks: Spans = ()
    through: str = ""


def complete(
    key: str, titles: Iterable[tuple[str, bool]], *, curation: Curation, limit: int
) -> tuple[Completion, ...]:
    """Return suggestions in the order in which they are shown.

    Args:
        key: what was typed so far, in normal form without spaces; or the open pinyin.
        titles: (title, whether it is a service item) of what the suggestion table holds for the key.
        curation: the curated words: everyday names are offered too, denied phrases never.
        limit: at most so many.
    """
    items: list[Completion] = []
    documents: list[Completion] = []
    for title, is_item in titles:
        (items if is_item else documents).append(Completion(title, _marks(title, key)))
    names = [
        Completion(name, _marks(name, key))
        for name in _everyday_names(curation)
        if _begins(name, key)
    ]
    names.sort(key=lambda one: len(one.text))
    offered: dict[str, Completion] = {}
    for one in (*names, *sorted(items, key=_length), *sorted(documents, key=_length)):
        plain = query_key(one.text)
        if plain != key and not any(denied in plain for denied in curation.denied):
            offered.setdefault(plain, one)
    return tuple(offered.values())[:limit]


def meant(text: str, titles: Sequence[str]) -> str:
    """Return the stretch of a title that sounds like the text but is written otherwise, "" for none."""
    wanted = _sounds(normalise(text))
    if len(wanted) < _LEAST_MEANT or normalise(text).isascii():
        return ""
    for title in titles:
        sounds = _sounds(normalise(title))
        if len(sounds) != len(title):
            continue
        for at in range(len(sounds) - len(wanted) + 1):
            stretch = title[at : at + len(wanted)]
            if sounds[at : at + len(wanted)] == wanted and query_key(stretch) != query_key(text):
                return stretch
    return ""


def _length(one: Completion) -> int:
    return len(one.text)


def _everyday_names(curation: Curation) -> Iterable[str]:
    for names in curation.aliases.values():
        yield from names
    for group in curation.synonyms:
        yield from group


def _begins(name: str, key: str) -> bool:
    if key.isascii():
        full, initials = _keys(name)
        return full.startswith(key) or initials.startswith(key)
    return query_key(name).startswith(key)


@lru_cache(maxsize=4096)
def _keys(name: str) -> tuple[str, str]:
    terms = title_terms(name)
    return terms.full_key, terms.initials_key


def _marks(title: str, key: str) -> Spans:
    """Return the stretch that the key covers; for pinyin and initials as many characters as they spell."""
    plain = normalise(title)
    if key in plain:
        at = plain.index(key)
        return ((at, at + len(key)),)
    if not key.isascii():
        return ()
    syllables = syllables_of(title)
    if "".join(one[:1] for one in syllables).startswith(key):
        return ((0, min(len(key), len(title))),)
    spelled = 0
    for count, syllable in enumerate(syllables, 1):
        spelled += len(syllable)
        if spelled >= len(key):
            return ((0, min(count, len(title))),)
    return ()


def _sounds(text: str) -> tuple[str, ...]:
    """Return one folded syllable a character; characters that are not Chinese stand for themselves."""
    sounds = []
    for syllable in syllables_of(text):
        folded = syllable
        for one, other in _FOLDS:
            folded = folded.replace(one, other)
        sounds.append(folded)
    return tuple(sounds)
