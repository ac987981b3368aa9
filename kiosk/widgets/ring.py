"""The ring around what the keys have reached: thick, and of two tones, so that it stands out from every ground."""

from kivy.app import App
from kivy.graphics import Color, Line
from kivy.uix.widget import Widget

INK_PX = 5.0
GROUND_PX = 3.0
"""Half widths of the two lines: 10 px of ink inside, 6 px of ground around it."""
CORNER = 20


class FocusRing(Widget):
    """Lies over everything and takes no touch."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(size_hint=(None, None), **kwargs)
        theme = App.get_running_app().theme
        with self.canvas:
            self._ground_colour = Color(*theme.ground)
            self._ground = Line(width=GROUND_PX)
            self._ink_colour = Color(*theme.ink)
            self._ink = Line(width=INK_PX)
        theme.bind(ink=self._recolour, ground=self._recolour)  # weak: the theme outlives the ring

    def put(self, x: float, y: float, width: float, height: float) -> None:
        """Draw it around this box, inside the window."""
        frame = self.parent
        inset = INK_PX + 2 * GROUND_PX
        left, bottom = max(x, inset), max(y, inset)
        right, top = min(x + width, frame.width - inset), min(y + height, frame.height - inset)
        self.pos, self.size = (left, bottom), (max(right - left, 1), max(top - bottom, 1))
        self._ink.rounded_rectangle = (*self.pos, *self.size, CORNER)
        out = INK_PX + GROUND_PX
        self._ground.rounded_rectangle = (
            left - out,
            bottom - out,
            self.width + 2 * out,
            self.height + 2 * out,
            CORNER + out,
        )

    def _recolour(self, theme: object, _: object) -> None:
        self._ink_colour.rgba = getattr(theme, "ink")  # noqa: B009 - Kivy's properties have no types
        self._ground_colour.rgba = getattr(theme, "ground")  # noqa: B009
