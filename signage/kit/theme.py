"""The look as live tokens: kv rules read `app.theme.…` and follow when the appearance changes."""

from dataclasses import fields

from kivy.event import EventDispatcher
from kivy.metrics import Metrics
from kivy.properties import BooleanProperty, ColorProperty, NumericProperty

from signage.kit.palette import HIGH_CONTRAST, NORMAL, Palette


class Theme(EventDispatcher):
    """Tokens of the screen. An app makes one and keeps it as `theme`.

    Colours carry the names of signage.kit.palette.Palette. Type sizes stand in kv as "27sp" to "72sp":
    they follow `scale`; heights that hold text multiply by `scale`; distances are multiples of `unit`.
    """

    high_contrast = BooleanProperty(False)
    scale = NumericProperty(1.0)
    unit = NumericProperty(8)
    corner = NumericProperty(16)

    ground = ColorProperty(NORMAL.ground)
    surface = ColorProperty(NORMAL.surface)
    sunken = ColorProperty(NORMAL.sunken)
    ink = ColorProperty(NORMAL.ink)
    ink_soft = ColorProperty(NORMAL.ink_soft)
    line = ColorProperty(NORMAL.line)
    edge = ColorProperty(NORMAL.edge)
    action = ColorProperty(NORMAL.action)
    action_ink = ColorProperty(NORMAL.action_ink)
    action_pressed = ColorProperty(NORMAL.action_pressed)
    action_soft = ColorProperty(NORMAL.action_soft)
    action_soft_ink = ColorProperty(NORMAL.action_soft_ink)
    seal = ColorProperty(NORMAL.seal)
    seal_ink = ColorProperty(NORMAL.seal_ink)
    notice = ColorProperty(NORMAL.notice)
    notice_ink = ColorProperty(NORMAL.notice_ink)
    good = ColorProperty(NORMAL.good)
    bad = ColorProperty(NORMAL.bad)

    @property
    def palette(self) -> Palette:
        """The colours in use, as hex."""
        return HIGH_CONTRAST if self.high_contrast else NORMAL

    def on_high_contrast(self, *_: object) -> None:
        """Move every colour over."""
        for field in fields(Palette):
            setattr(self, field.name, getattr(self.palette, field.name))

    def on_scale(self, *_: object) -> None:
        """Let every "…sp" in kv follow."""
        Metrics.fontscale = self.scale
