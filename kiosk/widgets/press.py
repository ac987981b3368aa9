"""Everything a finger can act on. All of it is at least 80 px each way and says what it does."""

from typing import Any

from kivy.app import App
from kivy.properties import BooleanProperty, ListProperty, NumericProperty, StringProperty
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout

from signage.kit import text as _text  # noqa: F401 - its kv rules are used by ours
from signage.kit.rules import load_rules

load_rules(__file__)

SMALLEST_PX = 80
"""20 mm on a 21.5-inch screen; larger brings nothing, smaller costs taps."""

TILE_WIDE_PX = 640
SMALLEST_HINT = 0.9
"""Below this factor a hint would be smaller than the smallest type, 27 px: then it is left out."""


class Press(ButtonBehavior, BoxLayout):
    """Base of all actionable widgets.

    Attributes:
        a11y_label: what it is, for speech and for tests; never empty on a visible widget.
        a11y_hint: what happens, if the label does not say it.
        quiet: drawn but not answering (a page button at the end of the list).
    """

    a11y_label = StringProperty("")
    a11y_hint = StringProperty("")
    a11y_role = StringProperty("button")
    quiet = BooleanProperty(False)
    ground = ListProperty([0, 0, 0, 0])
    border = ListProperty([0, 0, 0, 0])

    def on_touch_down(self, touch: Any) -> bool:
        """Take the touch unless quiet; what reaches beyond our box (see Fold) is not ours."""
        if self.quiet or not self.collide_point(*touch.pos):
            return False
        return bool(super().on_touch_down(touch))


class Tile(Press):
    """One of the three services on the first screen. Its type grows with the text size as far as it has room."""

    text = StringProperty("")
    hint = StringProperty("")
    icon = StringProperty("")
    primary = BooleanProperty(False)
    is_wide = BooleanProperty(False)
    has_hint = BooleanProperty(True)
    factor = NumericProperty(1.0)

    def on_size(self, *_: object) -> None:
        """Fit the type to the place."""
        scale = App.get_running_app().theme.scale
        self.is_wide = self.width > TILE_WIDE_PX * scale
        wanted_px, wide_px = (150, 460) if self.is_wide else (226, 250)
        room = min((self.height - 32) / wanted_px, (self.width - 40) / wide_px)
        self.has_hint = room >= SMALLEST_HINT
        if not self.has_hint:
            room = (self.height - 32) / (wanted_px - 46)
        self.factor = max(0.6, min(scale, room))


class NavButton(Press):
    """A button of the bar at the foot: icon above its word."""

    text = StringProperty("")
    icon = StringProperty("")


class LinkButton(Press):
    """A quiet way on, beside a heading."""

    text = StringProperty("")


class RecordRow(Press):
    """A document or item in a list."""

    record = StringProperty("")
    kind_word = StringProperty("")
    kind_icon = StringProperty("file-text")
    title = StringProperty("")
    title_marks = ListProperty([])
    second = StringProperty("")
    snippet = StringProperty("")
    snippet_marks = ListProperty([])
    mark_colour = StringProperty("")
