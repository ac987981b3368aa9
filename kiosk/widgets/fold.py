"""A part of a screen that is there or folded away."""

from typing import Any

from kivy.graphics import ScissorPop, ScissorPush
from kivy.uix.boxlayout import BoxLayout

_EVERYTHING = 1 << 14
"""Pixels each way: more than any screen has."""


class Fold(BoxLayout):
    """Folded (`disabled`, of no height and no opacity) it takes no touch, and nothing of it is drawn.

    Kivy lets a disabled widget swallow touches, and the children of a part without height still have theirs:
    they would lie, unseen, over what stands around them. They would be drawn too, with colours that cannot be seen:
    where the processor draws, a quarter of the time of a frame.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.canvas.before:
            self._cut = ScissorPush(x=0, y=0, width=_EVERYTHING, height=_EVERYTHING)
        with self.canvas.after:
            ScissorPop()
        self.fbind("opacity", self._draw_or_not)
        self._draw_or_not()

    def _draw_or_not(self, *_: object) -> None:
        side = _EVERYTHING if self.opacity else 0
        self._cut.width = self._cut.height = side

    def on_touch_down(self, touch: Any) -> bool:
        """Let the touch pass when folded."""
        return False if self.disabled else bool(super().on_touch_down(touch))
