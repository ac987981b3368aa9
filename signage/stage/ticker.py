"""The band at the foot: lines that run slowly from right to left, drawn once and then only moved.

Each line is rendered in tiles of at most 30 characters (a texture much wider than 2048 px may come out
black). Lines that fit beside each other stand still: then nothing of the screen moves at all.
"""

from itertools import accumulate
from typing import Any

from kivy.clock import Clock
from kivy.core.text.markup import MarkupLabel
from kivy.graphics import Color, Rectangle
from kivy.properties import ColorProperty, NumericProperty
from kivy.uix.stencilview import StencilView

from signage.kit.fonts import TEXT_FONT, plain_markup

TILE_CHARACTERS = 30
SPEED_PX_S = 90
"""Just over two characters a second at 40 px: read at a walk."""
_GAP_PX = 120
_SMALLEST_STEP_S = 1 / 30


class Ticker(StencilView):
    """Runs `lines`; set them with `run`."""

    ink = ColorProperty("#FFFFFF")
    font_size = NumericProperty(40)

    def __init__(self, **kwargs: object) -> None:
        self._tiles: list[tuple[Any, float]] = []
        self._length = 0.0
        self._offset = 0.0
        self._drawn: list[Rectangle] = []
        self._event = Clock.create_trigger(self._move, _SMALLEST_STEP_S, interval=True)
        super().__init__(**kwargs)
        self.bind(size=self._begin, pos=self._begin)

    @property
    def is_moving(self) -> bool:
        """Whether the lines are too long to stand still."""
        return self._length > self.width

    def run(self, lines: tuple[str, ...]) -> None:
        """Show these lines from now on."""
        self._tiles = []
        at = 0.0
        for line in lines:
            for texture in (self._texture(tile) for tile in _tiles_of(line)):
                self._tiles.append((texture, at))
                at += texture.width
            at += _GAP_PX
        self._length = at
        self._offset = 0.0
        self._begin()

    def stop(self) -> None:
        """Move no more."""
        self._event.cancel()

    def _begin(self, *_: object) -> None:
        self._event.cancel()
        self.canvas.clear()
        with self.canvas:
            Color(rgba=self.ink)
            self._drawn = [
                Rectangle(texture=texture, size=texture.size) for texture, _ in self._tiles
            ]
        self._place()
        if self.is_moving:
            self._event()

    def _move(self, dt: float) -> None:
        self._offset = (self._offset + SPEED_PX_S * min(dt, 0.2)) % self._length
        self._place()

    def _place(self) -> None:
        """Put every tile where it belongs now, on whole pixels."""
        start = self.x + (24 if not self.is_moving else 24 - self._offset)
        for rectangle, (texture, at) in zip(self._drawn, self._tiles, strict=True):
            left = start + at
            if self.is_moving and left + texture.width < self.x:
                left += self._length
            rectangle.pos = (round(left), round(self.center_y - texture.height / 2))

    def _texture(self, text: str) -> Any:
        label = MarkupLabel(
            text=plain_markup(text),
            font_name=TEXT_FONT,
            font_size=self.font_size,
            color=(1, 1, 1, 1),
        )
        label.refresh()
        return label.texture


def _tiles_of(line: str) -> list[str]:
    """Cut a line into tiles of nearly equal length."""
    count = -(-len(line) // TILE_CHARACTERS)
    ends = list(accumulate(len(line) // count + (i < len(line) % count) for i in range(count)))
    return [line[start:end] for start, end in zip([0, *ends], ends, strict=False)]
