"""What the zone is for: shown before any document has arrived and when none can be shown."""

from kivy.properties import StringProperty
from kivy.uix.boxlayout import BoxLayout

from signage.kit import text as _text  # noqa: F401 - its kv rules are used by ours
from signage.kit.rules import load_rules
from signage.words import Words

load_rules(__file__)


class WelcomeLine(BoxLayout):
    """One service with its icon."""

    icon = StringProperty("")
    body = StringProperty("")


class WelcomeView(BoxLayout):
    """Title, the three services, and `way`: where to go on."""

    way = StringProperty("")

    def __init__(self, words: Words, **kwargs: object) -> None:
        self.words = words
        super().__init__(**kwargs)
