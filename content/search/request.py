"""What is asked of the search, what people curated for it, and what it answers. Pure values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Why(StrEnum):
    """Why a hit is there, strongest ground first: each result can say it."""

    BEST_BET = "best_bet"
    NUMBER = "number"
    EXACT = "exact"
    ALIAS = "alias"
    PINYIN = "pinyin"
    INITIALS = "initials"
    TEXT = "text"
    SYNONYM = "synonym"
    MEANING = "meaning"


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """One query.

    Attributes:
        text: as typed; width, script and case do not matter.
        limit, offset: which hits of the ranking are wanted.
        kinds: "document", "item"; empty for all that is searched.
        composing: the text is the open pinyin of an input method, not yet written.
    """

    text: str
    limit: int = 6
    offset: int = 0
    kinds: frozenset[str] = frozenset()
    composing: bool = False


@dataclass(frozen=True, slots=True)
class Ranked:
    """One hit before it is verified and shown.

    Attributes:
        record: id of the record.
        why: the strongest ground.
        through: the alias, synonym or corrected form that led here; "" if the query's own words did.
        score: comparable within one answer only.
    """

    record: str
    why: Why
    through: str = ""
    score: float = 0.0


def _none() -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({})


def _unknown() -> Mapping[str, float]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Curation:
    """What staff decided about searching, as the matcher takes it.

    Attributes:
        aliases: record id -> everyday names, beside those that the item itself carries.
        synonyms: groups of phrases that mean the same; any member finds what the others find.
        best_bets: query -> record ids that come first for it, in order. Queries in normal form
            (`content.search.analyse.normalise`, spaces removed).
        denied: phrases that are never suggested, in normal form.
        hot: titles offered before anything is typed, in order.
        region_chain: the terminal's region codes, nearest first; records of these come before others.
        expired: ids of records that are no longer in force: they come last among equals.
        popularity: record id -> 0..1, a mild push.
    """

    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=_none)
    synonyms: tuple[tuple[str, ...], ...] = ()
    best_bets: Mapping[str, tuple[str, ...]] = field(default_factory=_none)
    denied: frozenset[str] = frozenset()
    hot: tuple[str, ...] = ()
    region_chain: tuple[str, ...] = ()
    expired: frozenset[str] = frozenset()
    popularity: Mapping[str, float] = field(default_factory=_unknown)


UNCURATED = Curation()
