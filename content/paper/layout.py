"""Lay a slip out: parts become lines of n columns, the same for every printer and for a picture.

58 mm paper has 32 columns, 80 mm paper 48. How a line becomes dots or bytes is the driver's business.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import assert_never

from content.paper.slip import Part, PartKind, Slip
from content.paper.table import as_pairs, set_table
from content.paper.wrap import columns_of, printable, widest_piece, wrap

COLUMNS_58_MM = 32
COLUMNS_80_MM = 48

_COLON = "："
_ABOUT = "关于"
_MIN_TEXT_COLUMNS = 12
"""A pair whose text would get less room than this goes below its label."""


class LineKind(StrEnum):
    """How one line stands on the paper."""

    TEXT = "text"
    TITLE = "title"
    BIG = "big"
    NOTE = "note"
    RULE = "rule"
    QR = "qr"
    SPACE = "space"


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One line.

    TITLE is centred at double size, BIG double size from the left, NOTE centred, RULE as wide as the paper; QR
    holds its URL.
    """

    kind: LineKind
    text: str = ""


def lay_out(slip: Slip, *, columns: int) -> tuple[PaperLine, ...]:
    """Return the slip's lines, top to bottom."""
    lines: list[PaperLine] = []
    for kind, run in groupby(slip.parts, key=lambda part: part.kind):
        if kind is PartKind.PAIR:
            lines.extend(_lines(LineKind.TEXT, _pairs(tuple(run), columns)))
        else:
            lines.extend(line for part in run for line in _lay_out_part(part, columns))
    return tuple(lines)


def _lay_out_part(part: Part, columns: int) -> Iterator[PaperLine]:
    match part.kind:
        case PartKind.RULE | PartKind.SPACE:
            return iter((PaperLine(LineKind(part.kind)),))
        case PartKind.QR:
            caption = wrap(part.label, columns) if part.label else ()
            code = PaperLine(LineKind.QR, printable(part.text))
            return iter((code, *_lines(LineKind.NOTE, caption)))
        case PartKind.TABLE:
            return _table(part, columns)
        case PartKind.TITLE | PartKind.BIG | PartKind.TEXT | PartKind.ITEM | PartKind.PAIR:
            return _lay_out_text(part, columns)
        case _:
            assert_never(part.kind)


def _lay_out_text(part: Part, columns: int) -> Iterator[PaperLine]:
    match part.kind:
        case PartKind.TITLE:
            return _lines(LineKind.TITLE, _title(part.text, columns // 2))
        case PartKind.BIG:
            return _lines(LineKind.BIG, wrap(part.text, columns // 2))
        case PartKind.ITEM:
            return _lines(LineKind.TEXT, _item(part, columns))
        case PartKind.PAIR:
            return _lines(LineKind.TEXT, _pairs((part,), columns))
        case _:
            return _lines(LineKind.TEXT, wrap(part.text, columns))


def _lines(kind: LineKind, texts: Iterable[str]) -> Iterator[PaperLine]:
    return (PaperLine(kind, text) for text in texts)


def _item(part: Part, columns: int) -> Iterator[str]:
    """Set an entry of a list with its mark hanging before it."""
    mark = printable(part.label).replace("\n", " ") + " "
    indent = columns_of(mark)
    for number, text in enumerate(wrap(part.text, columns - indent)):
        yield ((mark if number == 0 else " " * indent) + text).rstrip(" ")


def _table(part: Part, columns: int) -> Iterator[PaperLine]:
    """Set a table with a rule under its header; as lists of pairs where the paper is too narrow."""
    rows = set_table(part.rows, columns)
    if rows is None:
        for pairs in as_pairs(part.rows):
            parts = tuple(Part(PartKind.PAIR, text, label) for label, text in pairs)
            yield from _lines(LineKind.TEXT, _pairs(parts, columns))
            yield PaperLine(LineKind.RULE)
        return
    for number, lines in enumerate(rows):
        yield from _lines(LineKind.TEXT, lines)
        if number == 0:
            yield PaperLine(LineKind.RULE)


def _title(text: str, columns: int) -> tuple[str, ...]:
    """Wrap a title, before 关于 where that costs no line: who says it, then what about."""
    best = _balanced(text, columns)
    who, about, what = text.partition(_ABOUT)
    if not who or not about or "\n" in text:
        return best
    apart = (*_balanced(who, columns), *_balanced(about + what, columns))
    return apart if len(apart) <= len(best) else best


def _balanced(text: str, columns: int) -> tuple[str, ...]:
    """Wrap into as few lines as will do, all about as long: no title ends in one lonely character."""
    best = wrap(text, columns)
    for narrower in range(columns - 2, max(columns // 2, widest_piece(text)) - 1, -2):
        lines = wrap(text, narrower)
        if len(lines) > len(best):
            break
        best = lines
    return best


def _pairs(parts: tuple[Part, ...], columns: int) -> tuple[str, ...]:
    """Set a run of pairs in two columns: labels left, texts with one hanging indent."""
    fitting = [
        columns_of(part.label + _COLON)
        for part in parts
        if columns_of(part.label + _COLON) <= columns - _MIN_TEXT_COLUMNS
    ]
    indent = max(fitting, default=2)
    return tuple(line for part in parts for line in _pair(part, indent, columns))


def _pair(part: Part, indent: int, columns: int) -> Iterator[str]:
    label = printable(part.label).replace("\n", " ") + _COLON
    texts = [text for text in wrap(part.text, columns - indent) if text] or [""]
    gap = indent - columns_of(label)
    if gap < 0:
        yield from wrap(label, columns)
    else:
        yield (label + " " * gap + texts.pop(0)).rstrip(" ")
    yield from (" " * indent + text for text in texts)
