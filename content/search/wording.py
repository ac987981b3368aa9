"""Everyday names and synonyms as a query says them. Pure."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from content.search.analyse import normalise
from content.search.everyday import EVERYDAY
from content.search.request import Curation

LONGEST = 16
"""Characters of the longest phrase that is looked for within a query."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a query says beside its own words.

    Attributes:
        phrases: the other ways to say what it says -> what it said.
        records: record id -> the everyday name of it that the query holds.
    """

    phrases: Mapping[str, str]
    records: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Wording:
    """The curated phrases, ready to be looked up.

    Attributes:
        names: everyday name -> ids of the records it names.
        same: phrase -> the others of its group.
    """

    names: Mapping[str, tuple[str, ...]]
    same: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, curation: Curation) -> "Wording":
        """Return the phrases of a curation in normal form."""
        names: dict[str, list[str]] = defaultdict(list)
        for record, aliases in curation.aliases.items():
            for alias in aliases:
                names[_key(alias)].append(record)
        same: dict[str, tuple[str, ...]] = dict(EVERYDAY)
        for group in curation.synonyms:
            keys = tuple(_key(phrase) for phrase in group)
            for key in keys:
                others = tuple(other for other in keys if other != key)
                same[key] = (*same.get(key, ()), *others)
        return cls({key: tuple(found) for key, found in names.items()}, same)

    def named(self, plain: str) -> tuple[str, ...]:
        """Return the records that this, without spaces, is an everyday name of."""
        return self.names.get(plain, ())

    def said_in(self, plain: str) -> Said:
        """Return what a query in normal form, without spaces, says; longer phrases first."""
        phrases: dict[str, str] = {}
        records: dict[str, str] = {}
        if not self.names and not self.same:
            return Said(phrases, records)
        for size in range(min(LONGEST, len(plain)), 1, -1):
            for at in range(len(plain) - size + 1):
                piece = plain[at : at + size]
                for other in self.same.get(piece, ()):
                    phrases.setdefault(other, piece)
                for record in self.names.get(piece, ()):
                    records.setdefault(record, piece)
        return Said(phrases, records)


def _key(phrase: str) -> str:
    return normalise(phrase).replace(" ", "")
