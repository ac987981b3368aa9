"""Narrowing the results by one tap: the chips of what was found, and the hits that have the chosen one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from content.catalog.item import CatalogItem
from content.disclosure.record import DisclosureRecord
from content.replica.ports import Results
from content.search.facets import Chip, Facet, Found, chips, has

if TYPE_CHECKING:
    from content.replica.ports import Hit
    from kiosk.flows.content import Content
    from kiosk.words import Words

LOOKED_AT = 40
"""Hits that are looked through: what a visitor pages through at the very most."""


@dataclass(frozen=True, slots=True)
class ChipView:
    """One chip: what it says, and whether it is chosen."""

    chip: Chip
    text: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Divided:
    """What a query finds, and what divides it."""

    hits: tuple[Hit, ...] = ()
    chips: tuple[Chip, ...] = ()


NOTHING = Divided()


def divided(query: str, content: Content) -> Divided:
    """Look through what a query finds."""
    hits = content.search(query, limit=LOOKED_AT).hits
    return Divided(hits, chips([one for hit in hits if (one := _record(hit)) is not None]))


class Narrowing:
    """Chips of one query. Nothing is read until the visitor has stopped typing."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._query = ""
        self._divided = NOTHING
        self.chosen: Chip | None = None

    def is_of(self, query: str) -> bool:
        """Say whether this query has been looked through."""
        return query == self._query

    def take(self, query: str, found: Divided) -> None:
        """Narrow what this query finds from now on."""
        self.clear()
        self._query, self._divided = query, found

    def clear(self) -> None:
        """Forget the query."""
        self._query, self._divided, self.chosen = "", NOTHING, None

    def choose(self, chip: Chip) -> None:
        """Narrow to a chip, or widen again if it is chosen already."""
        self.chosen = None if self.chosen == chip else chip

    def views(self, query: str) -> tuple[ChipView, ...]:
        """Return the chips of a query, none while it has not been looked through."""
        if query != self._query:
            return ()
        return tuple(
            ChipView(chip, self._text(chip), chip == self.chosen) for chip in self._divided.chips
        )

    def page(self, query: str, *, limit: int, offset: int) -> Results | None:
        """Return the hits that have the chosen chip, None while none is chosen for this query."""
        chosen = self.chosen
        if chosen is None or query != self._query:
            return None
        kept = tuple(
            hit
            for hit in self._divided.hits
            if (one := _record(hit)) is not None and has(one, chosen)
        )
        return Results(kept[offset : offset + limit], len(kept))

    def _text(self, chip: Chip) -> str:
        is_key = chip.facet in {Facet.LEVEL, Facet.AUDIENCE}
        value = self._words(f"facet.{chip.value}") if is_key else chip.value
        return self._words("facet.chip", value=value, count=chip.count)


def _record(hit: Hit) -> Found | None:
    record = hit.found.record
    return record if isinstance(record, DisclosureRecord | CatalogItem) else None
