"""A canvas kept as a picture. Where the processor draws, the driver copies it to the window as memory is copied."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import TYPE_CHECKING, Any

from kivy.graphics import (
    Callback,
    Canvas,
    ClearBuffers,
    ClearColor,
    Color,
    Fbo,
    InstructionGroup,
    MatrixInstruction,
    PopMatrix,
    PushMatrix,
    Rectangle,
)
from kivy.graphics.opengl import (
    GL_BLEND,
    GL_COLOR_BUFFER_BIT,
    GL_FRAMEBUFFER_BINDING,
    GL_NEAREST,
    GL_RENDERER,
    glBindFramebuffer,
    glDisable,
    glEnable,
    glGetIntegerv,
    glGetString,
)
from kivy.graphics.texture import Texture
from kivy.graphics.transformation import Matrix

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

UPSIDE_DOWN = (0, 1, 1, 1, 1, 0, 0, 0)
SOFTWARE = b"llvmpipe"
READ_FRAMEBUFFER = 0x8CA8


class Picture:
    """Draws a canvas into a texture of one size when it changes, and shows the texture in its place.

    It stands upside down in its texture and blue before red, as the windows of a software renderer do: only between
    equals does the driver copy memory. Copied so, a whole window takes .3 ms; drawn, 10.

    Attributes:
        size: in pixels.
        group: to be put into the canvas where the picture is to be seen. Nothing above it may move or clip it.
    """

    def __init__(self, held: Canvas, size: tuple[int, int], behind: Sequence[float]) -> None:
        self.size = size
        self.group = InstructionGroup()
        self._held = held
        self._pos = (0, 0)
        self._is_seen = True
        self._copy = copier()
        texture = Texture.create(size=size, colorfmt="bgra" if self._copy else "rgba")
        texture.mag_filter = texture.min_filter = "nearest"
        self._fbo = Fbo(size=size, texture=texture)
        with self._fbo:
            self._ground = ClearColor(*behind)
            ClearBuffers()
            PushMatrix()
            self._turned = MatrixInstruction()
        self._fbo.add(held)
        with self._fbo:
            PopMatrix()
        self.group.add(self._fbo)
        self._shown = Rectangle(texture=texture, tex_coords=UPSIDE_DOWN)
        if self._copy is None:
            self._be_drawn()
        else:
            self._number = _number_of(self._fbo)
            self.group.add(Callback(self._be_copied))

    def place(self, pos: tuple[int, int], *, is_seen: bool) -> None:
        """Show what stands there in the window, with its lower left corner at pos, or nothing."""
        (x, y), (_, height) = pos, self.size
        self._pos, self._is_seen = pos, is_seen
        shift = Matrix().translate(-x, -y - height, 0)
        self._turned.matrix = Matrix().scale(1, -1, 1).multiply(shift)
        self._shown.pos, self._shown.size = pos, self.size if is_seen else (0, 0)
        self._fbo.ask_update()

    def stand_on(self, behind: Sequence[float]) -> None:
        """Draw on another colour."""
        self._ground.rgba = behind
        self._fbo.ask_update()

    def end(self) -> None:
        """Let go of the canvas."""
        self._fbo.remove(self._held)

    def _be_drawn(self) -> None:
        self.group.add(Color(1, 1, 1, 1))
        # the picture hides what lies below: a fifth of the time
        self.group.add(Callback(lambda _: glDisable(GL_BLEND)))
        self.group.add(self._shown)
        self.group.add(Callback(lambda _: glEnable(GL_BLEND)))

    def _be_copied(self, _: object) -> None:
        if self._copy is None or not self._is_seen:
            return
        (x, y), (width, height) = self._pos, self.size
        drawn_to = glGetIntegerv(GL_FRAMEBUFFER_BINDING)[0]
        glBindFramebuffer(READ_FRAMEBUFFER, self._number)
        there = (x, y + height, x + width, y)
        self._copy(0, 0, width, height, *there, GL_COLOR_BUFFER_BIT, GL_NEAREST)
        glBindFramebuffer(READ_FRAMEBUFFER, drawn_to)


@cache
def copier() -> Callable[..., None] | None:
    """Return glBlitFramebuffer, which Kivy does not offer; None where a graphics processor draws.

    OpenGL 4.5, 18.3.1: source rectangle, target rectangle (turned upside down when its y run down), buffers, filter.
    """
    renderer = glGetString(GL_RENDERER)
    if SOFTWARE not in renderer:
        return None
    try:
        library: Any = ctypes.CDLL("libGL.so.1")
        blit = library.glBlitFramebuffer
        library.glGetString.restype = ctypes.c_char_p
        is_ours = library.glGetString(ctypes.c_uint(GL_RENDERER)) == renderer
    except (OSError, AttributeError):
        return None
    blit.argtypes = [ctypes.c_int] * 8 + [ctypes.c_uint] * 2
    blit.restype = None
    return blit if is_ours else None


def _number_of(fbo: Fbo) -> int:
    fbo.bind()
    number: int = glGetIntegerv(GL_FRAMEBUFFER_BINDING)[0]
    fbo.release()
    return number
