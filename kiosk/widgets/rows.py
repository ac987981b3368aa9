"""A list of large rows that fits its place: it says how many fit, and shows that many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kivy.app import App
from kivy.clock import Clock
from kivy.properties import NumericProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk.widgets.press import RecordRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kiosk.flows.rows import Row

GAP = 12
LEAST_PX = 104
"""Two lines of type at the normal size."""
ICONS = {"document": "file-text", "item": "clipboard-list"}


class RowList(BoxLayout):
    """Shows rows from the top; on_fits tells how many have room at this size and type."""

    fits = NumericProperty(0)
    least_px = NumericProperty(LEAST_PX)

    def __init__(self, **kwargs: object) -> None:
        self._rows: list[Row] = []
        self._colour = ""
        self._settle = Clock.create_trigger(self._arrange, -1)
        super().__init__(orientation="vertical", spacing=GAP, **kwargs)
        self.fbind("size", self._settle)
        App.get_running_app().theme.bind(scale=self._on_scale)  # weak: the theme outlives the list

    def show(self, rows: Sequence[Row]) -> None:
        """Show these rows."""
        self._rows = list(rows)
        self._colour = App.get_running_app().theme.palette.action[1:]
        self._arrange()

    def _on_scale(self, *_: object) -> None:
        self._settle()

    def _arrange(self, *_: object) -> None:
        scale = App.get_running_app().theme.scale
        least, most = max(100, self.least_px * scale + 8), 250 * scale
        if self.height < least:
            least = max(100, LEAST_PX * scale + 8)
        self.fits = max(0, int((self.height + GAP) // (least + GAP)))
        shown = self._rows[: self.fits]
        self._have(len(shown))
        room = (self.height + GAP) / max(1, min(self.fits, max(6, len(shown)))) - GAP
        for widget, row in zip(reversed(self.children[1:]), shown, strict=True):
            widget.height = min(max(least, room), most)
            self._fill(widget, row)

    def _have(self, count: int) -> None:
        """Keep exactly this many row widgets, and a spring below them."""
        rows = len(self.children) - 1
        if rows < 0:
            self.add_widget(BoxLayout())
            rows = 0
        for _ in range(count - rows):
            self.add_widget(RecordRow(size_hint_y=None), index=1)
        for _ in range(rows - count):
            self.remove_widget(self.children[1])

    def _fill(self, widget: RecordRow, row: Row) -> None:
        widget.record = row.record
        widget.kind_word = row.kind_word
        widget.kind_icon = ICONS[row.kind]
        widget.title = row.title
        widget.title_marks = list(row.title_marks)
        widget.second = row.second
        widget.snippet = row.snippet
        widget.snippet_marks = list(row.snippet_marks)
        widget.mark_colour = self._colour
