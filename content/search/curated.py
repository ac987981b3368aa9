"""The curated layer 检索词表 of a region: what staff decided about searching, as a record that approvers sign.

Machines rank; people know that 低保 is 最低生活保障. Their words travel in the feed like any other content, so a
terminal believes them only with an approver's signature. How matching uses them is content.search.match's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from content.codes import code_from
from content.regions import region_chain
from content.search.analyse import normalise
from content.search.request import Curation

TITLE = "检索词表"


@dataclass(frozen=True, slots=True)
class Target:
    """A record that words lead to; its title stands beside its id, for people sign what they can read."""

    record: str
    title: str


@dataclass(frozen=True, slots=True)
class ItemNames:
    """Everyday names 俗称 of one record."""

    target: Target
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BestBet:
    """Records that come first for a query, in order."""

    query: str
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class CuratedWords:
    """The curated words of one region.

    Attributes:
        id: `words_id(region)`.
        title: name that staff see.
        region: whose terminals use it: those in the region and below.
        aliases: everyday names of records.
        synonyms: groups of phrases that mean the same.
        best_bets: what comes first for a query.
        denied: phrases that are never suggested.
        hot: what is offered before anything is typed.
        popular: what citizens opened most often, the most frequent first; counted, not decided.
    """

    id: str
    title: str
    region: str
    aliases: tuple[ItemNames, ...] = ()
    synonyms: tuple[tuple[str, ...], ...] = ()
    best_bets: tuple[BestBet, ...] = ()
    denied: tuple[str, ...] = ()
    hot: tuple[str, ...] = ()
    popular: tuple[Target, ...] = ()

    @property
    def count(self) -> int:
        """How many decisions it holds."""
        names = sum(len(one.names) for one in self.aliases)
        bets = sum(len(one.targets) for one in self.best_bets)
        return names + bets + len(self.synonyms) + len(self.denied) + len(self.hot)


def words_id(region: str) -> str:
    """Return the id under which a region's words are published."""
    return code_from(f"curated words {region}")


def no_words(region: str) -> CuratedWords:
    """Return the words of a region for which nothing was decided yet."""
    return CuratedWords(words_id(region), TITLE, region)


def query_key(text: str) -> str:
    """Return the form in which queries are compared: normal form without spaces."""
    return "".join(normalise(text).split())


def popularity(popular: Sequence[Target]) -> dict[str, float]:
    """Return record id -> 0..1, falling with the place in the list: 1 for the first."""
    return {one.record: 1 - at / len(popular) for at, one in enumerate(popular)}


def curation_for(
    region: str, held: Iterable[CuratedWords], *, expired: frozenset[str] = frozenset()
) -> Curation:
    """Return what a terminal of this region searches with: its own words and those of every region above.

    Args:
        region: the terminal's division code.
        held: the published words of any regions.
        expired: ids of records that are no longer in force.
    """
    chain = region_chain(region)
    nearest = sorted(
        (words for words in held if words.region in chain),
        key=lambda words: chain.index(words.region),
    )
    bets: dict[str, tuple[str, ...]] = {}
    aliases: dict[str, tuple[str, ...]] = {}
    for words in nearest:
        for bet in words.best_bets:
            # The nearest region decides: a town may send a query elsewhere than its county does.
            bets.setdefault(query_key(bet.query), tuple(one.record for one in bet.targets))
        for item in words.aliases:
            known = aliases.get(item.target.record, ())
            aliases[item.target.record] = tuple(dict.fromkeys((*known, *item.names)))
    return Curation(
        aliases=MappingProxyType(aliases),
        synonyms=tuple(group for words in nearest for group in words.synonyms),
        best_bets=MappingProxyType(bets),
        denied=frozenset(query_key(word) for words in nearest for word in words.denied),
        hot=next((words.hot for words in nearest if words.hot), ()),
        region_chain=chain,
        expired=expired,
        popularity=MappingProxyType(
            popularity(next((words.popular for words in nearest if words.popular), ()))
        ),
    )
