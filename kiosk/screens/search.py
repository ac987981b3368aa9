"""Search as you type."""

from kivy.clock import Clock
from kivy.properties import BooleanProperty, StringProperty
from typing_extensions import override

from kiosk.flows.kiosk import Kiosk
from kiosk.flows.search import MOST_CHARACTERS, SearchState, SearchView
from kiosk.screens.screen import KioskScreen
from kiosk.widgets import page_bar as _page_bar  # noqa: F401 - named in the kv rules
from kiosk.widgets import rows as _rows  # noqa: F401 - named in the kv rules
from kiosk.widgets.field import Field
from kiosk.widgets.press import Press
from signage.kit.rules import load_rules

load_rules(__file__)


class Suggestion(Press):
    """A title that completes what was typed; runs only when tapped."""

    text = StringProperty("")


class SearchScreen(KioskScreen):
    """Field, suggestions, six rows, page buttons; the keyboard below until it is put away."""

    status = StringProperty("")
    empty_title = StringProperty("")
    empty_ways = StringProperty("")
    is_empty = BooleanProperty(False)
    keys = BooleanProperty(True)

    def __init__(self, kiosk: Kiosk) -> None:
        super().__init__(kiosk)
        self._shown: SearchView | None = None
        field = self.ids.field
        field.longest = MOST_CHARACTERS
        field.bind(on_typed=lambda _, text: self.do("type_query", text))
        self.ids.pages.bind(on_turn=lambda _, by: self._turn(by))
        # Fitting changes the flow's page while it is being laid out: wait for the next turn of the loop.
        self._fit = Clock.create_trigger(self._fit_now, 0)
        self.ids.rows.fbind("fits", self._fit)

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
        self._want_keys(wanted=False)

    def open_keys(self) -> None:
        """Bring the keyboard back."""
        self._want_keys(wanted=True)

    def clear(self) -> None:
        """Empty the field."""
        self._want_keys(wanted=True)
        self.do("type_query", "")

    def show(self) -> None:
        """Render the query's results."""
        self.keys = self.kiosk.search.is_typing
        view = self.kiosk.search.view
        if view == self._shown:
            return
        self._shown = view
        self.ids.field.text = view.query
        self._say(view)
        self._suggest(view)
        self.ids.rows.show(view.rows)
        where = self.kiosk.words("page.of", page=view.page, pages=view.pages)
        self.ids.pages.show(view.page, view.pages, where)

    def _want_keys(self, *, wanted: bool) -> None:
        self.kiosk.search.is_typing = wanted
        self.refresh()

    def _say(self, view: SearchView) -> None:
        words = self.kiosk.words
        self.is_empty = view.state in {SearchState.NOTHING, SearchState.EMPTY_REPLICA}
        self.empty_title = self.empty_ways = ""
        match view.state:
            case SearchState.BROWSING:
                self.status = words("search.newest")
            case SearchState.LOADING:
                self.status = words("search.loading")
            case SearchState.RESULTS:
                self.status = words("search.found", total=view.total)
            case SearchState.NOTHING:
                self.status = ""
                self.empty_title = words("search.nothing", query=view.query)
                self.empty_ways = words("search.nothing_ways")
            case SearchState.EMPTY_REPLICA:
                self.status = ""
                self.empty_title = words("search.empty_replica")
                self.empty_ways = words("search.empty_ways")

    def _suggest(self, view: SearchView) -> None:
        offered = {text: text for text in (*view.suggestions, *view.hot)[:2]}
        if view.meant:
            offered = {view.meant: self.kiosk.words("search.meant", text=view.meant), **offered}
        box = self.ids.suggestions
        box.clear_widgets()
        for text, label in list(offered.items())[:2]:
            chip = Suggestion(text=label)
            chip.bind(on_release=lambda _, chosen=text: self._choose(chosen))
            box.add_widget(chip)

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
