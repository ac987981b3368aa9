"""Buttons that the first screen does without, so that their rules load later: actions and choices."""

from kivy.properties import BooleanProperty, StringProperty

from kiosk.widgets.press import Press
from signage.kit.rules import load_rules

load_rules(__file__)


class Action(Press):
    """A button with icon and word. `primary` is filled; one a screen."""

    text = StringProperty("")
    icon = StringProperty("")
    icon_after = BooleanProperty(False)
    primary = BooleanProperty(False)
    large = BooleanProperty(False)


class Choice(Press):
    """One of several; `chosen` shows by tint, border and a tick, never by colour alone."""

    text = StringProperty("")
    value = StringProperty("")
    chosen = BooleanProperty(False)
