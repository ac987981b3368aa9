"""A slip 小票 as blocks, the same for every printer and for the picture on the screen."""

from dataclasses import dataclass
from enum import StrEnum

import msgspec


class SlipKind(StrEnum):
    """What the slip is for."""

    DOCUMENT = "document"
    RECEIPT = "receipt"
    TEST = "test"


class PartKind(StrEnum):
    """What one part of a slip is."""

    TITLE = "title"
    TEXT = "text"
    PAIR = "pair"
    RULE = "rule"
    QR = "qr"
    SPACE = "space"


@dataclass(frozen=True, slots=True)
class Part:
    """One part: text for TITLE and TEXT, label and text for PAIR, URL in text and caption in label for QR."""

    kind: PartKind
    text: str = ""
    label: str = ""


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
