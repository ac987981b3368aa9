"""Search as you type."""

from kivy.app import App
from kivy.clock import Clock
from kivy.properties import BooleanProperty, ListProperty, NumericProperty, StringProperty
from typing_extensions import override

from content.search.facets import Chip
from kiosk.flows.answering import AnswerView
from kiosk.flows.kiosk import Kiosk
from kiosk.flows.narrowing import ChipView
from kiosk.flows.search import MOST_CHARACTERS, SearchState, SearchView
from kiosk.screens.screen import KioskScreen
from kiosk.widgets import page_bar as _page_bar  # noqa: F401 - named in the kv rules
from kiosk.widgets import rows as _rows  # noqa: F401 - named in the kv rules
from kiosk.widgets.field import Field
from kiosk.widgets.press import Press
from signage.kit.rules import load_rules

load_rules(__file__)

QUOTED_SHARE = 0.42
"""Share of the place that quotations may take: the results below them must still be seen."""
LINE_PX = 48
ROOM_FOR_CHIPS = 1000
MOST_LINES = 8
LINES_OF_SOURCE = 2


BARE = frozenset({SearchState.NOTHING, SearchState.EMPTY_REPLICA, SearchState.FAILED})
"""States without rows, which say what else can be done."""


class Suggestion(Press):
    """A title that completes what was typed; runs only when tapped."""

    text = StringProperty("")
    chosen = StringProperty("")


class FacetChip(Press):
    """One way to narrow the results; tapped again it widens them."""

    text = StringProperty("")
    chosen = BooleanProperty(False)


class Quotation(Press):
    """The passage that answers, letter for letter, with its source; opens the whole text."""

    record = StringProperty("")
    quote = StringProperty("")
    marks = ListProperty([])
    source = StringProperty("")
    most_lines = NumericProperty(0)


