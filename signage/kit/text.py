"""A label that breaks Chinese lines by our own rules and draws rare characters in their own font."""

from itertools import pairwise

from kivy.clock import Clock
from kivy.properties import (
    BooleanProperty,
    ListProperty,
    NumericProperty,
    OptionProperty,
    StringProperty,
)
from kivy.uix.label import Label

from signage.kit.fonts import Measure, icon, marked, measurer
from signage.kit.lines import break_lines
from signage.kit.rules import load_rules

load_rules(__file__)

Span = tuple[int, int]


class FlowText(Label):
    """Shows `body` in lines no wider than itself.

    Attributes:
        body: the text.
        marks: spans of it to set bold in `mark_colour` (hex without #).
        most_lines: 0 for all of it, else the last line shown ends in … if more follows.
        fit_height: make the widget as high as its text.
        side: left, center or right.
        has_caret: measure `last_line_width`, where a caret would stand.
        rest: top, middle or bottom, where the text stands in a higher widget.
    """

    body = StringProperty("")
    marks = ListProperty([])
    mark_colour = StringProperty("")
    most_lines = NumericProperty(0)
    fit_height = BooleanProperty(True)
    side = OptionProperty("left", options=["left", "center", "right"])
    rest = OptionProperty("middle", options=["top", "middle", "bottom"])
    has_caret = BooleanProperty(False)
    last_line_width = NumericProperty(0)

    def __init__(self, **kwargs: object) -> None:
        self._flow = Clock.create_trigger(self._break, -1)
        super().__init__(**kwargs)
        for name in ("body", "marks", "mark_colour", "most_lines", "width", "font_size", "bold"):
            self.fbind(name, self._flow)
        self.fbind("texture_size", self._fit)
        self.fbind("fit_height", self._fit)
        self._flow()

    def _break(self, *_: object) -> None:
        width = self.width - self.padding[0] - self.padding[2]
        if not self.body:
            self._draw([""])
        if not self.body or width < self.font_size:
            return
        # No character is wider than the type is high: short text need not be measured at all.
        if (
            len(self.body) * self.font_size <= width
            and not self.has_caret
            and "\n" not in self.body
        ):
            self._draw([self.body])
            return
        measure = measurer(self.font_size, bold=self.bold)
        lines = break_lines(self.body, width, measure)
        if self.most_lines and len(lines) > self.most_lines:
            lines = lines[: int(self.most_lines)]
            lines[-1] = _cut(lines[-1], width - measure("…"), measure) + "…"
        self.last_line_width = measure(lines[-1]) if lines[-1] else 0
        self._draw(lines)

    def _draw(self, lines: list[str]) -> None:
        spans = _by_line(lines, [(int(a), int(b)) for a, b in self.marks])
        texts = [
            marked(line, here, colour=self.mark_colour)
            for line, here in zip(lines, spans, strict=True)
        ]
        self.markup = texts != lines
        self.halign = self.side
        self.text = "\n".join(texts)

    def _fit(self, *_: object) -> None:
        if self.fit_height:
            self.height = self.texture_size[1]


class Icon(Label):
    """Draws the lucide icon `icon`; never without its word beside it."""

    icon = StringProperty("")

    def on_icon(self, *_: object) -> None:
        """Take the character of the icon font."""
        self.text = icon(self.icon) if self.icon else ""


def _cut(line: str, width: float, measure: Measure) -> str:
    while line and measure(line) > width:
        line = line[:-1]
    return line


def _by_line(lines: list[str], spans: list[Span]) -> list[list[Span]]:
    """Return for each line the parts of the spans that fall on it."""
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    return [
        [
            (max(a, start) - start, min(b, end) - start)
            for a, b in spans
            if max(a, start) < min(b, end)
        ]
        for start, end in pairwise(starts)
    ]
