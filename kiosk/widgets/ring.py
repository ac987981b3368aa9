"""The ring around what the keys have reached: thick, and of two tones, so that it stands out from every ground."""

from kivy.app import App
from kivy.graphics import Color, Line
from kivy.uix.widget import Widget

INK_PX, INNER_PX, OUTER_PX = 5.0, 3.0, 1.5
"""Half widths of the lines: 10 px of ink around the thing, ground within and a hair of ground without."""
CORNER = 16
REACH_PX = 2 * (INK_PX + OUTER_PX)


class FocusRing(Widget):
    """Lies over everything and takes no touch."""

    def __init__(self, **kwargs: object) -> None:
        super().__init__(size_hint=(None, None), **kwargs)
        theme = App.get_running_app().theme
        with self.canvas:
            self._ground_colour = Color(*theme.ground)
            self._inner = Line(width=INNER_PX)
            self._outer = Line(width=OUTER_PX)
            self._ink_colour = Color(*theme.ink)
            self._ink = Line(width=INK_PX)
        theme.bind(ink=self._recolour, ground=self._recolour)  # weak: the theme outlives the ring

    def put(self, box: tuple[float, float, float, float], *, apart: float = 0) -> None:
        """Draw it around a box (x, y, width, height), so far apart from it, inside the window."""
        x, y, width, height = box
        frame = self.parent
        left, bottom = max(x - apart, REACH_PX), max(y - apart, REACH_PX)
        right = min(x + width + apart, frame.width - REACH_PX)
        top = min(y + height + apart, frame.height - REACH_PX)
        self.pos, self.size = (left, bottom), (max(right - left, 1), max(top - bottom, 1))
        self._draw(self._inner, -INNER_PX)
        self._draw(self._ink, INK_PX)
        self._draw(self._outer, 2 * INK_PX + OUTER_PX)

    def _draw(self, line: Line, out: float) -> None:
        line.rounded_rectangle = (
            self.x - out,
            self.y - out,
            max(self.width + 2 * out, 1),
            max(self.height + 2 * out, 1),
            CORNER + out,
        )

    def _recolour(self, theme: object, _: object) -> None:
        self._ink_colour.rgba = getattr(theme, "ink")  # noqa: B009 - Kivy's properties have no types
        self._ground_colour.rgba = getattr(theme, "ground")  # noqa: B009
