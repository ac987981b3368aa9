"""The newest documents as a list: as many whole entries as there is room for."""

from kivy.properties import StringProperty
from kivy.uix.boxlayout import BoxLayout

from content.disclosure.record import DisclosureRecord
from content.feed.body import Record
from signage.cues import ListCard
from signage.kit import text as _text  # noqa: F401 - its kv rules are used by ours
from signage.kit.fonts import measurer
from signage.kit.lines import break_lines
from signage.kit.rules import load_rules
from signage.words import Words

load_rules(__file__)

TITLE_PX, SECOND_PX = 34, 28
_LINE = 1.46
_PAD = 36


class ListingEntry(BoxLayout):
    """One document: title in two lines at most, day and body."""

    title = StringProperty("")
    second = StringProperty("")


class ListingView(BoxLayout):
    """The list with its heading."""

    hint = StringProperty("")

    def __init__(self, card: ListCard, words: Words, **kwargs: object) -> None:
        self.words = words
        self._card = card
        self._shown: list[tuple[str, str, int]] = []
        super().__init__(**kwargs)
        self.hint = "" if card.rows else words("list.empty")
        self.ids.entries.bind(size=self._fill)

    def _fill(self, *_: object) -> None:
        """Show the entries that have room, each as high as its title needs."""
        box = self.ids.entries
        measure = measurer(TITLE_PX)
        entries, room = [], box.height
        for found in self._card.rows:
            title = found.record.title
            lines = min(len(break_lines(title, box.width, measure)), 2)
            height = round(lines * TITLE_PX * _LINE + SECOND_PX * _LINE + _PAD)
            room -= height
            if room < 0:
                break
            entries.append((title, _second(found.record, self.words), height))
        if entries != self._shown:
            self._shown = entries
            self._put(entries)

    def _put(self, entries: list[tuple[str, str, int]]) -> None:
        box = self.ids.entries
        box.clear_widgets()
        for title, second, height in entries:
            box.add_widget(ListingEntry(title=title, second=second, height=height))
        box.add_widget(BoxLayout())


def _second(record: Record, words: Words) -> str:
    if not isinstance(record, DisclosureRecord):
        return ""
    day = words("list.day", m=record.published_on.month, d=record.published_on.day)
    return f"{day}　{record.issuing_body}" if record.issuing_body else day
