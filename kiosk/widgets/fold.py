"""A part of a screen that is there or folded away."""

from typing import Any

from kivy.uix.boxlayout import BoxLayout


class Fold(BoxLayout):
    """Folded (`disabled`, of no height) it takes no touch.

    Kivy lets a disabled widget swallow touches, and the children of a part without height still have theirs:
    they would lie, unseen, over what stands around them.
    """

    def on_touch_down(self, touch: Any) -> bool:
        """Let the touch pass when folded."""
        return False if self.disabled else bool(super().on_touch_down(touch))
