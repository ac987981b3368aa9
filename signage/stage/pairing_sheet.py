"""The widget of the pairing screen, and its app."""

from collections.abc import Callable

from kivy.app import App
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.properties import StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from signage.kit import text as _text  # noqa: F401 - its kv rules are used by ours
from signage.kit.fonts import register
from signage.kit.rules import load_rules
from signage.kit.theme import Theme
from signage.words import Words

load_rules(__file__.replace("pairing_sheet", "pairing"))

Look = Callable[[], tuple[str, str]]


class PairingSheet(BoxLayout):
    """Code and fingerprint in large letters."""

    code = StringProperty("")
    fingerprint = StringProperty("")

    def __init__(self, words: Words) -> None:
        self.words = words
        super().__init__()


class CodeOnGlass(App):
    """Looks at what is to be shown, again and again."""

    def __init__(self, *, look: Look, every_s: float) -> None:
        self.theme = Theme()
        self.words = Words.load()
        self._look = look
        self._every_s = every_s
        super().__init__()

    def build(self) -> Widget:
        """Make the sheet and show at once what there is."""
        register()
        Window.clearcolor = self.theme.ground
        self.sheet = PairingSheet(self.words)
        self.renew()
        Clock.schedule_interval(self.renew, self._every_s)
        return self.sheet

    def open_settings(self, *_: object) -> bool:
        """Refuse Kivy's settings panel."""
        return True

    def renew(self, _dt: float = 0) -> None:
        """Show what is to be shown now."""
        self.sheet.code, self.sheet.fingerprint = self._look()
