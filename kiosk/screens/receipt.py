"""办理进度: where the request stands whose receipt was scanned, and the same page for a phone."""

from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from content.codes import show_code
from kiosk.flows.kiosk import Kiosk
from kiosk.flows.receipt import ReceiptState, ReceiptView
from kiosk.screens.screen import KioskScreen
from kiosk.widgets import action as _action  # noqa: F401 - named in the kv rules
from signage.kit.rules import load_rules

load_rules(__file__)


class ReceiptLine(BoxLayout):
    """A label and its value; keys reach both together."""

    is_one_stop = True

    label = StringProperty("")
    value = StringProperty("")


class ReceiptScreen(KioskScreen):
    """Shows the controller's words; where it cannot be reached, the code for a phone stays."""

    code = StringProperty("")
    heading = StringProperty("")
    text = StringProperty("")
    next_step = StringProperty("")
    url = StringProperty("")
    may_ask = BooleanProperty(True)

    def __init__(self, kiosk: Kiosk) -> None:
        super().__init__(kiosk)
        self._shown: ReceiptView | None = None

    @property
    def title(self) -> str:
        """The strip's word."""
        return self.kiosk.words("receipt.title")

    def show(self) -> None:
        """Render what is known."""
        view = self.kiosk.receipt.view
        if view == self._shown:
            return
        self._shown = view
        self.code = show_code(view.code) if view.code else ""
        self.url = view.url
        self.may_ask = view.state is not ReceiptState.ASKING
        self.heading, self.text = self._said(view)
        self.next_step = view.next_step
        self.ids.lines.clear_widgets()
        for label, value in view.lines:
            self.ids.lines.add_widget(ReceiptLine(label=label, value=value))

    def ask_again(self) -> None:
        """Look once more."""
        self.do("open_receipt", self.kiosk.receipt.view.code)

    def _said(self, view: ReceiptView) -> tuple[str, str]:
        words = self.kiosk.words
        match view.state:
            case ReceiptState.CLOSED:
                return "", ""
            case ReceiptState.ASKING:
                return words("receipt.asking"), ""
            case ReceiptState.KNOWN:
                return view.state_word, view.text
            case ReceiptState.UNKNOWN:
                return words("receipt.unknown"), words("receipt.unknown_ways")
            case ReceiptState.AWAY:
                return words("receipt.away"), words("receipt.away_ways")
