"""A finger on a real X display: touches through XTEST, pictures through XGetImage."""

import os
import shutil
import subprocess
from pathlib import Path

from PIL import Image, ImageGrab
from Xlib import X, display
from Xlib.ext import xtest


class VirtualDisplay:
    """An Xvfb of its own; skips nothing: without Xvfb the test must fail loudly."""

    def __init__(self, width: int, height: int) -> None:
        program = shutil.which("Xvfb")
        assert program, "Xvfb is not installed: run make setup"
        reading, writing = os.pipe()
        self._server = subprocess.Popen(
            [
                program,
                *("-screen", "0", f"{width}x{height}x24", "-nolisten", "tcp", "-noreset"),
                *("-displayfd", str(writing)),
            ],
            pass_fds=(writing,),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(writing)
        with os.fdopen(reading) as line:
            number = line.readline().strip()
        assert number, "Xvfb did not start"
        self.name = f":{number}"

    def close(self) -> None:
        self._server.terminate()
        self._server.wait(10)


class Finger:
    """Touches and looks at one display."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._display = display.Display(name)

    def touch(self, x: int, y: int) -> None:
        xtest.fake_input(self._display, X.MotionNotify, x=x, y=y)
        xtest.fake_input(self._display, X.ButtonPress, 1)
        self._display.sync()
        xtest.fake_input(self._display, X.ButtonRelease, 1)
        self._display.sync()

    def picture(self, box: tuple[int, int, int, int] | None = None) -> Image.Image:
        return ImageGrab.grab(bbox=box, xdisplay=self._name)

    def save(self, path: Path, box: tuple[int, int, int, int] | None = None) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.picture(box).save(path)

    def close(self) -> None:
        self._display.close()
