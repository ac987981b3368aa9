"""The demo's eye and hand: pictures of the display, and touches on it, through X itself.

Kiosk and screen know nothing of it: they see a finger. It works on a demo's own display and on no other,
and no command of a real zone can reach it (pyproject.toml, import contracts).
"""

import io
import threading

from PIL import Image, ImageGrab
from Xlib import X, display
from Xlib.ext import xtest

from controller.demo.display import Pane

QUALITY = 80
"""JPEG quality of the live pictures."""


class RemoteHand:
    """Looks at and touches one X display. Calls block: run them in a thread."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._connection: display.Display | None = None

    def picture(self, pane: Pane, *, width: int) -> bytes:
        """Return a JPEG of one pane, scaled to the given width in pixels."""
        box = (pane.left, pane.top, pane.left + pane.width, pane.top + pane.height)
        with self._lock:
            whole = ImageGrab.grab(bbox=box, xdisplay=self._name)
        height = round(pane.height * width / pane.width)
        small = whole.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        small.save(out, "JPEG", quality=QUALITY)
        return out.getvalue()

    def touch(self, pane: Pane, *, across: float, down: float) -> None:
        """Touch a pane at a place given as fractions 0..1 of its width and height."""
        x = pane.left + round(min(max(across, 0.0), 1.0) * (pane.width - 1))
        y = pane.top + round(min(max(down, 0.0), 1.0) * (pane.height - 1))
        with self._lock:
            connection = self._open()
            xtest.fake_input(connection, X.MotionNotify, x=x, y=y)
            xtest.fake_input(connection, X.ButtonPress, 1)
            connection.sync()
            xtest.fake_input(connection, X.ButtonRelease, 1)
            connection.sync()

    def close(self) -> None:
        """Let go of the display."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _open(self) -> display.Display:
        if self._connection is None:
            self._connection = display.Display(self._name)
        return self._connection