class SearchScreen(KioskScreen):
    """Field, suggestions, six rows, page buttons; the keyboard below until it is put away."""

    status = StringProperty("")
    empty_title = StringProperty("")
    empty_ways = StringProperty("")
    answer_note = StringProperty("")
    has_chips = BooleanProperty(False)
    is_empty = BooleanProperty(False)
    keys = BooleanProperty(True)

    def __init__(self, kiosk: Kiosk) -> None:
        super().__init__(kiosk)
        self._shown: SearchView | None = None
        self._offered: dict[str, str] = {}
        self._spare: list[Suggestion] = []
        field = self.ids.field
        field.longest = MOST_CHARACTERS
        field.bind(on_typed=lambda _, text: self.do("type_query", text))
        self.ids.pages.bind(on_turn=lambda _, by: self._turn(by))
        # Fitting changes the flow's page while it is being laid out: wait for the next turn of the loop.
        self._fit = Clock.create_trigger(self._fit_now, 0)
        self.ids.rows.fbind("fits", self._fit)
        # How much of a quotation is shown depends on the room there is.
        self._quote = Clock.create_trigger(self._quote_now, 0)
        self.fbind("height", self._quote)

    @property
    def title(self) -> str:
        """The strip's word."""
        return self.kiosk.words("search.title")

    @override
    def typing_into(self) -> tuple[Field, str] | None:
        """Return the search field, while the keyboard is wanted."""
        return (self.ids.field, "pinyin") if self.keys else None

    @override
    def typing_done(self) -> None:
        """Put the keyboard away, so that more of the results shows."""
        self.kiosk.search.typing_done()
        self.refresh()

    def open_keys(self) -> None:
        """Bring the keyboard back."""
        self.kiosk.search.is_typing = True
        self.refresh()

    def clear(self) -> None:
        """Empty the field."""
        self.kiosk.search.is_typing = True
        self.do("type_query", "")

    def show(self) -> None:
        """Render the query's results."""
        view, was_typing = self.kiosk.search.view, self.keys
        self.keys = self.kiosk.search.is_typing
        if was_typing != self.keys:
            self._suggest(view)
        if view == self._shown:
            return
        self._shown = view
        self.ids.field.text = view.query
        self._say(view)
        self._suggest(view)
        self._answer(view.answer)
        self._narrow(view.chips)
        self.ids.rows.show(view.rows)
        where = self.kiosk.words("page.of", page=view.page, pages=view.pages)
        self.ids.pages.show(view.page, view.pages, where)

    def _say(self, view: SearchView) -> None:
        words = self.kiosk.words
        is_bare = view.state in BARE
        self.is_empty = is_bare and not view.answer.cards
        self.empty_title = self.empty_ways = ""
        match view.state:
            case SearchState.BROWSING:
                self.status = words("search.newest")
            case SearchState.LOADING:
                self.status = words("search.loading")
            case SearchState.SEEKING:
                self.status = words("search.seeking")
            case SearchState.RESULTS:
                self.status = words("search.found", total=view.total)
            case SearchState.NOTHING:
                self.status = ""
                self.empty_title = words("search.nothing", query=view.query)
                asked = words("search.nearest", department=view.nearest) if view.nearest else ""
                self.empty_ways = asked + words("search.nothing_ways")
            case SearchState.FAILED:
                self.status = ""
                self.empty_title = words("search.failed")
                self.empty_ways = words("search.failed_ways")
            case SearchState.EMPTY_REPLICA:
                self.status = ""
                self.empty_title = words("search.empty_replica")
                self.empty_ways = words("search.empty_ways")

    def _suggest(self, view: SearchView) -> None:
        typed = view.suggestions if self.keys else ()
        offered = {text: text for text in (*typed, *view.hot)[:2]}
        if view.meant:
            offered = {view.meant: self.kiosk.words("search.meant", text=view.meant), **offered}
        offered = dict(list(offered.items())[:2])
        if offered == self._offered:
            return
        self._offered = offered
        box = self.ids.suggestions
        for chip in list(box.children)[len(offered) :]:
            box.remove_widget(chip)
            self._spare.append(chip)
        for _ in range(len(offered) - len(box.children)):
            box.add_widget(self._spare.pop() if self._spare else self._chip())
        for chip, (text, label) in zip(reversed(box.children), offered.items(), strict=True):
            chip.chosen, chip.text = text, label

    def _chip(self) -> Suggestion:
        chip = Suggestion()
        chip.bind(on_release=lambda one: self._choose(one.chosen))
        return chip

    def _narrow(self, chips: tuple[ChipView, ...]) -> None:
        box = self.ids.chips
        box.clear_widgets()
        for one in chips:
            button = FacetChip(text=one.text, chosen=one.is_chosen)
            button.bind(on_release=lambda _, chip=one.chip: self._narrowed(chip))
            box.add_widget(button)
        # On a low screen with large type the quotation comes first: chips would leave no room for a row.
        roomy = self.height > ROOM_FOR_CHIPS * App.get_running_app().theme.scale
        self.has_chips = bool(chips) and not self.keys and (roomy or not self.answer_note)

    def _narrowed(self, chip: Chip) -> None:
        self.kiosk.search.narrow(chip)
        self.refresh()

    def _answer(self, answer: AnswerView) -> None:
        self.answer_note = answer.note
        box = self.ids.answers
        box.clear_widgets()
        room = int(self.height * QUOTED_SHARE / (LINE_PX * App.get_running_app().theme.scale))
        shown = (
            answer.cards if room >= 2 * len(answer.cards) * LINES_OF_SOURCE else answer.cards[:1]
        )
        for card in shown:
            box.add_widget(
                Quotation(
                    record=card.record,
                    quote=card.quote,
                    marks=list(card.marks),
                    source=card.source,
                    most_lines=min(MOST_LINES, max(1, room // len(shown) - LINES_OF_SOURCE)),
                )
            )

    def _quote_now(self, *_: object) -> None:
        if self._shown is not None:
            self._answer(self._shown.answer)

    def _choose(self, text: str) -> None:
        self.kiosk.search.choose(text)
        self.refresh()

    def _turn(self, by: int) -> None:
        self.kiosk.search.turn(by)
        self.refresh()

    def _fit_now(self, *_: object) -> None:
        if self.ids.rows.fits:
            self.kiosk.search.fit(int(self.ids.rows.fits))
            self.refresh()
