"""What a document's page shows: warnings at their place in the text, and what changed since publication. No I/O."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from content.disclosure.record import Block, BlockKind
from controller.store.documents import Document, DocumentFields, DocumentState, DocumentWarning

_FIELD_OF = {
    "NO_TITLE": "title",
    "TITLE_DIFFERS": "title",
    "NO_DOCUMENT_NUMBER": "document_number",
    "SEVERAL_NUMBERS": "document_number",
    "DAMAGED_NUMBER": "document_number",
    "NO_ISSUING_BODY": "issuing_body",
    "SIGNED_AND_HEADED": "issuing_body",
    "NO_DATE": "written_on",
    "IMPOSSIBLE_DATE": "written_on",
    "SEVERAL_DATES": "written_on",
    "NO_DISCLOSURE_MARK": "mark",
    "SEVERAL_MARKS": "mark",
    "UNKNOWN_MARK": "mark",
}
"""Which field a warning of the import speaks of; the others speak of the text."""

CELL = " | "
"""Between the cells of a table's row while it is edited."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A warning and where it stands: `block` is the place in the text, None = about the whole document."""

    number: int
    field: str
    text: str
    block: int | None


@dataclass(frozen=True, slots=True)
class ShownBlock:
    """A block, its number and the warnings at it."""

    number: int
    block: Block
    warnings: tuple[Placed, ...]


class Change(StrEnum):
    """What happened to a piece of text."""

    SAME = "same"
    ADDED = "added"
    REMOVED = "removed"


Pieces = tuple[tuple[Change, str], ...]
"""A line of text in pieces, each same, added or removed."""


_FILLED_IN = frozenset({"NO_TITLE", "NO_DOCUMENT_NUMBER", "NO_ISSUING_BODY", "NO_DATE"})
"""Warnings that are settled once a person has filled in their field."""


def place_warnings(document: Document) -> tuple[Placed, ...]:
    """Return the open warnings, numbered, each at its field and its block.

    Settled ones are left out; one about a block that is gone speaks of the whole document. A document
    that is public or taken back has been through all hands: its warnings are history.
    """
    if document.state in {DocumentState.PUBLISHED, DocumentState.WITHDRAWN}:
        return ()
    open_ones = (one for one in document.warnings if not _is_settled(one, document.fields))
    return tuple(
        Placed(
            number,
            _FIELD_OF.get(warning.code, ""),
            warning.text,
            warning.block if warning.block in range(len(document.blocks)) else None,
        )
        for number, warning in enumerate(open_ones, start=1)
    )


def _is_settled(warning: DocumentWarning, fields: DocumentFields) -> bool:
    return warning.code in _FILLED_IN and bool(getattr(fields, _FIELD_OF[warning.code]))


def shown_blocks(document: Document, placed: Iterable[Placed]) -> tuple[ShownBlock, ...]:
    """Return the blocks with their warnings beside them."""
    placed = tuple(placed)
    return tuple(
        ShownBlock(number, block, tuple(one for one in placed if one.block == number))
        for number, block in enumerate(document.blocks)
    )


def block_text(block: Block) -> str:
    """Return a block as it is edited: a table has one row a line."""
    rows = [CELL.join(row) for row in block.rows]
    return "\n".join([block.text, *rows] if block.text or not rows else rows)


def edited_blocks(
    blocks: Sequence[Block], number: int, *, kind: BlockKind, level: int, text: str
) -> tuple[Block, ...]:
    """Return the blocks with one of them edited.

    A line break makes a new paragraph, an empty text takes the block away. A table keeps its caption;
    its rows are the lines.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if kind is BlockKind.TABLE:
        new = _table(blocks[number], lines)
    else:
        new = [
            Block(kind if place == 0 else BlockKind.PARAGRAPH, line, level if place == 0 else 0)
            for place, line in enumerate(lines)
        ]
    return (*blocks[:number], *new, *blocks[number + 1 :])


def _table(old: Block, lines: list[str]) -> list[Block]:
    if not lines:
        return []
    caption = lines.pop(0) if CELL.strip() not in lines[0] else ""
    rows = tuple(tuple(cell.strip() for cell in line.split(CELL.strip())) for line in lines)
    return [Block(BlockKind.TABLE, caption, old.level, rows)]


def compare_texts(old: str, new: str) -> Pieces:
    """Return one line with what was taken out and what was put in, character by character."""
    pieces: list[tuple[Change, str]] = []
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for act, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if act == "equal":
            pieces.append((Change.SAME, old[old_from:old_to]))
            continue
        if old_from < old_to:
            pieces.append((Change.REMOVED, old[old_from:old_to]))
        if new_from < new_to:
            pieces.append((Change.ADDED, new[new_from:new_to]))
    return tuple(pieces)


def compare_blocks(old: Sequence[Block], new: Sequence[Block]) -> tuple[Pieces, ...]:
    """Return the lines that differ between two bodies, in reading order."""
    before, after = [block_text(one) for one in old], [block_text(one) for one in new]
    lines: list[Pieces] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for act, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if act == "equal":
            continue
        gone, come = before[old_from:old_to], after[new_from:new_to]
        both = min(len(gone), len(come))
        lines += [compare_texts(gone[i], come[i]) for i in range(both)]
        lines += [((Change.REMOVED, text),) for text in gone[both:]]
        lines += [((Change.ADDED, text),) for text in come[both:]]
    return tuple(lines)


FIELD_NAMES = (
    "title",
    "document_number",
    "issuing_body",
    "written_on",
    "validity",
    "domain",
    "contact",
)
"""The fields that a person checks, in the order of the page."""


def compare_fields(old: object, new: DocumentFields) -> tuple[tuple[str, Pieces], ...]:
    """Return the fields that differ, each as one line; `old` has the same fields (a published record)."""
    found = []
    for name in FIELD_NAMES:
        before, after = _word(getattr(old, name)), _word(getattr(new, name))
        if before != after:
            found.append((name, compare_texts(before, after)))
    return tuple(found)


def _word(value: object) -> str:
    return "" if value is None else str(value)
