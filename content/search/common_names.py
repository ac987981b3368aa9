"""Everyday names that hold in any county, from which a zone's curated words begin."""

from collections.abc import Iterable, Mapping

from content.search.curated import CuratedWords, ItemNames, Target, no_words
from content.search.everyday import MATTERS, official_names

SHARE = 2
"""A title of more than so many times the official phrase's length is about something more special."""


_NAMES = official_names(MATTERS)


def common_names() -> Mapping[str, tuple[str, ...]]:
    """Return official phrase -> everyday names."""
    return _NAMES


def first_words(region: str, items: Iterable[Target]) -> CuratedWords:
    """Return the words that a region begins with.

    Every pair becomes a synonym group. Where exactly one item is about the official phrase and little else, the
    everyday names become its own: typing 五保户 then leads straight to it.
    """
    known = tuple(items)
    aliases: list[ItemNames] = []
    groups: list[tuple[str, ...]] = []
    for official, names in common_names().items():
        groups.append((official, *names))
        about = [one for one in known if _is_about(one.title, official)]
        if len(about) == 1:
            aliases.append(ItemNames(about[0], names))
    words = no_words(region)
    return CuratedWords(words.id, words.title, region, tuple(aliases), tuple(groups))


def _is_about(title: str, official: str) -> bool:
    return official in title and len(title) <= SHARE * len(official)
