"""The demo's eye and hand: pictures of the display, and touches on it, through X itself.

Kiosk and screen know nothing of it: they see a finger. It works on a demo's own display and on no other,
and no command of a real zone can reach it (pyproject.toml, import contracts).
"""

import hashlib
import io
import threading
from dataclasses import dataclass

from PIL import Image, ImageGrab
from Xlib import X, Xatom, display
from Xlib.ext import xtest
from Xlib.xobject.drawable import Window as XWindow

from content.errors import CallerError
from controller.demo.panes import Pane

QUALITY = 82
"""JPEG quality of the live pictures."""

KIVY_CLASS = "python"
"""What SDL gives a Python program's windows as WM_CLASS, unless it is told better."""


class Covered(CallerError):
    """Another program's window lies over the kiosk: it is not ours to touch."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One look at a pane: a JPEG, and the mark of what it shows."""

    mark: str
    jpeg: bytes


class RemoteHand:
    """Looks at and touches one X display. Calls block: run them in a thread.

    On a display that a person uses, the hand touches only our own windows and puts the pointer back.
    """

    def __init__(self, name: str, *, is_shared: bool) -> None:
        self._name = name
        self._is_shared = is_shared
        self._lock = threading.Lock()
        self._connection: display.Display | None = None
        self._last: dict[str, Picture] = {}

    def picture(self, pane: Pane, *, width: int) -> Picture:
        """Return a pane's picture, scaled to the given width in pixels."""
        box = (pane.left, pane.top, pane.left + pane.width, pane.top + pane.height)
        with self._lock:
            whole = ImageGrab.grab(bbox=box, xdisplay=self._name).convert("RGB")
        mark = hashlib.blake2b(whole.tobytes(), digest_size=12).hexdigest()
        last = self._last.get(pane.name)
        if last is not None and last.mark == mark:
            return last
        height = round(pane.height * width / pane.width)
        small = whole.resize((width, height), Image.Resampling.BOX, reducing_gap=2.0)
        out = io.BytesIO()
        small.save(out, "JPEG", quality=QUALITY)
        self._last[pane.name] = Picture(mark, out.getvalue())
        return self._last[pane.name]

    def touch(self, pane: Pane, *, across: float, down: float) -> None:
        """Touch a pane at a place given as fractions 0..1 of its width and height.

        Raises:
            Covered: another program's window is there.
        """
        x = pane.left + round(min(max(across, 0.0), 1.0) * (pane.width - 1))
        y = pane.top + round(min(max(down, 0.0), 1.0) * (pane.height - 1))
        with self._lock:
            connection = self._open()
            before = connection.screen().root.query_pointer()
            xtest.fake_input(connection, X.MotionNotify, x=x, y=y)
            connection.sync()
            if self._is_shared and not self._is_ours(connection):
                _move(connection, before.root_x, before.root_y)
                raise Covered("触摸终端的窗口被别的窗口挡住了，请先把它移到最前面再点。")
            xtest.fake_input(connection, X.ButtonPress, 1)
            connection.sync()
            xtest.fake_input(connection, X.ButtonRelease, 1)
            connection.sync()
            if self._is_shared:
                _move(connection, before.root_x, before.root_y)

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

    def _is_ours(self, connection: display.Display) -> bool:
        """Say whether the window under the pointer is one of Kivy's; frames of window managers are looked into."""
        window: XWindow | None = connection.screen().root
        while window is not None:
            if _class_of(window).startswith(KIVY_CLASS):
                return True
            window = window.query_pointer().child or None  # X says 0 for none
        return False


def _class_of(window: XWindow) -> str:
    given = window.get_full_property(Xatom.WM_CLASS, Xatom.STRING)
    value = given.value if given else b""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _move(connection: display.Display, x: int, y: int) -> None:
    xtest.fake_input(connection, X.MotionNotify, x=x, y=y)
    connection.sync()
