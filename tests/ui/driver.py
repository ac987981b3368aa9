"""Drives a Kivy window in a test: the test pumps the loop, touches widgets, waits for facts, never sleeps.

Import `prepare_window` before anything of Kivy, once a process: Kivy has one window.
"""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any

from signage.kit.environment import WindowSettings, prepare

PORTRAIT = (1080, 1920)
PATIENCE_S = 10.0


def prepare_window(size: tuple[int, int] = PORTRAIT) -> None:
    """Set Kivy up for tests, offscreen where there is no display; a second call does nothing."""
    if "kivy" in sys.modules:
        return
    if "DISPLAY" not in os.environ:
        os.environ.setdefault("SDL_VIDEODRIVER", "offscreen")
    home = Path(tempfile.mkdtemp(prefix="kivy-"))
    # SDL's offscreen surface keeps the size that it is made with: it must hold every size a test asks for.
    largest = max(size) if "DISPLAY" not in os.environ else 0
    surface = (max(size[0], largest), max(size[1], largest))
    prepare(home, WindowSettings(size=surface, touch=False, max_fps=0))


class Ui:
    """One app in the window."""

    def __init__(self, app: Any) -> None:
        from kivy.app import App
        from kivy.base import EventLoop, runTouchApp
        from kivy.core.window import Window
        from kivy.lang.parser import global_idmap
        from kivy.metrics import Metrics

        self.app, self.window, self._loop = app, Window, EventLoop
        App._running_app = app
        Metrics.fontscale = 1.0
        # kv's `app` remembers the first app it met; an app that was never stopped would stay.
        object.__setattr__(global_idmap["app"], "_obj", None)
        self.root = app.build()
        app.root = self.root
        Window.add_widget(self.root)
        if EventLoop.status != "started":
            Window.initialized = True
            runTouchApp(embedded=True)
        self.pump(4)

    def pump(self, turns: int = 1) -> None:
        for _ in range(turns):
            self._loop.idle()

    def resize(self, size: tuple[int, int]) -> None:
        if tuple(self.window.system_size) != size:
            self.window.size = size
            self.pump(6)

    def wait(self, fact: Callable[[], object], what: str = "") -> None:
        end = monotonic() + PATIENCE_S
        while not fact():
            assert monotonic() < end, f"never came true: {what or fact}"
            self.pump()

    def tap(self, widget: Any) -> None:
        self.tap_at(*widget.to_window(*widget.center))

    def tap_at(self, x: float, y: float) -> None:
        touch = _touch(self.window, x, y)
        self._loop.post_dispatch_input("begin", touch)
        self.pump()
        touch.update_time_end()
        self._loop.post_dispatch_input("end", touch)
        self.pump(2)

    def find(self, label: str) -> Any:
        """Return the visible actionable widget with this a11y_label."""
        found = [w for w in self.visible() if getattr(w, "a11y_label", "") == label]
        assert found, f"no {label!r} among {[w.a11y_label for w in self.actionable()]}"
        return found[0]

    def press(self, label: str) -> None:
        self.tap(self.find(label))

    def visible(self, top: Any = None) -> Iterator[Any]:
        widget = top or self.root
        if widget.opacity == 0 or min(widget.size) < 1:
            return
        yield widget
        for child in reversed(widget.children):
            yield from self.visible(child)

    def actionable(self) -> list[Any]:
        from kivy.uix.behaviors import ButtonBehavior

        return [w for w in self.visible() if isinstance(w, ButtonBehavior) and not w.disabled]

    def texts(self) -> str:
        """Return all that can be read on the screen, one widget a line."""
        lines = []
        for widget in self.visible():
            for name in ("body", "text", "a11y_label"):
                value = getattr(widget, name, "")
                if isinstance(value, str) and value:
                    lines.append(value)
        return "\n".join(lines)

    def box(self, widget: Any) -> tuple[float, float, float, float]:
        left, bottom = widget.to_window(widget.x, widget.y)
        return left, bottom, left + widget.width, bottom + widget.height

    def shot(self, path: Path) -> None:
        from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glFinish, glReadPixels
        from PIL import Image

        self.window.canvas.ask_update()
        self.pump(2)
        self.window.dispatch("on_draw")
        glFinish()
        width, height = self.window.system_size
        pixels = glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE)
        picture = Image.frombytes("RGB", (width, height), pixels)
        path.parent.mkdir(parents=True, exist_ok=True)
        picture.transpose(Image.Transpose.FLIP_TOP_BOTTOM).save(path)

    def close(self) -> None:
        from kivy.app import App
        from kivy.clock import Clock

        Clock.unschedule(self.app._turn)
        Clock.unschedule(self.app._warm_up)
        self.app.frames.stop()
        self.app.dispatch("on_stop")
        self.window.unbind(on_touch_down=self.app._touched)
        self.app.theme.scale = 1.0
        self.window.remove_widget(self.root)
        self.pump(2)
        App._running_app = None


def _touch(window: Any, x: float, y: float) -> Any:
    from kivy.input.motionevent import MotionEvent

    class Touch(MotionEvent):
        def depack(self, args: Any) -> None:
            self.profile = ["pos"]
            self.sx = args[0] / (window.system_size[0] - 1)
            self.sy = args[1] / (window.system_size[1] - 1)
            super().depack(args)

    return Touch("test", 1, (x, y), is_touch=True, type_id="touch")
