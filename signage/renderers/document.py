"""A document's card: title large, number, body, date, first lines, and the code to its phone page."""

from kivy.properties import BooleanProperty, NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from content.disclosure.record import BlockKind, DisclosureRecord
from signage.cues import DocumentCard
from signage.kit import qr as _qr  # noqa: F401 - named in the kv rules
from signage.kit import text as _text  # noqa: F401 - its kv rules are used by ours
from signage.kit.qr import qr_matrix
from signage.kit.rules import load_rules
from signage.words import Words

load_rules(__file__)

_EXCERPT = 700
_TITLE_SIZES = ((76, 1), (64, 1), (60, 2), (50, 3))


class DocumentView(BoxLayout):
    """The card. `link` is empty where there is no phone page."""

    title = StringProperty("")
    facts = StringProperty("")
    excerpt = StringProperty("")
    place = StringProperty("")
    link = StringProperty("")
    code_px = NumericProperty(0)
    title_px = NumericProperty(60)
    is_new = BooleanProperty(False)

    def __init__(
        self, card: DocumentCard, words: Words, *, link: str, module_px: int, **kwargs: object
    ) -> None:
        self.words = words
        super().__init__(**kwargs)
        record = card.found.record
        self.title = record.title
        self.is_new = card.is_new
        self.place = words("document.place", place=card.place, of=card.of) if card.of > 1 else ""
        if isinstance(record, DisclosureRecord):
            self.facts = _facts(record, words)
            self.excerpt = excerpt_of(record)
        self.ids.title.fbind("width", self._size_title)
        if link:
            self.code_px = len(qr_matrix(link)) * module_px
            self.link = link

    def _size_title(self, _: object, width: float) -> None:
        """Take the largest size at which the title has one line, two, or at last three."""
        characters = sum(0.6 if one.isascii() else 1 for one in self.title)
        fits = (px for px, lines in _TITLE_SIZES if characters * px <= lines * (width - px / 2))
        self.title_px = next(fits, _TITLE_SIZES[-1][0])


def excerpt_of(record: DisclosureRecord) -> str:
    """Return the first paragraphs, without what the card says anyway."""
    said = {record.title, record.document_number, record.issuing_body}
    lines: list[str] = []
    for block in record.blocks:
        text = block.text.strip()
        if not text or text in said or block.kind in {BlockKind.TABLE, BlockKind.ANNEX}:
            continue
        lines.append("　　" + text)
        if sum(len(line) for line in lines) > _EXCERPT:
            break
    return "\n".join(lines)


def _facts(record: DisclosureRecord, words: Words) -> str:
    parts = (record.document_number, record.issuing_body, _day(record, words))
    return "\n".join(part for part in parts if part)


def _day(record: DisclosureRecord, words: Words) -> str:
    """Return the day it was written, or published where the text does not say; the word tells which."""
    day, key = record.written_on, "document.written_on"
    if day is None:
        day, key = record.published_on, "document.published_on"
    return words(key, day=words("document.day", y=day.year, m=day.month, d=day.day))
