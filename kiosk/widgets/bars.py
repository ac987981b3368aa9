"""The frame around every screen: title strip, quiet bands, and the bar at the foot.

Back and home stand at the lower left on every screen: in reach of a wheelchair (EN 301 549 8.3), always in
the same corner.
"""

from kivy.properties import BooleanProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk.widgets import press as _press  # noqa: F401 - its kv rules are used by ours
from signage.kit.rules import load_rules

load_rules(__file__)


class TitleStrip(BoxLayout):
    """The screen's name, and where it stands."""

    title = StringProperty("")
    place = StringProperty("")
    date = StringProperty("")
    grand = BooleanProperty(False)
    tall = BooleanProperty(False)


class BandLine(BoxLayout):
    """One line: demo, offline, agent away; an emergency is red and not quiet."""

    text = StringProperty("")
    is_alarm = BooleanProperty(False)
    icon = StringProperty("info")


class NavBar(BoxLayout):
    """Back, home, text size, contrast, end."""

    can_go_back = BooleanProperty(False)
    is_home = BooleanProperty(True)
    is_active = BooleanProperty(False)
    text_word = StringProperty("")

    def on_touch_down(self, touch: object) -> bool:
        """Let nothing behind the bar be touched."""
        return bool(super().on_touch_down(touch))
