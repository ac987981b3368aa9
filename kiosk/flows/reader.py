"""Read one document or service item: its facts, its text, its address for a phone."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from content.catalog.item import CatalogItem
from content.disclosure.record import Block, BlockKind, DisclosureRecord, Validity
from content.errors import NotFound, PeerError
from content.paper.offers import extra_kind
from content.programme.emergency import EmergencyNotice
from content.programme.programme import Programme
from content.search.curated import CuratedWords
from kiosk.flows.pages import Paragraph, Style
from kiosk.flows.rows import day_text

if TYPE_CHECKING:
    from content.replica.ports import Verified
    from kiosk.flows.content import Content
    from kiosk.words import Words

INDENT = "　　"


class ReaderState(StrEnum):
    """What the screen shows."""

    CLOSED = "closed"
    OPEN = "open"
    GONE = "gone"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of the head, such as 文号 or 发文机关."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class ReaderView:
    """What the screen draws. `paragraphs` are laid out by kiosk.flows.pages at the size in use.

    `extra` is the kind of the one slip more that the record gives, "" for none.
    """

    state: ReaderState
    record: str = ""
    kind: str = ""
    version: int = 0
    title: str = ""
    facts: tuple[Fact, ...] = ()
    paragraphs: tuple[Paragraph, ...] = ()
    url: str = ""
    page: int = 1
    extra: str = ""

    @property
    def is_open(self) -> bool:
        """Whether there is a record to read."""
        return self.state is ReaderState.OPEN


class ReaderFlow:
    """Holds the record that is open and the page that is being read."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self.public_url = ""
        self.found: Verified | None = None
        self.view = ReaderView(ReaderState.CLOSED)

    def open(self, record_id: str, content: Content) -> None:
        """Open a record at its first page; GONE or REFUSED if it may not be shown."""
        self.wipe()
        try:
            found = content.get(record_id)
        except NotFound:
            self.view = ReaderView(ReaderState.GONE, record_id)
            return
        except PeerError:
            self.view = ReaderView(ReaderState.REFUSED, record_id)
            return
        self.found = found
        self.view = self._view_of(found)

    def refresh(self, content: Content) -> None:
        """Read again, the copy has moved on; the page stays if the text is the same."""
        if self.view.state is ReaderState.CLOSED:
            return
        before = self.view
        self.open(before.record, content)
        if self.view.version == before.version and self.view.state is ReaderState.OPEN:
            self.view = replace(self.view, page=before.page)

    def turn(self, pages: int, *, of: int) -> None:
        """Go some pages on, within the `of` pages that the layout made."""
        self.view = replace(self.view, page=min(max(1, self.view.page + pages), max(1, of)))

    def wipe(self) -> None:
        """Close the record."""
        self.found = None
        self.view = ReaderView(ReaderState.CLOSED)

    def _view_of(self, found: Verified) -> ReaderView:
        match found.record:
            case DisclosureRecord() as record:
                return self._open(
                    found, "document", self._document_facts(record), document_paragraphs(record)
                )
            case CatalogItem() as record:
                return self._open(
                    found, "item", self._item_facts(record), self._item_paragraphs(record)
                )
            case Programme() | EmergencyNotice() | CuratedWords() as record:
                return ReaderView(ReaderState.GONE, record.id)
            case _:
                assert_never(found.record)

    def _open(
        self,
        found: Verified,
        kind: str,
        facts: tuple[Fact, ...],
        paragraphs: tuple[Paragraph, ...],
    ) -> ReaderView:
        return ReaderView(
            ReaderState.OPEN,
            found.record.id,
            kind,
            found.version,
            found.record.title,
            facts,
            paragraphs,
            f"{self.public_url}/d/{found.record.id}",
            extra=_extra(found),
        )

    def _document_facts(self, record: DisclosureRecord) -> tuple[Fact, ...]:
        words = self._words
        validity = {
            Validity.IN_FORCE: words("reader.in_force"),
            Validity.REPEALED: words("reader.repealed"),
            Validity.UNSTATED: "",
        }[record.validity]
        return self._facts(
            ("body", record.issuing_body),
            ("number", record.document_number),
            ("written_on", day_text(record.written_on, words)),
            ("published_on", day_text(record.published_on, words)),
            ("validity", validity),
            ("contact", record.contact),
        )

    def _item_facts(self, record: CatalogItem) -> tuple[Fact, ...]:
        return self._facts(
            ("department", record.department),
            ("where", record.where),
            ("when", record.when),
            ("phone", record.phone),
            ("period", record.period),
            ("fee", record.fee),
        )

    def _facts(self, *pairs: tuple[str, str]) -> tuple[Fact, ...]:
        return tuple(Fact(self._words(f"fact.{key}"), value) for key, value in pairs if value)

    def _item_paragraphs(self, item: CatalogItem) -> tuple[Paragraph, ...]:
        sections = (
            ("materials", tuple(f"{n}. {one}" for n, one in enumerate(item.materials, start=1))),
            ("steps", tuple(f"{n}. {one}" for n, one in enumerate(item.steps, start=1))),
            ("basis", (item.basis,) if item.basis else ()),
            ("code", (item.item_code,) if item.item_code else ()),
        )
        made: list[Paragraph] = []
        for key, lines in sections:
            if lines:
                made.append(Paragraph(Style.HEADING, self._words(f"item.{key}")))
                made.extend(Paragraph(Style.BODY, line) for line in lines)
                made.append(Paragraph(Style.GAP, ""))
        return tuple(made) or (Paragraph(Style.BODY, self._words("item.bare")),)


def _extra(found: Verified) -> str:
    if not isinstance(found.record, DisclosureRecord | CatalogItem):
        return ""
    kind = extra_kind(found.record)
    return str(kind.value) if kind else ""


def document_paragraphs(record: DisclosureRecord) -> tuple[Paragraph, ...]:
    """Return the body for reading, without a first block that only repeats the title."""
    blocks = record.blocks
    if blocks and blocks[0].text.strip() == record.title.strip() and not blocks[0].rows:
        blocks = blocks[1:]
    return tuple(paragraph for block in blocks for paragraph in _paragraphs(block))


def _paragraphs(block: Block) -> tuple[Paragraph, ...]:
    match block.kind:
        case BlockKind.HEADING:
            return (Paragraph(Style.GAP, ""), Paragraph(Style.HEADING, block.text.strip()))
        case BlockKind.PARAGRAPH:
            return (Paragraph(Style.BODY, INDENT + block.text.strip()),)
        case BlockKind.ANNEX:
            return (
                Paragraph(Style.GAP, ""),
                Paragraph(Style.HEADING, block.text.strip()),
                Paragraph(Style.GAP, ""),
            )
        case BlockKind.TABLE:
            return _table(block)


def _table(block: Block) -> tuple[Paragraph, ...]:
    made: list[Paragraph] = [Paragraph(Style.GAP, "")]
    if block.text.strip():
        made.append(Paragraph(Style.LABEL, block.text.strip()))
    if len(block.rows) == 1:
        made.append(Paragraph(Style.BODY, "　".join(block.rows[0])))
    head = block.rows[0] if block.rows else ()
    for row in block.rows[1:]:
        for column, cell in enumerate(row):
            label = head[column].strip() if column < len(head) else ""
            if cell.strip():
                text = f"{label}：{cell.strip()}" if label else cell.strip()
                made.append(Paragraph(Style.BODY, text))
        made.append(Paragraph(Style.GAP, ""))
    return tuple(made)
