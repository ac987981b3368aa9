"""A slip 小票 as blocks, the same for every printer and for the picture on the screen."""

from dataclasses import dataclass
from enum import StrEnum

import msgspec


class SlipKind(StrEnum):
    """What the slip is for."""

    DOCUMENT = "document"
    RECEIPT = "receipt"
    GUIDE = "guide"
    NOTICE = "notice"
    CARD = "card"
    BOARD = "board"
    TEST = "test"


class PartKind(StrEnum):
    """What one part of a slip is."""

    TITLE = "title"
    BIG = "big"
    TEXT = "text"
    ITEM = "item"
    TABLE = "table"
    PAIR = "pair"
    RULE = "rule"
    QR = "qr"
    SPACE = "space"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a slip.

    Attributes:
        kind: what it is.
        text: of all but TABLE; the URL of a QR.
        label: the label of a PAIR, the mark of an ITEM, the caption of a QR.
        rows: header and rows of a TABLE.
    """

    kind: PartKind
    text: str = ""
    label: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Slip:
    """A slip, ready for layout; `key` names it for 补打."""

    kind: SlipKind
    key: str
    parts: tuple[Part, ...]


def slip_to_fields(slip: Slip) -> dict[str, object]:
    """Return the JSON form."""
    fields: dict[str, object] = msgspec.to_builtins(slip)
    return fields


def slip_from_fields(fields: dict[str, object]) -> Slip:
    """Read the JSON form; raises msgspec.ValidationError if it is not one."""
    return msgspec.convert(fields, type=Slip)
