"""QR codes for the screen: level M, a quiet zone of four modules, whole pixels per module.

For a phone held at arm's length a module should measure 2.5 mm or more: about 10 px on a 21.5-inch screen
of 1920 x 1080 (0.248 mm a pixel).
"""

from functools import lru_cache
from typing import Any

from kivy.graphics import Color, Rectangle
from kivy.graphics.texture import Texture
from kivy.properties import NumericProperty, StringProperty
from kivy.uix.widget import Widget

QUIET_ZONE = 4
MODULE_PX = 10


@lru_cache(maxsize=8)
def qr_matrix(text: str) -> tuple[tuple[bool, ...], ...]:
    """Return the modules of the code, quiet zone included, top row first."""
    from qrcode import QRCode
    from qrcode.constants import ERROR_CORRECT_M

    code = QRCode(error_correction=ERROR_CORRECT_M, border=QUIET_ZONE)
    code.add_data(text)
    code.make(fit=True)
    return tuple(tuple(bool(module) for module in row) for row in code.get_matrix())


def qr_texture(text: str) -> Any:
    """Return a texture of one pixel a module that stays sharp when enlarged."""
    rows = qr_matrix(text)
    pixels = bytes(
        0 if module else 255 for row in reversed(rows) for module in row for _ in range(3)
    )
    texture = Texture.create(size=(len(rows), len(rows)), colorfmt="rgb")
    texture.blit_buffer(pixels, colorfmt="rgb", bufferfmt="ubyte")
    texture.mag_filter = texture.min_filter = "nearest"
    return texture


def forget_codes() -> None:
    """Drop every code that has been made: a receipt's code is the visitor's."""
    qr_matrix.cache_clear()


class QrCode(Widget):
    """Draws `text` as a code in the middle of itself, as large as fits in whole pixels per module.

    Black on white in every appearance: many phones do not read an inverted code.
    """

    text = StringProperty("")
    module_px = NumericProperty(0)

    def on_text(self, *_: object) -> None:
        """Draw anew."""
        self._draw()

    def on_size(self, *_: object) -> None:
        """Draw anew."""
        self._draw()

    def on_pos(self, *_: object) -> None:
        """Draw anew."""
        self._draw()

    def _draw(self) -> None:
        self.canvas.clear()
        self.module_px = 0
        if not self.text:
            return
        modules = len(qr_matrix(self.text))
        self.module_px = int(min(self.size) // modules)
        if self.module_px == 0:
            return
        side = self.module_px * modules
        left, bottom = int(self.center_x - side / 2), int(self.center_y - side / 2)
        with self.canvas:
            Color(1, 1, 1, 1)
            Rectangle(texture=qr_texture(self.text), pos=(left, bottom), size=(side, side))
