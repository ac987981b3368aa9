"""What is wrong with a layout: too small, without a name, cut off, on top of something else."""

from itertools import combinations
from typing import Any

from kiosk.widgets.press import SMALLEST_PX, Press
from tests.ui.driver import Ui

Box = tuple[float, float, float, float]
SLACK = 2.0


def flaws(ui: Ui) -> list[str]:
    """Return a sentence for each flaw of what is visible now."""
    return [flaw for layer in _layers(ui) for flaw in _flaws_of(ui, layer)]


def _layers(ui: Ui) -> list[list[Any]]:
    """What lies over the screen is looked at by itself; the idle warning hides all below it."""
    shown = list(ui.visible())
    over = [w for w in shown if type(w).__name__ in {"IdleOverlay", "NoticeCard"}]
    above = [list(ui.visible(one)) for one in over]
    if any(type(w).__name__ == "IdleOverlay" for w in over):
        return above
    return [[w for w in shown if not any(w in layer for layer in above)], *above]


def _flaws_of(ui: Ui, layer: list[Any]) -> list[str]:
    pressables = [w for w in layer if isinstance(w, Press)]
    found = [flaw for widget in pressables for flaw in _of_target(ui, widget)]
    found += [flaw for widget in layer for flaw in _of_text(ui, widget)]
    texts = [w for w in layer if _has_text(w)]
    for first, second in combinations(texts, 2):
        if _overlap(_text_box(ui, first), _text_box(ui, second)):
            found.append(f"text {first.text!r} runs into {second.text!r}")
    for first, second in combinations(pressables, 2):
        if not _is_inside(first, second) and _overlap(ui.box(first), ui.box(second)):
            found.append(f"{_name(first)} lies on {_name(second)}")
    return found


def _of_target(ui: Ui, widget: Any) -> list[str]:
    found = []
    if min(widget.size) < SMALLEST_PX - 0.5:
        found.append(f"{_name(widget)} is only {widget.width:.0f} x {widget.height:.0f}")
    if not widget.a11y_label.strip():
        found.append(f"{type(widget).__name__} has no a11y_label")
    if not _within(ui.box(widget), _window(ui)):
        found.append(f"{_name(widget)} leaves the window")
    return found


def _of_text(ui: Ui, widget: Any) -> list[str]:
    """A text must stand inside the window, inside the button it belongs to, and below all above it."""
    if not _has_text(widget):
        return []
    box = _text_box(ui, widget)
    found = [] if _within(box, _window(ui)) else [f"text {widget.text!r} leaves the window"]
    holder = _holder(widget)
    if holder is not None and not _within(box, ui.box(holder)):
        found.append(f"text {widget.text!r} leaves {_name(holder)}")
    return found


def _has_text(widget: Any) -> bool:
    return bool(getattr(widget, "text", "")) and getattr(widget, "texture", None) is not None


def _text_box(ui: Ui, widget: Any) -> Box:
    left, bottom, right, top = ui.box(widget)
    width, height = widget.texture_size
    rest, side = getattr(widget, "rest", "middle"), getattr(widget, "side", "center")
    x = {"left": left, "right": right - width}.get(side, (left + right - width) / 2)
    y = {"top": top - height, "bottom": bottom}.get(rest, (bottom + top - height) / 2)
    return x, y, x + width, y + height


def _holder(widget: Any) -> Any:
    parent = widget.parent
    while parent is not None and not isinstance(parent, Press):
        parent = getattr(parent, "parent", None) if parent.parent is not parent else None
    return parent


def _window(ui: Ui) -> Box:
    width, height = ui.window.size
    return 0, 0, width, height


def _within(inner: Box, outer: Box) -> bool:
    return (
        inner[0] >= outer[0] - SLACK
        and inner[1] >= outer[1] - SLACK
        and inner[2] <= outer[2] + SLACK
        and inner[3] <= outer[3] + SLACK
    )


def _overlap(a: Box, b: Box) -> bool:
    return min(a[2], b[2]) - max(a[0], b[0]) > SLACK and min(a[3], b[3]) - max(a[1], b[1]) > SLACK


def _is_inside(first: Any, second: Any) -> bool:
    return first in list(second.walk()) or second in list(first.walk())


def _name(widget: Any) -> str:
    return f"{type(widget).__name__} {widget.a11y_label!r}"
