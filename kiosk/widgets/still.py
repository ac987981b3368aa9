"""A part of the screen that seldom changes, kept as a picture: what changes beside it is drawn without drawing it anew.

Kivy draws the whole window whenever anything in it changes. Where the processor draws, six rows and a keyboard take
40 ms of it; their pictures take a third of that.
"""

from math import ceil
from typing import Any

from kivy.clock import Clock
from kivy.graphics import (
    Callback,
    Canvas,
    ClearBuffers,
    ClearColor,
    Color,
    Fbo,
    Rectangle,
    Translate,
)
from kivy.graphics.opengl import GL_BLEND, glDisable, glEnable
from kivy.properties import ListProperty
from kivy.uix.boxlayout import BoxLayout


class Still(BoxLayout):
    """Holds widgets as a BoxLayout does, and draws them only when one of them has changed.

    Attributes:
        behind: the colour behind them; they must stand on nothing else.
        opacity: all or nothing.
    """

    behind = ListProperty([0, 0, 0, 1])

    def __init__(self, **kwargs: Any) -> None:
        self.canvas = Canvas()
        with self.canvas:
            self._fbo = Fbo(size=(1, 1))
            Color(1, 1, 1, 1)
            Callback(
                lambda _: glDisable(GL_BLEND)
            )  # the picture hides what lies below: a fifth of the time
            self._shown = Rectangle()
            Callback(lambda _: glEnable(GL_BLEND))
        with self._fbo.before:
            self._ground = ClearColor(*self.behind)
            ClearBuffers()
            self._shift = Translate(0, 0)
        with self._fbo.after:
            self._back = Translate(0, 0)
        self._settle = Clock.create_trigger(self._place, -1)
        super().__init__(**kwargs)
        self.fbind("pos", self._settle)
        self.fbind("size", self._settle)
        self.fbind("opacity", self._settle)
        self._settle()

    def add_widget(self, widget: Any, *args: Any, **kwargs: Any) -> None:
        """Take a widget into the picture."""
        outer, self.canvas = self.canvas, self._fbo
        try:
            super().add_widget(widget, *args, **kwargs)
        finally:
            self.canvas = outer

    def remove_widget(self, widget: Any, *args: Any, **kwargs: Any) -> None:
        """Take a widget out of the picture."""
        outer, self.canvas = self.canvas, self._fbo
        try:
            super().remove_widget(widget, *args, **kwargs)
        finally:
            self.canvas = outer

    def on_behind(self, _: object, colour: Any) -> None:
        """Draw on another colour."""
        self._ground.rgba = colour
        self._fbo.ask_update()

    def _place(self, *_: object) -> None:
        """Put the picture where the widgets stand, pixel on pixel."""
        x, y = int(self.x), int(self.y)
        size = max(1, ceil(self.right) - x), max(1, ceil(self.top) - y)
        if tuple(self._fbo.size) != size:
            self._fbo.size = size
            self._fbo.texture.mag_filter = self._fbo.texture.min_filter = "nearest"
        self._shift.xy = -x, -y
        self._back.xy = x, y
        self._shown.texture = self._fbo.texture
        self._shown.pos, self._shown.size = (x, y), size if self.opacity else (0, 0)
