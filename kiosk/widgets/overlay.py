"""What lies over every screen: the idle warning, and a calm notice after something went wrong."""

from kivy.properties import NumericProperty, StringProperty
from kivy.uix.anchorlayout import AnchorLayout
from kivy.uix.boxlayout import BoxLayout

from kiosk.widgets import action as _action  # noqa: F401 - its kv rules are used by ours
from signage.kit.rules import load_rules

load_rules(__file__)


class IdleOverlay(AnchorLayout):
    """Covers the screen and everything on it; any touch resumes, none reaches what lies below."""

    seconds = NumericProperty(0)
    sentence = StringProperty("")

    def on_touch_down(self, touch: object) -> bool:
        """Swallow the touch: the session has taken note of it already."""
        super().on_touch_down(touch)
        return True


class DarkOverlay(AnchorLayout):
    """Covers everything while nobody is there. A touch wakes the screen and does no more."""

    def on_touch_down(self, touch: object) -> bool:
        """Swallow the touch: it was meant for a dark screen."""
        super().on_touch_down(touch)
        return True


class NoticeCard(BoxLayout):
    """One sentence at the foot, gone by itself."""

    text = StringProperty("")
