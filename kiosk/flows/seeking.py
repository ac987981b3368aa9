"""What a search asks of the copy, what comes back, and who looks. Looking is pure reading: any one thread may do it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from content.search.analyse import is_question
from content.search.curated import query_key
from content.search.nearest import nearest_domain
from content.search.tally import Searched
from kiosk.flows.answering import NOT_ASKED, AnswerView, answer_to
from kiosk.flows.narrowing import Divided, divided
from kiosk.flows.rows import Row, row_of, row_of_hit

if TYPE_CHECKING:
    from content.replica.ports import Results
    from kiosk.flows.content import Content
    from kiosk.words import Words

SUGGESTIONS = 3
KNOWN = frozenset({"best_bet", "exact", "alias"})
"""Grounds that make a query a published word."""
FEW = 3
"""Fewer hits than this, and a word that sounds the same is offered; never run unasked."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What to look for.

    Attributes:
        text: "" lists the newest documents.
        page, fits: which page, counted from 1, of so many rows.
        is_preview: open letters: while they find nothing, the newest are listed.
        settles: look for the answer and the ways to narrow too: both cost more than a list does.
    """

    text: str
    page: int
    fits: int
    is_preview: bool = False
    settles: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """What is looked for once a query, when the typing is done."""

    answer: AnswerView
    divided: Divided


@dataclass(frozen=True, slots=True)
class Found:
    """What was found.

    Attributes:
        ask: what was asked.
        page: the page that these rows are: the first one, if the page asked for is no longer there.
        is_list: these are the newest documents, nothing was searched.
        searched: what the learning may know of it, None for a list and for open letters.
        failed: it could not be looked for; nothing else is said then.
        tampered: (record, reason) of all that failed to verify since the copy was opened.
    """

    ask: Ask
    page: int = 1
    rows: tuple[Row, ...] = ()
    total: int = 0
    is_list: bool = False
    suggestions: tuple[str, ...] = ()
    hot: tuple[str, ...] = ()
    meant: str = ""
    nearest: str = ""
    settled: Settled | None = None
    searched: Searched | None = None
    failed: bool = False
    tampered: tuple[tuple[str, str], ...] = ()


class Seeker(Protocol):
    """Looks in the copy, one ask at a time: a new one takes the place of one that is not answered yet."""

    def seek(self, ask: Ask) -> None:
        """Look for this, and forget what was asked before."""
        ...

    def found(self) -> Found | None:
        """Return the answer to the newest ask, once; None while there is none."""
        ...

    def forget(self) -> None:
        """Drop what was asked, and its answer if it still comes."""
        ...

    def close(self) -> None:
        """End."""
        ...


def look(ask: Ask, content: Content, words: Words) -> Found:
    """Return what the copy has for an ask."""
    if not ask.text:
        return _newest(ask, content, words)
    page, results = _page(ask, content)
    rows = tuple(row for hit in results.hits if (row := row_of_hit(hit, words)))
    if ask.is_preview and not rows:
        return _newest(ask, content, words)
    suggestions = content.suggest(ask.text, limit=SUGGESTIONS)
    may_ask = not ask.is_preview and _is_poor(results)
    return Found(
        ask,
        page,
        rows,
        results.total,
        suggestions=tuple(one for one in suggestions if ask.is_preview or one != ask.text),
        meant=content.meant(ask.text) if may_ask else "",
        nearest="" if rows else _nearest(ask.text),
        settled=_settled(ask.text, content, words) if ask.settles else None,
        searched=None if ask.is_preview else searched(ask.text, results),
        tampered=content.tampered(),
    )


def searched(query: str, results: Results) -> Searched:
    """Return what the learning may know of a query: whether it is a published word decides what is counted."""
    key = query_key(query)
    is_known = any(
        hit.why in KNOWN or key in query_key(hit.found.record.title) for hit in results.hits
    )
    shown = tuple(hit.found.record.id for hit in results.hits)
    return Searched(query, results.total, is_known, shown)


def _page(ask: Ask, content: Content) -> tuple[int, Results]:
    offset = (ask.page - 1) * ask.fits
    results = content.search(ask.text, limit=ask.fits, offset=offset)
    if results.total and not results.hits and offset:
        return 1, content.search(ask.text, limit=ask.fits, offset=0)
    return ask.page, results


def _newest(ask: Ask, content: Content, words: Words) -> Found:
    page = 1 if ask.is_preview else ask.page
    newest = content.newest("document", limit=ask.fits, offset=(page - 1) * ask.fits)
    rows = tuple(row for one in newest if (row := row_of(one, words)))
    total = content.count("document")
    return Found(
        ask, page, rows, total, is_list=True, hot=content.hot(), tampered=content.tampered()
    )


def _settled(query: str, content: Content, words: Words) -> Settled:
    said = answer_to(query, content, words) if is_question(query) else NOT_ASKED
    return Settled(said, divided(query, content))


def _nearest(query: str) -> str:
    """Return which department such matters are usually with, "" if that cannot be told."""
    domain = nearest_domain(query)
    return domain.department if domain else ""


def _is_poor(results: Results) -> bool:
    """Say whether 您是不是要找 may be asked: few hits, or none whose title has the words."""
    return results.total < FEW or not any(hit.title_marks for hit in results.hits)
