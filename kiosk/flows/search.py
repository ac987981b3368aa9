"""Search as you type: a query runs 120 ms after the last key, six large rows a page."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from content.replica.ports import Results
from content.search.analyse import is_question
from content.search.curated import query_key
from content.search.nearest import nearest_domain
from content.search.tally import Searched
from kiosk.flows.answering import NOT_ASKED, AnswerView, answer_to
from kiosk.flows.narrowing import ChipView, Narrowing
from kiosk.flows.rows import Row, row_of, row_of_hit

if TYPE_CHECKING:
    from datetime import datetime

    from content.search.facets import Chip
    from kiosk.flows.content import Content
    from kiosk.flows.learning import Learning
    from kiosk.flows.ports import Ports
    from kiosk.words import Words

PAUSE_S = 0.12
PAGE_ROWS = 6
"""Rows a page where there is room for them."""
MOST_CHARACTERS = 60
SUGGESTIONS = 3
KNOWN = frozenset({"best_bet", "exact", "alias"})
"""Grounds that make a query a published word."""
FEW = 3
"""Fewer hits than this, and a word that sounds the same is offered; never run unasked."""


class SearchState(StrEnum):
    """What the list shows."""

    BROWSING = "browsing"
    LOADING = "loading"
    RESULTS = "results"
    NOTHING = "nothing"
    EMPTY_REPLICA = "empty_replica"


@dataclass(frozen=True, slots=True)
class SearchView:
    """What the screen draws. page counts from 1; pages is 0 without rows."""

    state: SearchState
    query: str = ""
    rows: tuple[Row, ...] = ()
    total: int = 0
    page: int = 0
    pages: int = 0
    suggestions: tuple[str, ...] = ()
    meant: str = ""
    hot: tuple[str, ...] = ()
    chips: tuple[ChipView, ...] = ()
    answer: AnswerView = NOT_ASKED
    nearest: str = ""


class SearchFlow:
    """Holds the query and the page of results. Without a query the newest documents are listed."""

    def __init__(
        self, words: Words, *, content: Content | None = None, learning: Learning | None = None
    ) -> None:
        self._words = words
        self._learning = learning
        self._content = content
        self._due: float | None = None
        self._fits = PAGE_ROWS
        self._composing = ""
        self.is_typing = True
        self._narrowing = Narrowing(words)
        self._answered: tuple[str, AnswerView] = ("", NOT_ASKED)
        self.view = SearchView(SearchState.LOADING)

    def use(self, content: Content) -> None:
        """Search in this copy from now on."""
        self._content = content

    def open(self) -> None:
        """Begin, or come back to what was searched before."""
        if self.view.query:
            self._run(self.view.query, self.view.page)
        else:
            self._browse(1)

    def begin(self) -> None:
        """Come from another place in order to search: the keyboard is there, whatever stood before."""
        self.is_typing = True
        self.open()

    def typing_done(self) -> None:
        """Put the keyboard away: now there is time for the answer, and room for the ways to narrow."""
        self.is_typing = False
        self._due = None
        self._show(max(1, self.view.page))

    def narrow(self, chip: Chip) -> None:
        """Show only what has this value, or all again."""
        self._narrowing.choose(chip)
        self._show(1)

    def type(self, text: str, now: float) -> None:
        """Take the whole text of the field as it now is."""
        text = text[:MOST_CHARACTERS]
        if text == self.view.query:
            return
        self._due = now + PAUSE_S
        self.view = SearchView(
            self.view.state, text, self.view.rows, self.view.total, self.view.page, self.view.pages
        )

    def compose(self, letters: str, now: float) -> None:
        """Take the open pinyin letters: as long as no text is written, they are what is looked for."""
        if letters != self._composing:
            self._composing = letters
            if not self.view.query.strip():
                self._due = now + PAUSE_S

    def tick(self, now: float) -> bool:
        """Run a query that is due; return whether the view changed."""
        if self._learning is not None:
            self._learning.pass_time(now)
        if self._due is None or now < self._due:
            return False
        self._due = None
        self._show(1)
        return True

    def turn(self, pages: int) -> None:
        """Go some pages on (or back, if negative), within what there is."""
        wanted = min(max(1, self.view.page + pages), max(1, self.view.pages))
        if wanted != self.view.page:
            self._show(wanted)

    def fit(self, rows: int) -> None:
        """Show this many rows a page, as the screen and the type size allow."""
        rows = min(max(1, rows), PAGE_ROWS)
        if rows != self._fits:
            first = (max(1, self.view.page) - 1) * self._fits
            self._fits = rows
            if self.view.page:
                self._show(first // rows + 1)

    def choose(self, suggestion: str) -> None:
        """Search for a suggestion; with it the typing is done."""
        self._due = None
        self.is_typing = False
        self._run(suggestion, 1)

    def opened(self, record: str) -> None:
        """Note that a record was opened from the results."""
        if self._learning is not None:
            self._learning.tap(record)

    def rest(self, at: datetime) -> None:
        """Let what was counted be sent: nobody is here."""
        if self._learning is not None:
            self._learning.send(at)

    def refresh(self) -> None:
        """Read again: the copy has moved on."""
        self._show(max(1, self.view.page))

    def wipe(self) -> None:
        """Forget the visitor; how often words were asked for stays as numbers."""
        if self._learning is not None:
            self._learning.end_visit()
        self._due = None
        self._composing = ""
        self.is_typing = True
        self._narrowing.clear()
        self._answered = ("", NOT_ASKED)
        self.view = SearchView(SearchState.LOADING)

    def _show(self, page: int) -> None:
        if self.view.query.strip():
            self._run(self.view.query, page)
        elif self._composing:
            self._preview(page)
        else:
            self._browse(page)

    def _run(self, query: str, page: int) -> None:
        if self._content is None:
            self.view = SearchView(SearchState.LOADING, query)
            return
        page = max(1, page)
        if not self.is_typing:
            self._settle(query, self._content)
        results = self._search(query, page)
        if not results.hits and results.total and page > 1:
            self._run(query, 1)
            return
        self.view = self._page(query, results, page)
        if self._learning is not None and page == 1:
            self._learning.look(searched(query, results))

    def _settle(self, query: str, content: Content) -> None:
        """Look for the answer and the ways to narrow, once a query: both cost more than a list does."""
        self._narrowing.read(query, content)
        if query != self._answered[0]:
            asked = is_question(query)
            said = answer_to(query, content, self._words) if asked else NOT_ASKED
            self._answered = (query, said)

    def _preview(self, page: int) -> None:
        """Show what the open letters find; that half a word finds nothing yet says nothing."""
        results = self._search(self._composing, page)
        if results.hits:
            self.view = self._page(self.view.query, results, page)
        else:
            self._browse(1)

    def _search(self, text: str, page: int) -> Results:
        if self._content is None:
            return Results((), 0)
        offset = (page - 1) * self._fits
        narrowed = self._narrowing.page(text, limit=self._fits, offset=offset)
        return narrowed or self._content.search(text, limit=self._fits, offset=offset)

    def _page(self, query: str, results: Results, page: int) -> SearchView:
        rows = tuple(row for hit in results.hits if (row := row_of_hit(hit, self._words)))
        asked = query.strip() or self._composing
        suggestions = self._content.suggest(asked, limit=SUGGESTIONS) if self._content else ()
        meant = self._content.meant(query) if self._content and _is_poor(results) else ""
        state = SearchState.RESULTS if rows else SearchState.NOTHING
        return SearchView(
            state,
            query,
            rows,
            total=results.total,
            page=page if rows else 0,
            pages=self._pages(results.total) if rows else 0,
            suggestions=tuple(s for s in suggestions if s != query),
            meant=meant,
            chips=self._narrowing.views(query),
            answer=self._answered[1] if query == self._answered[0] else NOT_ASKED,
            nearest=self._nearest(query) if state is SearchState.NOTHING else "",
        )

    def _nearest(self, query: str) -> str:
        """Return which department such matters are usually with, "" if that cannot be told."""
        domain = nearest_domain(query)
        return domain.department if domain else ""

    def _browse(self, page: int) -> None:
        if self._content is None:
            self.view = SearchView(SearchState.LOADING, self.view.query)
            return
        total = self._content.count("document")
        found = self._content.newest("document", limit=self._fits, offset=(page - 1) * self._fits)
        rows = tuple(row for one in found if (row := row_of(one, self._words)))
        state = SearchState.BROWSING if rows else SearchState.EMPTY_REPLICA
        self.view = SearchView(
            state,
            self.view.query,
            rows,
            total=total,
            page=page if rows else 0,
            pages=self._pages(total) if rows else 0,
            hot=self._content.hot(),
        )

    def _pages(self, total: int) -> int:
        return -(-total // self._fits)


def counted_search(words: Words, ports: Ports) -> SearchFlow:
    """Return the search of a kiosk, with the counts that go to the agent."""
    from kiosk.flows.learning import Learning

    return SearchFlow(words, learning=Learning(ports.agent, new_key=ports.new_key))


def searched(query: str, results: Results) -> Searched:
    """Return what the learning may know of a query: whether it is a published word decides what is counted."""
    key = query_key(query)
    is_known = any(
        hit.why in KNOWN or key in query_key(hit.found.record.title) for hit in results.hits
    )
    shown = tuple(hit.found.record.id for hit in results.hits)
    return Searched(query, results.total, is_known, shown)


def _is_poor(results: Results) -> bool:
    """Say whether 您是不是要找 may be asked: few hits, or none whose title has the words."""
    return results.total < FEW or not any(hit.title_marks for hit in results.hits)
