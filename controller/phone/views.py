"""What the citizens' pages show, made from published records. No I/O."""

import re
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise

from content.disclosure.record import Block, BlockKind, DisclosureRecord, Validity
from controller.services.publishing import PublishedRecord
from devices.clock import CHINA

SIZES = ("1", "2", "3")
"""Text sizes a reader may choose: 20, 25 and 31 CSS pixels (MIIT: 18 dp at least, 30 dp within reach)."""

_PHONE = re.compile(
    r"(?<!\d)(?:0\d{2,3}[-—\s]?)?\d{7,8}(?!\d)|(?<!\d)1\d{10}(?!\d)|(?<!\d)1\d{4}(?!\d)"
)
_CHECK_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Section:
    """A block with the anchor that the list of annexes points to; "" for blocks without one."""

    block: Block
    anchor: str


@dataclass(frozen=True, slots=True)
class DocumentView:
    """One document as its page shows it."""

    record: DisclosureRecord
    version: int
    signed_on: date
    digest: str
    sections: tuple[Section, ...]
    annexes: tuple[Section, ...]
    repealed: bool
    had: int
    """The version on the reader's slip if it is older than this one, else 0."""


def document_view(
    published: PublishedRecord, record: DisclosureRecord, *, had: int
) -> DocumentView:
    """Return what the page of a document shows; `had` is the version that the reader's slip names."""
    sections = tuple(
        Section(block, f"annex-{place}" if block.kind is BlockKind.ANNEX else "")
        for place, block in enumerate(record.blocks)
    )
    return DocumentView(
        record=record,
        version=published.version,
        signed_on=datetime.fromtimestamp(published.approved_on, CHINA).date(),
        digest=published.digest[:_CHECK_DIGITS],
        sections=sections,
        annexes=tuple(section for section in sections if section.anchor),
        repealed=record.validity is Validity.REPEALED,
        had=had if 0 < had < published.version else 0,
    )


def phone_numbers(contact: str) -> tuple[str, ...]:
    """Return the telephone numbers in a contact line, in order, each once."""
    return tuple(dict.fromkeys(found.group() for found in _PHONE.finditer(contact)))


def table_rows_agree(block: Block) -> bool:
    """Say whether all rows of a table have the same number of cells: then its first row is its head."""
    return all(len(one) == len(other) for one, other in pairwise(block.rows))
