"""Everyday words and the official words they mean: what every county's citizens say and no title does.

One source, spoken.txt, one matter a line: `names | hints → official phrase, more official words`. Names are what the
matter is called (低保): a zone's curated words begin with them. Hints are said when it is meant (穷): they only help a
query, never the other way round. Names of single items are the desk's to curate.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Matter:
    """One line.

    Attributes:
        names: what it is called.
        hints: what is said when it is meant.
        official: the official phrase, then other words of titles.
    """

    names: tuple[str, ...]
    hints: tuple[str, ...]
    official: tuple[str, ...]


def read_matters(text: str) -> tuple[Matter, ...]:
    """Return the matters of a text of such lines."""
    found = []
    for line in text.strip().splitlines():
        spoken, official = line.split("→")
        names, _, hints = spoken.partition("|")
        found.append(Matter(tuple(names.split()), tuple(hints.split()), tuple(official.split())))
    return tuple(found)


def spoken_words(matters: tuple[Matter, ...]) -> Mapping[str, tuple[str, ...]]:
    """Return spoken word -> official words."""
    said: dict[str, tuple[str, ...]] = {}
    for matter in matters:
        for word in (*matter.names, *matter.hints):
            others = tuple(one for one in matter.official if one != word)
            said[word] = tuple(dict.fromkeys((*said.get(word, ()), *others)))
    return said


def official_names(matters: tuple[Matter, ...]) -> Mapping[str, tuple[str, ...]]:
    """Return official phrase -> everyday names."""
    named: dict[str, tuple[str, ...]] = {}
    for matter in matters:
        if matter.names:
            phrase = matter.official[0]
            named[phrase] = (*named.get(phrase, ()), *matter.names)
    return named


MATTERS = read_matters(files("content.search").joinpath("spoken.txt").read_text("utf-8"))
EVERYDAY = spoken_words(MATTERS)
"""Spoken word -> official words."""
