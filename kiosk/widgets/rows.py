"""A list of large rows that fits its place: it says how many fit, and shows that many.

Rows are kept and filled anew, one a frame: six at once would hold up the keys of somebody who types.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kivy.app import App
from kivy.clock import Clock
from kivy.properties import NumericProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk.widgets.press import RecordRow
from kiosk.widgets.still import Still

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kiosk.flows.rows import Row

GAP = 12
LEAST_PX = 104
"""Two lines of type at the normal size."""
STEP = 40
ICONS = {"document": "file-text", "item": "clipboard-list"}


class RowList(BoxLayout):
    """Shows rows from the top; on_fits tells how many have room at this size and type."""

    fits = NumericProperty(0)
    least_px = NumericProperty(LEAST_PX)

    def __init__(self, **kwargs: object) -> None:
        self._rows: list[Row] = []
        self._filled: dict[Still, tuple[Row, str]] = {}
        self._row_px = float(LEAST_PX)
        self._stills: list[Still] = []
        self._settle = Clock.create_trigger(self._arrange, -1)
        self._go_on = Clock.create_trigger(self._fill_next, 0)
        super().__init__(orientation="vertical", spacing=GAP, **kwargs)
        self.fbind("size", self._settle)
        # weak: the theme outlives the list
        App.get_running_app().theme.bind(scale=self._on_theme, ground=self._on_theme)

    def show(self, rows: Sequence[Row]) -> None:
        """Show these rows."""
        self._rows = list(rows)
        self._arrange()

    def _on_theme(self, *_: object) -> None:
        self._settle()

    def _arrange(self, *_: object) -> None:
        scale = App.get_running_app().theme.scale
        least, most = max(100, self.least_px * scale + 8), 250 * scale
        if self.height < least:
            least = max(100, LEAST_PX * scale + 8)
        self.fits = max(0, int((self.height + GAP) // (least + GAP)))
        count = min(len(self._rows), int(self.fits))
        room = (self.height + GAP) / max(1, min(self.fits, max(6, count))) - GAP
        # In steps: a suggestion more or less moves the rows, and need not have them drawn anew.
        self._row_px = least + max(0, min(room, most) - least) // STEP * STEP
        self._have(count)
        self._go_on()

    def _have(self, count: int) -> None:
        """Keep at most this many rows in their places, and a spring below them; others wait for their turn."""
        if not self.children:
            self.add_widget(BoxLayout())
        for still in self._stills[count : len(self.children) - 1]:
            self.remove_widget(still)
        for still in self._stills[:count]:
            still.height = self._row_px

    def _fill_next(self, *_: object) -> None:
        """Fill the first row that does not say yet what it should; the next one waits for the next frame."""
        theme = App.get_running_app().theme
        colour = theme.palette.action[1:]
        for at, row in enumerate(self._rows[: int(self.fits)]):
            still = self._still(at)
            still.behind = theme.ground
            if self._filled.get(still) != (row, colour):
                self._filled[still] = (row, colour)
                self._fill(still.children[0], row, colour)
                self._go_on()
                return

    def _still(self, at: int) -> Still:
        """Return the row of this place, there to be seen."""
        if at == len(self._stills):
            self._stills.append(Still(size_hint_y=None))
            self._stills[at].add_widget(RecordRow())
        still = self._stills[at]
        if still.parent is None:
            self._filled.pop(still, None)
            still.height = self._row_px
            self.add_widget(still, index=1)
        return still

    def _fill(self, widget: RecordRow, row: Row, colour: str) -> None:
        widget.record = row.record
        widget.kind_word = row.kind_word
        widget.kind_icon = ICONS[row.kind]
        widget.title = row.title
        widget.title_marks = list(row.title_marks)
        widget.second = row.second
        widget.snippet = row.snippet
        widget.snippet_marks = list(row.snippet_marks)
        widget.mark_colour = colour
