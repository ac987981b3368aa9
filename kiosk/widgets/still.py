"""A part of the screen that seldom changes, kept as a picture: what changes beside it is drawn without drawing it anew.

Kivy draws the whole window whenever anything in it changes. Where the processor draws, six rows and a keyboard take
40 ms of it; their pictures take less than one.
"""

from math import ceil
from typing import Any

from kivy.clock import Clock
from kivy.graphics import Canvas
from kivy.properties import ListProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk.widgets.picture import Picture


class Still(BoxLayout):
    """Holds widgets as a BoxLayout does, and draws them only when one of them has changed.

    It must stand where it says: nothing above it may move, scroll or clip it.

    Attributes:
        behind: the colour behind them; they must stand on nothing else.
        opacity: all or nothing.
    """

    behind = ListProperty([0, 0, 0, 1])

    def __init__(self, **kwargs: Any) -> None:
        self.canvas = Canvas()
        self._held = Canvas()
        self._picture = Picture(self._held, (1, 1), self.behind)
        self.canvas.add(self._picture.group)
        self._settle = Clock.create_trigger(self._place, -1)
        super().__init__(**kwargs)
        self.fbind("pos", self._settle)
        self.fbind("size", self._settle)
        self.fbind("opacity", self._settle)
        self._settle()

    def add_widget(self, widget: Any, *args: Any, **kwargs: Any) -> None:
        """Take a widget into the picture."""
        outer, self.canvas = self.canvas, self._held
        try:
            super().add_widget(widget, *args, **kwargs)
        finally:
            self.canvas = outer

    def remove_widget(self, widget: Any, *args: Any, **kwargs: Any) -> None:
        """Take a widget out of the picture."""
        outer, self.canvas = self.canvas, self._held
        try:
            super().remove_widget(widget, *args, **kwargs)
        finally:
            self.canvas = outer

    def on_behind(self, _: object, colour: Any) -> None:
        """Draw on another colour."""
        self._picture.stand_on(colour)

    def _place(self, *_: object) -> None:
        """Put the picture where the widgets stand, pixel on pixel."""
        x, y = int(self.x), int(self.y)
        size = max(1, ceil(self.right) - x), max(1, ceil(self.top) - y)
        if self._picture.size != size:
            self._picture.end()
            self.canvas.clear()
            self._picture = Picture(self._held, size, self.behind)
            self.canvas.add(self._picture.group)
        self._picture.place((x, y), is_seen=bool(self.opacity))
