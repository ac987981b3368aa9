"""Read a document or a service item, print it, take it along on a phone."""

from kivy.app import App
from kivy.clock import Clock
from kivy.properties import BooleanProperty, StringProperty

from kiosk.flows.kiosk import Kiosk
from kiosk.flows.pages import Column, Line, Paragraph, Style, lay_out
from kiosk.flows.printing import PrintState, PrintView
from kiosk.flows.reader import ReaderState, ReaderView
from kiosk.screens.screen import KioskScreen
from kiosk.widgets import outcome as _outcome  # noqa: F401 - named in the kv rules
from kiosk.widgets import page_bar as _page_bar  # noqa: F401 - named in the kv rules
from kiosk.widgets import page_text as _page_text  # noqa: F401 - named in the kv rules
from kiosk.words import Words
from signage.kit import qr as _qr  # noqa: F401 - named in the kv rules
from signage.kit.fonts import measurer
from signage.kit.rules import load_rules

load_rules(__file__)

TYPE_PX = 34

_NO_PAPER = {
    PrintState.FAILED,
    PrintState.INTERRUPTED,
    PrintState.UNCONFIRMED,
    PrintState.AWAY,
}


class ReaderScreen(KioskScreen):
    """Title, pages of text, actions at the foot."""

    heading = StringProperty("")
    empty_title = StringProperty("")
    empty_ways = StringProperty("")
    is_open = BooleanProperty(False)
    shows_code = BooleanProperty(False)
    may_print = BooleanProperty(False)
    print_word = StringProperty("")
    extra_word = StringProperty("")
    paper_note = StringProperty("")

    def __init__(self, kiosk: Kiosk) -> None:
        super().__init__(kiosk)
        self._shown: ReaderView | None = None
        self._printed: tuple[PrintView, bool, bool, str] | None = None
        self._pages: tuple[tuple[Line, ...], ...] = ()
        self._laid_out: tuple[str, int, Column] | None = None
        self._settle = Clock.create_trigger(self._lay_out, 0)
        self.ids.page.fbind("size", self._settle)
        self.ids.pages.bind(on_turn=lambda _, by: self._turn(by))

    @property
    def title(self) -> str:
        """The strip's word."""
        kind = self.kiosk.reader.view.kind or "document"
        return self.kiosk.words(f"reader.title_{kind}")

    def toggle_code(self) -> None:
        """Show the phone's code over the text, or the text again."""
        self.shows_code = not self.shows_code
        self._settle()

    def show(self) -> None:
        """Render the record and the outcome of printing."""
        view = self.kiosk.reader.view
        if view != self._shown:
            is_new = self._shown is None or view.record != self._shown.record
            self._shown = view
            self._render(view, is_new=is_new)
        self._show_printing()

    def _render(self, view: ReaderView, *, is_new: bool) -> None:
        self.is_open = view.state is ReaderState.OPEN
        self.heading = view.title
        self.ids.code.text = view.url
        words = self.kiosk.words
        key = "refused" if view.state is ReaderState.REFUSED else "gone"
        self.empty_title = "" if self.is_open else words(f"reader.{key}")
        self.empty_ways = "" if self.is_open else words(f"reader.{key}_ways")
        if not self.is_open:
            self.ids.pages.show(0, 0, "")
        if is_new:
            self.shows_code = False
        self._settle()

    def _show_printing(self) -> None:
        around = self.kiosk.view()
        extra = self.kiosk.reader.view.extra
        now = (self.kiosk.printing.view, around.is_agent_here, around.has_printer, extra)
        if now == self._printed:
            return
        before, self._printed = self._printed, now
        view, is_here, has_printer, _ = now
        words = self.kiosk.words
        self.ids.outcome.show(view, words)
        self.may_print = has_printer and is_here and view.may_print
        again = view.state not in {PrintState.IDLE, PrintState.WAITING}
        is_extra = view.kind == extra
        self.print_word = words("reader.print_again" if again and not is_extra else "reader.print")
        self.extra_word = _extra_word(extra, words, again=again and is_extra)
        self.paper_note = "" if has_printer else words("print.no_printer")
        has_failed = view.state in _NO_PAPER and (before is None or before[0].state != view.state)
        if has_failed:
            self.shows_code = True
            self._settle()

    def _lay_out(self, *_: object) -> None:
        view, page = self.kiosk.reader.view, self.ids.page
        size = TYPE_PX * App.get_running_app().theme.scale
        if not self.is_open or page.height < size * 2:
            return
        column = Column(width=page.width, height=page.height, size=size)
        key = (view.record, view.version, column)
        if key != self._laid_out:
            self._laid_out = key
            self._pages = lay_out(
                (*_facts(view), *view.paragraphs),
                column,
                plain=measurer(size),
                bold=measurer(size, bold=True),
            )
        self.kiosk.reader.turn(0, of=len(self._pages))
        self._draw_page()

    def _turn(self, by: int) -> None:
        self.kiosk.reader.turn(by, of=len(self._pages))
        self.refresh()
        self._draw_page()

    def _draw_page(self) -> None:
        number = self.kiosk.reader.view.page
        column = self._laid_out
        if column is None:
            return
        self.ids.page.show(self._pages[number - 1], column[2].size)
        pages = 0 if self.shows_code else len(self._pages)
        where = self.kiosk.words("page.of", page=number, pages=len(self._pages))
        self.ids.pages.show(number, pages, where)


def _extra_word(kind: str, words: Words, *, again: bool) -> str:
    """Return the word of the button for the one slip more, "" for none."""
    if not kind:
        return ""
    name = words(f"reader.slip_{kind}")
    return words("reader.print_extra_again" if again else "reader.print_extra", name=name)


def _facts(view: ReaderView) -> tuple[Paragraph, ...]:
    lines = [Paragraph(Style.BODY, f"{fact.label}：{fact.value}") for fact in view.facts]
    return (*lines, Paragraph(Style.GAP, "")) if lines else ()
