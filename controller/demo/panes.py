"""Where the demo's windows stand on the display. Pure: sizes in, places out.

The kiosk is drawn for 1080x1920 upright and 1920x1080 lying, the screen for 1920x1080; at other sizes words
overlap, so no window is ever made smaller.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

Size = tuple[int, int]
UPRIGHT: Size = (1080, 1920)
LYING: Size = (1920, 1080)


@dataclass(frozen=True, slots=True)
class Window:
    """A user interface that wants a place."""

    terminal: str
    ui: str


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


def side_by_side(windows: Iterable[Window]) -> tuple[Pane, ...]:
    """Return a place for each window in one row: kiosks upright first, then screens."""
    return _placed(windows, kiosk=UPRIGHT, after=lambda pane: (pane.left + pane.width, 0))


def arrange(windows: Iterable[Window], screen: Size) -> tuple[Pane, ...]:
    """Return places that are wholly on a screen of this size; none if they cannot be.

    Kiosks stand upright if there is height for it; else they lie, beside the screen or above it.
    """
    wanted = tuple(windows)
    ways = (
        side_by_side(wanted),
        _placed(wanted, kiosk=LYING, after=lambda pane: (pane.left + pane.width, 0)),
        _placed(wanted, kiosk=LYING, after=lambda pane: (0, pane.top + pane.height)),
    )
    return next((way for way in ways if _fits(way, screen)), ())


def extent(panes: Iterable[Pane]) -> Size:
    """Return width and height that hold all panes."""
    held = tuple(panes)
    width = max(pane.left + pane.width for pane in held)
    height = max(pane.top + pane.height for pane in held)
    return width, height


def _placed(
    windows: Iterable[Window], *, kiosk: Size, after: Callable[[Pane], Size]
) -> tuple[Pane, ...]:
    placed: list[Pane] = []
    left, top = 0, 0
    for window in sorted(windows, key=lambda one: one.ui != "kiosk"):
        width, height = kiosk if window.ui == "kiosk" else LYING
        placed.append(Pane(window.terminal, window.ui, left, top, width, height))
        left, top = after(placed[-1])
    return tuple(placed)


def _fits(panes: Iterable[Pane], screen: Size) -> bool:
    width, height = extent(panes)
    return width <= screen[0] and height <= screen[1]
