"""A text field that a touch keyboard types into.

Not Kivy's TextInput: that keeps an undo history, a selection and a clipboard, which a public terminal must
not have, and asks the system for a keyboard.
"""

from kivy.properties import BooleanProperty, NumericProperty, StringProperty

from kiosk.widgets.press import Press
from signage.kit.rules import load_rules

load_rules(__file__)


class Field(Press):
    """Label, box, sentence of what is wrong. The caret stands at the end.

    Dispatches on_typed with the whole text whenever the keyboard changed it.
    """

    name = StringProperty("")
    label = StringProperty("")
    text = StringProperty("")
    placeholder = StringProperty("")
    error = StringProperty("")
    focused = BooleanProperty(False)
    most_lines = NumericProperty(1)
    longest = NumericProperty(60)

    def __init__(self, **kwargs: object) -> None:
        self.register_event_type("on_typed")
        super().__init__(**kwargs)

    def insert_text(self, text: str) -> None:
        """Take text from the keyboard, as far as there is room."""
        self.text = (self.text + text)[: int(self.longest)]
        self.dispatch("on_typed", self.text)

    def backspace(self) -> None:
        """Take the last character away."""
        self.text = self.text[:-1]
        self.dispatch("on_typed", self.text)

    def on_typed(self, text: str) -> None:
        """Called with the whole text."""
