"""The time of day, large."""

from kivy.uix.boxlayout import BoxLayout

from signage.kit.rules import load_rules
from signage.words import Words

load_rules(__file__)


class ClockView(BoxLayout):
    """Follows the stage's clock, so that the two never differ."""

    def __init__(self, words: Words, **kwargs: object) -> None:
        self.words = words
        super().__init__(**kwargs)
