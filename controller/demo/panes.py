"""Where the demo's windows stand on the display. Pure: sizes in, places out.

The kiosk is drawn for 1080x1920 upright and 1920x1080 lying, the screen for 1920x1080.
"""

from collections.abc import Iterable
from dataclasses import dataclass

UPRIGHT = (1080, 1920)
LYING = (1920, 1080)


@dataclass(frozen=True, slots=True)
class Pane:
    """Where one user interface stands on the display, in pixels."""

    terminal: str
    ui: str
    left: int
    top: int
    width: int
    height: int

    @property
    def name(self) -> str:
        """Name in the demo page's addresses: hall-1-kiosk."""
        return f"{self.terminal}-{self.ui}"

    @property
    def is_kiosk(self) -> bool:
        """Whether people touch it."""
        return self.ui == "kiosk"

    @property
    def size(self) -> str:
        """For --size."""
        return f"{self.width}x{self.height}"

    @property
    def position(self) -> str:
        """For --position."""
        return f"{self.left},{self.top}"


@dataclass(frozen=True, slots=True)
class Window:
    """A user interface that wants a place."""

    terminal: str
    ui: str


def arrange(windows: Iterable[Window]) -> tuple[Pane, ...]:
    """Return a place for each window, side by side: kiosks upright first, then screens lying."""
    placed: list[Pane] = []
    left = 0
    for window in sorted(windows, key=lambda one: one.ui != "kiosk"):
        width, height = UPRIGHT if window.ui == "kiosk" else LYING
        placed.append(Pane(window.terminal, window.ui, left, 0, width, height))
        left += width
    return tuple(placed)


def extent(panes: Iterable[Pane]) -> tuple[int, int]:
    """Return width and height that hold all panes."""
    held = tuple(panes)
    width = max(pane.left + pane.width for pane in held)
    height = max(pane.top + pane.height for pane in held)
    return width, height


def fits(panes: Iterable[Pane], screen: tuple[int, int]) -> bool:
    """Say whether all panes are wholly on a screen of this size."""
    width, height = extent(panes)
    return width <= screen[0] and height <= screen[1]
