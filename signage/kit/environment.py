"""Set up Kivy for a public screen. Must run before the first kivy import in the process.

Decides window, input and log settings; fonts are signage.kit.fonts'. Kivy reads its environment and its
Config when it is first imported, so a late call would be silently without effect: it is refused instead.
"""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from signage.kit.fonts import BOLD, REGULAR

MAX_FPS = 45
"""Kivy's clock fires up to 3/5 of a frame early: 45 asks for about 60 frames a second."""
TOUCHED_FPS = 90
"""About 120 looks a second: a key that is touched is then drawn 8 ms sooner. It costs 1.4 % of a core."""


class TooLate(RuntimeError):
    """Kivy was imported before its settings were made."""


@dataclass(frozen=True, slots=True)
class WindowSettings:
    """The window of one screen.

    Attributes:
        size: width and height in pixels.
        position: left and top on a desktop that several screens share; None leaves it to the system.
        touch: whether people touch it; a player takes no input at all.
        cursor: whether the pointer shows; off on a device.
        max_fps: see MAX_FPS.
    """

    size: tuple[int, int]
    position: tuple[int, int] | None = None
    touch: bool = True
    cursor: bool = False
    max_fps: int = MAX_FPS


def prepare(home: Path, window: WindowSettings) -> None:
    """Make every Kivy setting of this process.

    Args:
        home: a folder that Kivy may write to; nothing of a citizen gets there.
        window: size and place of the window.

    Raises:
        TooLate: kivy has been imported already.
    """
    if "kivy" in sys.modules:
        raise TooLate("prepare() must run before the first kivy import")
    home.mkdir(parents=True, exist_ok=True)
    os.environ.update(_environment(home))
    from kivy.config import Config

    for section, option, value in _options(window):
        Config.set(section, option, value)
    _set_input(Config, touch=window.touch)


def parse_pair(text: str, separator: str) -> tuple[int, int]:
    """Return the two numbers of "1080x1920" or "0,0".

    Raises:
        ValueError: not two whole numbers with this separator.
    """
    first, _, second = text.partition(separator)
    return int(first), int(second)


def _environment(home: Path) -> dict[str, str]:
    return {
        "KIVY_NO_ARGS": "1",  # argv is ours
        "KIVY_NO_CONFIG": "1",  # no config.ini decides on a public screen (it could load the inspector)
        "KIVY_NO_ENV_CONFIG": "1",
        "KIVY_NO_FILELOG": "1",
        "KIVY_LOG_MODE": "PYTHON",
        "KIVY_HOME": str(home),
        "KIVY_WINDOW": "sdl2",  # the x11 fallback would exit the process
        "KIVY_GL_BACKEND": os.environ.get("KIVY_GL_BACKEND", "sdl2"),
        "KIVY_METRICS_DENSITY": "1",  # sizes here are pixels at reading distance, not dpi guesses
        "KIVY_METRICS_FONTSCALE": "1",
        "KIVY_DPI": "96",
        "SDL_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR": "0",
    }


def _options(window: WindowSettings) -> list[tuple[str, str, str]]:
    width, height = window.size
    left, top = window.position or (0, 0)
    face = str(["Sans", str(REGULAR), str(REGULAR), str(BOLD), str(BOLD)])
    return [
        ("kivy", "default_font", face),
        ("kivy", "exit_on_escape", "0"),
        ("kivy", "log_level", "warning"),
        ("kivy", "keyboard_mode", ""),
        ("graphics", "width", str(width)),
        ("graphics", "height", str(height)),
        ("graphics", "position", "custom" if window.position else "auto"),
        ("graphics", "left", str(left)),
        ("graphics", "top", str(top)),
        ("graphics", "borderless", "1"),
        ("graphics", "resizable", "0"),
        ("graphics", "multisamples", "0"),  # doubles the speed of software GL
        ("graphics", "maxfps", str(window.max_fps)),
        ("graphics", "vsync", "0"),
        ("graphics", "show_cursor", "1" if window.cursor else "0"),
        ("graphics", "allow_screensaver", "0"),
        ("graphics", "window_state", "visible"),
        ("widgets", "scroll_timeout", "120"),
    ]


def _set_input(config: object, *, touch: bool) -> None:
    """Leave one way in for touches: SDL's. probesysfs would deliver each of them twice."""
    for name, _ in list(config.items("input")):  # type: ignore[attr-defined]
        config.remove_option("input", name)  # type: ignore[attr-defined]
    if touch:
        config.set("input", "mouse", "mouse,disable_multitouch")  # type: ignore[attr-defined]
