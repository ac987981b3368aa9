"""A record as one row of a list: title, second line, and what was matched."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING, assert_never

from content.catalog.item import CatalogItem
from content.disclosure.record import DisclosureRecord, Validity
from content.programme.emergency import EmergencyNotice
from content.programme.programme import Programme
from content.search.curated import CuratedWords

if TYPE_CHECKING:
    from content.replica.ports import Hit, Verified
    from kiosk.words import Words

Span = tuple[int, int]

SAID = frozenset({"best_bet", "alias", "pinyin", "initials", "synonym", "meaning"})
"""Grounds that a visitor cannot see in the title: the row says them in a short word."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        record, version: what is shown.
        kind: "document" or "item".
        kind_word: what a citizen calls it.
        title, title_marks: the title and the spans that were matched.
        second: who and when.
        snippet, snippet_marks: a window of the text, "" if none.
    """

    record: str
    version: int
    kind: str
    kind_word: str
    title: str
    second: str
    title_marks: tuple[Span, ...] = ()
    snippet: str = ""
    snippet_marks: tuple[Span, ...] = ()


def row_of(found: Verified, words: Words) -> Row | None:
    """Return the row of a document or item; None for what citizens do not look up."""
    second: tuple[str, ...]
    match found.record:
        case DisclosureRecord() as record:
            day = record.written_on or record.published_on
            kind = "document"
            ended = words("reader.repealed") if record.validity is Validity.REPEALED else ""
            second = (ended, record.document_number, day.isoformat(), record.issuing_body)
        case CatalogItem() as record:
            kind, second = "item", (record.department, record.where, "")
        case Programme() | EmergencyNotice() | CuratedWords():
            return None
        case _:
            assert_never(found.record)
    return Row(
        found.record.id,
        found.version,
        kind,
        words(f"kind.{kind}"),
        found.record.title,
        " · ".join(part for part in second if part),
    )


def row_of_hit(hit: Hit, words: Words) -> Row | None:
    """Return the row of a search result, with its marks."""
    row = row_of(hit.found, words)
    if row is None:
        return None
    why = words(f"why.{hit.why}") if hit.why in SAID else ""
    return replace(
        row,
        second=" · ".join(part for part in (why, row.second) if part),
        title_marks=hit.title_marks,
        snippet=hit.snippet,
        snippet_marks=hit.snippet_marks,
    )


def day_text(day: date | None, words: Words) -> str:
    """Return 2026年11月22日, or "" for no day."""
    return "" if day is None else words("date.day", y=day.year, m=day.month, d=day.day)


def moment_text(unix: int, zone: tzinfo | None, words: Words) -> str:
    """Return 11月22日 09:30 of a unix second."""
    at = datetime.fromtimestamp(unix, zone)
    return words("date.moment", m=at.month, d=at.day, hh=f"{at.hour:02}", mm=f"{at.minute:02}")
