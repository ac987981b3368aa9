"""Closed hours: that the hall rests, and when it opens again."""

from kivy.properties import StringProperty
from kivy.uix.boxlayout import BoxLayout

from signage.cues import ClosedCard
from signage.kit import text as _text  # noqa: F401 - its kv rules are used by ours
from signage.kit.rules import load_rules
from signage.words import Words

load_rules(__file__)


class ClosedView(BoxLayout):
    """Two sentences, large and calm."""

    text = StringProperty("")
    opens = StringProperty("")

    def __init__(self, card: ClosedCard, words: Words, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.text = card.text or words("closed.text")
        self.opens = words.opening(card.opens, card.today)
