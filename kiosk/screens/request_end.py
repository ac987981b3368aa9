"""The last panels of a request: review, saving, saved with its receipt, not saved."""

from typing import TYPE_CHECKING

from kivy.clock import Clock
from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from content.codes import show_code
from kiosk.flows.printing import PrintState, PrintView
from kiosk.flows.request import RequestView, Step
from kiosk.flows.review import review
from kiosk.widgets import outcome as _outcome  # noqa: F401 - named in the kv rules
from kiosk.widgets import page_bar as _page_bar  # noqa: F401 - named in the kv rules
from signage.kit import qr as _qr  # noqa: F401 - named in the kv rules
from signage.kit.rules import load_rules

if TYPE_CHECKING:
    from kiosk.screens.request import RequestScreen

load_rules(__file__)


class ReviewCard(BoxLayout):
    """One block, and the way back to it."""

    heading = StringProperty("")
    lines = StringProperty("")

    def __init__(self, *, step: Step, screen: "RequestScreen", **kwargs: object) -> None:
        self._step = step
        self._screen = screen
        super().__init__(**kwargs)

    def change(self) -> None:
        """Go to the block."""
        self._screen.kiosk.request.edit(self._step)
        self._screen.refresh()


class ReviewPanel(BoxLayout):
    """All that was stated, before it is handed in; block by block where type is large."""

    def __init__(self, *, screen: "RequestScreen") -> None:
        self._screen = screen
        self._cards: list[ReviewCard] = []
        self._first = 0
        super().__init__()
        self._settle = Clock.create_trigger(self._arrange, 0)
        self.ids.cards.fbind("size", self._settle)
        self.ids.pages.bind(on_turn=lambda _, by: self._turn(by))

    def show(self, view: RequestView) -> None:
        """Render the blocks."""
        if self._cards:
            return
        for block in review(view.form, self._screen.kiosk.words):
            lines = "\n".join(f"{label}：{value}" for label, value in block.lines)
            card = ReviewCard(
                step=block.step, screen=self._screen, heading=block.heading, lines=lines
            )
            card.fbind("height", self._settle)
            self._cards.append(card)
        self._arrange()

    def _turn(self, by: int) -> None:
        self._first = min(max(0, self._first + by), len(self._cards) - 1)
        self._arrange()

    def _arrange(self, *_: object) -> None:
        box = self.ids.cards.__self__  # ids hold weak proxies, which are identical to nothing
        for card in self._cards:
            card.width = box.width  # those out of view are measured as if they were in it
        needed = sum(card.height + box.spacing for card in self._cards)
        room = self.height - sum(c.height for c in self.children if c is not box)
        room += self.ids.pages.height - len(self.children) * self.spacing
        fits = needed <= room
        shown = self._cards if fits else [self._cards[self._first]]
        if list(reversed(box.children[1:])) != shown:
            box.clear_widgets()
            for widget in (*shown, BoxLayout()):
                box.add_widget(widget)
        where = self._screen.kiosk.words("page.of", page=self._first + 1, pages=len(self._cards))
        self.ids.pages.show(self._first + 1, 0 if fits else len(self._cards), where)


class SendingPanel(BoxLayout):
    """The second in which the agent keeps the request."""

    def show(self, view: RequestView) -> None:
        """Nothing of it changes."""


class FailedPanel(BoxLayout):
    """Why it was not kept, and what to do."""

    sentence = StringProperty("")

    def __init__(self, *, screen: "RequestScreen") -> None:
        self._screen = screen
        super().__init__()

    def show(self, view: RequestView) -> None:
        """Render the reason."""
        words = self._screen.kiosk.words
        is_ours = view.problem in {"away", "silent"}
        self.sentence = words(f"request.{view.problem}") if is_ours else view.problem


class SavedPanel(BoxLayout):
    """The receipt on the screen: valid from now on, link or no link."""

    code = StringProperty("")
    number = StringProperty("")
    url = StringProperty("")
    may_print = BooleanProperty(False)
    print_word = StringProperty("")

    def __init__(self, *, screen: "RequestScreen") -> None:
        self._screen = screen
        self._printed: tuple[PrintView, bool] | None = None
        super().__init__()

    def show(self, view: RequestView) -> None:
        """Render code, number and the outcome of printing."""
        words = self._screen.kiosk.words
        self.code = show_code(view.code)
        self.number = f"{words('request.number')}：{view.number}" if view.number else ""
        self.url = view.url
        around = self._screen.kiosk.view()
        printing = self._screen.kiosk.printing.view
        now = (printing, around.has_printer and around.is_agent_here)
        if now == self._printed:
            return
        self._printed = now
        self.may_print = now[1] and printing.may_print
        again = printing.state not in {PrintState.IDLE, PrintState.WAITING}
        self.print_word = words("reader.print_again" if again else "request.print")
        self.ids.outcome.show(printing, words)
