"""What has really been drawn: count frames, wait for one, take its fingerprint."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kivy.graphics.opengl import (
    GL_COLOR_BUFFER_BIT,
    GL_RGB,
    GL_RGBA,
    GL_UNSIGNED_BYTE,
    glClear,
    glClearColor,
    glReadPixels,
)

AfterFrame = Callable[[], None]


class FrameWatch:
    """Counts the frames of a window and calls back when one has been drawn, before it is shown.

    Bound to on_flip: the pixels are complete then and can be read from the back buffer; after the flip
    their content is undefined.
    """

    def __init__(self, window: Any) -> None:
        self.frames = 0
        self._window = window
        self._waiting: list[AfterFrame] = []
        window.bind(on_flip=self._on_flip)

    def after_next_frame(self, call: AfterFrame) -> None:
        """Call once, when the next frame is complete; a frame is asked for."""
        self._waiting.append(call)
        self._window.canvas.ask_update()

    def stop(self) -> None:
        """Let go of the window."""
        self._window.unbind(on_flip=self._on_flip)
        self._waiting.clear()

    def _on_flip(self, *_: object) -> None:
        self.frames += 1
        waiting, self._waiting = self._waiting, []
        for call in waiting:
            call()


def clear_colour_alone(window: Any) -> None:
    """Let a window clear its colour before each frame and nothing else: in software that takes a third of the time.

    Nothing here uses depth, and whoever clips by the stencil clears it first.
    """

    def clear() -> None:
        glClearColor(*window.clearcolor)
        glClear(GL_COLOR_BUFFER_BIT)

    window.clear = clear


def frame_digest(window: Any) -> str:
    """Return a short hash of the pixels in the back buffer; only meaningful inside AfterFrame."""
    import hashlib  # OpenSSL comes with it: the first frame must not wait for it

    width, height = (int(side) for side in window.system_size)
    pixels = glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE)
    return hashlib.blake2b(pixels, digest_size=8).hexdigest()


def keep_picture(window: Any, path: Path) -> bool:
    """Write the pixels in the back buffer as a PNG that only this user may read; say whether it is there.

    Only meaningful inside AfterFrame.
    """
    from PIL import Image  # seldom needed: the first frame must not wait for it

    width, height = (int(side) for side in window.system_size)
    # Four bytes a pixel: rows of three are padded by the graphics library at odd widths.
    pixels = glReadPixels(0, 0, width, height, GL_RGBA, GL_UNSIGNED_BYTE)
    image = Image.frombytes("RGBA", (width, height), bytes(pixels)).convert("RGB")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            image.transpose(Image.Transpose.FLIP_TOP_BOTTOM).save(file, "PNG")
    except OSError:
        return False
    return True
