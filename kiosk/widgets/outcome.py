"""What became of a print job, as one line with an icon; nothing while nothing was printed."""

from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk.flows.printing import PrintState, PrintView
from kiosk.words import Words
from signage.kit import text as _text  # noqa: F401 - its kv rules are used by ours
from signage.kit.rules import load_rules

load_rules(__file__)


class PrintOutcome(BoxLayout):
    """Shows the outcome; `good` tints it, the icon says it too."""

    text = StringProperty("")
    icon = StringProperty("printer")
    good = BooleanProperty(True)

    def show(self, view: PrintView, words: Words) -> None:
        """Show this outcome."""
        self.text = outcome_text(view, words)
        self.good = view.state in {PrintState.PRINTED, PrintState.WAITING}
        self.icon = "printer-check" if view.state is PrintState.PRINTED else "printer"


def outcome_text(view: PrintView, words: Words) -> str:
    """Return the sentence of an outcome; each bad one says what to do."""
    match view.state:
        case PrintState.IDLE:
            return ""
        case PrintState.FAILED:
            key = f"print.reason.{view.reason}"
            reason = words(key if words.has(key) else "print.reason.other")
            return words("print.failed_ways", reason=reason)
        case PrintState.PRINTED if view.again:
            return words("print.reprinted")
        case state:
            return words(f"print.{state.value}")
