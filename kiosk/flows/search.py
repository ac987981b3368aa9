"""Search as you type: a query runs 120 ms after the last key, six large rows a page.

Looking is a seeker's (kiosk.flows.seeking), which may take its time: what is shown stays until the answer comes, and
an answer to what nobody asks any more is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from kiosk.flows.answering import NOT_ASKED, AnswerView
from kiosk.flows.narrowing import ChipView, Narrowing
from kiosk.flows.rows import Row, row_of_hit
from kiosk.flows.seeking import Ask, Found, Seeker

if TYPE_CHECKING:
    from datetime import datetime

    from content.replica.ports import Results
    from content.search.facets import Chip
    from kiosk.flows.learning import Learning
    from kiosk.flows.ports import Ports
    from kiosk.words import Words

PAUSE_S = 0.12
PAGE_ROWS = 6
"""Rows a page where there is room for them."""
MOST_CHARACTERS = 60


class SearchState(StrEnum):
    """What the list shows."""

    BROWSING = "browsing"
    LOADING = "loading"
    SEEKING = "seeking"
    RESULTS = "results"
    NOTHING = "nothing"
    EMPTY_REPLICA = "empty_replica"
    FAILED = "failed"


SAYS_NONE = frozenset({SearchState.NOTHING, SearchState.FAILED})
"""States that speak of what was typed: they must not stand beside another text."""


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
        self, words: Words, *, seeker: Seeker | None = None, learning: Learning | None = None
    ) -> None:
        self._words = words
        self._learning = learning
        self._seeker = seeker
        self._asked: Ask | None = None
        self._due: float | None = None
        self._fits = PAGE_ROWS
        self._composing = ""
        self.is_typing = True
        self._narrowing = Narrowing(words)
        self._answered: tuple[str, AnswerView] = ("", NOT_ASKED)
        self.tampered: tuple[tuple[str, str], ...] = ()
        self.view = SearchView(SearchState.LOADING)

    @property
    def is_waiting(self) -> bool:
        """Whether something is being looked for: what is shown will change."""
        return self._asked is not None

    def use(self, seeker: Seeker) -> None:
        """Search with this one from now on."""
        self.close()
        self._seeker = seeker

    def close(self) -> None:
        """End the looking."""
        self._asked = None
        if self._seeker is not None:
            self._seeker.close()
            self._seeker = None

    def open(self) -> None:
        """Begin, or come back to what was searched before."""
        self._show(max(1, self.view.page))

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
        self._drop()
        self._now_reads(text)

    def compose(self, letters: str, now: float) -> None:
        """Take the open pinyin letters: as long as no text is written, they are what is looked for."""
        if letters != self._composing:
            self._composing = letters
            if not self.view.query.strip():
                self._due = now + PAUSE_S
                self._drop()

    def tick(self, now: float) -> bool:
        """Ask what is due, take what was found; return whether the view changed."""
        if self._learning is not None:
            self._learning.pass_time(now)
        if self._due is not None and now >= self._due:
            self._due = None
            before = self.view
            self._show(1)
            return self.view is not before
        return self._hear()

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
            if self.view.page or self.is_waiting:
                self._show(first // rows + 1)

    def choose(self, suggestion: str) -> None:
        """Search for a suggestion; with it the typing is done."""
        self._due = None
        self.is_typing = False
        self._now_reads(suggestion)
        self._show(1)

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
        self._drop()
        self._due = None
        self._composing = ""
        self.is_typing = True
        self._narrowing.clear()
        self._answered = ("", NOT_ASKED)
        self.view = SearchView(SearchState.LOADING)

    def _now_reads(self, text: str) -> None:
        """Let the field say this; the rows stay until others come, but nothing is said of it yet."""
        view = self.view
        state = SearchState.SEEKING if view.state in SAYS_NONE else view.state
        self.view = SearchView(state, text, view.rows, view.total, view.page, view.pages)

    def _show(self, page: int) -> None:
        query = self.view.query
        offset = (page - 1) * self._fits
        narrowed = self._narrowing.page(query, limit=self._fits, offset=offset)
        if narrowed is not None and not narrowed.hits and page > 1:
            self._show(1)
        elif narrowed is not None:
            self._drop()
            self.view = self._narrowed(narrowed, page)
        elif query.strip():
            settles = not self.is_typing and not self._is_settled(query)
            self._ask(Ask(query, page, self._fits, settles=settles))
        else:
            self._ask(Ask(self._composing, page, self._fits, is_preview=bool(self._composing)))

    def _ask(self, ask: Ask) -> None:
        if self._seeker is None:
            self.view = SearchView(SearchState.LOADING, self.view.query)
            return
        if self.view.state is SearchState.LOADING:
            self.view = replace(self.view, state=SearchState.SEEKING)
        self._asked = ask
        self._seeker.seek(ask)
        self._hear()

    def _drop(self) -> None:
        self._asked = None
        if self._seeker is not None:
            self._seeker.forget()

    def _hear(self) -> bool:
        """Take the answer, if it is there and still asked for."""
        found = self._seeker.found() if self._seeker is not None and self._asked else None
        if found is None or found.ask is not self._asked:
            return False
        self._asked = None
        self.tampered = found.tampered or self.tampered
        if found.settled is not None:
            self._narrowing.take(self.view.query, found.settled.divided)
            self._answered = (self.view.query, found.settled.answer)
        if self._learning is not None and found.searched is not None and found.page == 1:
            self._learning.look(found.searched)
        self.view = self._view_of(found)
        return True

    def _view_of(self, found: Found) -> SearchView:
        query = self.view.query
        if found.failed:
            return SearchView(SearchState.FAILED, query)
        return SearchView(
            _state_of(found),
            query,
            found.rows,
            total=found.total,
            page=found.page if found.rows else 0,
            pages=self._pages(found.total) if found.rows else 0,
            suggestions=found.suggestions,
            meant=found.meant,
            hot=found.hot,
            chips=self._narrowing.views(query),
            answer=self._answered[1] if query and query == self._answered[0] else NOT_ASKED,
            nearest=found.nearest,
        )

    def _narrowed(self, results: Results, page: int) -> SearchView:
        """Return the view with only the hits that have the chosen chip."""
        return replace(
            self.view,
            state=SearchState.RESULTS,
            rows=tuple(row for hit in results.hits if (row := row_of_hit(hit, self._words))),
            total=results.total,
            page=page,
            pages=self._pages(results.total),
            chips=self._narrowing.views(self.view.query),
        )

    def _is_settled(self, query: str) -> bool:
        return query == self._answered[0] and self._narrowing.is_of(query)

    def _pages(self, total: int) -> int:
        return -(-total // self._fits)


def counted_search(words: Words, ports: Ports) -> SearchFlow:
    """Return the search of a kiosk, with the counts that go to the agent."""
    from kiosk.flows.learning import Learning

    return SearchFlow(words, learning=Learning(ports.agent, new_key=ports.new_key))


def _state_of(found: Found) -> SearchState:
    if found.is_list:
        return SearchState.BROWSING if found.rows else SearchState.EMPTY_REPLICA
    return SearchState.RESULTS if found.rows else SearchState.NOTHING
