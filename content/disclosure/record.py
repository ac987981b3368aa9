"""A piece of government information 政府信息 as the public sees it: fields, body blocks, sources.

The record is the body of a signed feed entry. What the source does not say is an empty string or None:
nothing is guessed.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from content.disclosure.classes import DisclosureClass


class Validity(StrEnum):
    """Whether a document is in force 有效性."""

    IN_FORCE = "in_force"
    REPEALED = "repealed"
    UNSTATED = "unstated"


class BlockKind(StrEnum):
    """What a block of the body is."""

    HEADING = "h"
    PARAGRAPH = "p"
    TABLE = "t"
    ANNEX = "a"


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a document's body, in reading order.

    Attributes:
        kind: heading, paragraph, table or annex title.
        text: the text; empty for a table without a caption.
        level: 1 to 4 for headings (一、 （一） 1. （1）), the annex number for annexes, else 0.
        rows: a table's rows of cells, the head first; empty for other kinds.
    """

    kind: BlockKind
    text: str
    level: int = 0
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class DisclosureRecord:
    """One published document.

    Attributes:
        id: 10-symbol code, also the path of its phone page.
        title: full title 标题.
        document_number: 文号, for example 邹政办字〔2020〕19号; "" where the text has none.
        issuing_body: 发文机关; "" where the text does not say.
        written_on: 成文日期, or None.
        published_on: the day it was approved for publication here.
        disclosure_class: only PROACTIVE records may enter a public feed.
        region: administrative division code of the body it belongs to.
        domain: key of content.catalog.domains, or "".
        blocks: the body in reading order.
        cited: document numbers and titles that the text cites.
        source_name: name of the imported file.
        source_sha256: its hash.
        contact: where to ask 咨询电话 and body, or "".
    """

    id: str
    title: str
    document_number: str
    issuing_body: str
    written_on: date | None
    published_on: date
    disclosure_class: DisclosureClass
    region: str
    domain: str
    blocks: tuple[Block, ...]
    validity: Validity = Validity.UNSTATED
    cited: tuple[str, ...] = ()
    source_name: str = ""
    source_sha256: str = ""
    contact: str = ""

    @property
    def text(self) -> str:
        """The whole body as plain text, one block a line, cells joined by tabs."""
        return "\n".join(block_text(block) for block in self.blocks)


def block_text(block: Block) -> str:
    """Return what a block adds to the plain text of its record."""
    rows = ["\t".join(row) for row in block.rows]
    return "\n".join([block.text, *rows] if block.text else rows)
