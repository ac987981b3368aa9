"""Set a table in n columns of text. Paper is narrow: cells wrap, numbers stand right, rows become lists at worst."""

import re
from collections.abc import Iterator, Sequence

from content.paper.wrap import columns_of, printable, wrap

Row = Sequence[str]

_GAP = 1
_WIDEST_GAP = 4
_LEAST = 4
"""Two characters: less makes a column of single characters that nobody reads."""
_NUMBER = re.compile(r"[-+]?[￥¥]?[\d,，.]+(?:%|元|万元|亩|户|人|份|项|次|㎡)?|[-—/]?")


def set_table(rows: Sequence[Row], columns: int) -> tuple[tuple[str, ...], ...] | None:
    """Return the lines of each row, the header first; None if the columns have no room side by side.

    Args:
        rows: the header and the rows; short rows are filled up with empty cells.
        columns: half-width columns of the paper.
    """
    cells = _even(rows)
    if not cells:
        return ()
    widths = _widths(cells, columns)
    if widths is None:
        return None
    is_number = [_is_number_column(cells, at) for at in range(len(widths))]
    gap = " " * _gap(widths, columns)
    return tuple(tuple(_row(row, widths, is_number, gap=gap)) for row in cells)


def as_pairs(rows: Sequence[Row]) -> Iterator[tuple[tuple[str, str], ...]]:
    """Yield each row as (header, cell) pairs without the empty cells: the form for paper too narrow for a table."""
    cells = _even(rows)
    for row in cells[1:]:
        yield tuple((head, cell) for head, cell in zip(cells[0], row, strict=True) if cell)


def _even(rows: Sequence[Row]) -> list[list[str]]:
    count = max((len(row) for row in rows), default=0)
    return [
        [printable(cell).replace("\n", " ").strip() for cell in row] + [""] * (count - len(row))
        for row in rows
    ]


def _is_number_column(cells: list[list[str]], at: int) -> bool:
    body = [row[at] for row in cells[1:]]
    return any(body) and all(_NUMBER.fullmatch(cell) for cell in body)


def _widths(cells: list[list[str]], columns: int) -> list[int] | None:
    """Give each column what it would like, then take from the widest text until the line fits."""
    count = len(cells[0])
    widths = [max(columns_of(row[at]) for row in cells) for at in range(count)]
    floors = [_floor(cells, at, width) for at, width in enumerate(widths)]
    room = columns - _GAP * (count - 1)
    while sum(widths) > room:
        spare = [width - floor for width, floor in zip(widths, floors, strict=True)]
        widest = max(range(count), key=lambda at: (spare[at] > 0, widths[at]))
        if spare[widest] <= 0:
            return None
        widths[widest] -= 1
    return [max(1, width) for width in widths]


def _floor(cells: list[list[str]], at: int, width: int) -> int:
    """A number is never split; text may be, down to four characters or what its header has."""
    if _is_number_column(cells, at):
        body = max(columns_of(row[at]) for row in cells[1:])
        return min(width, max(body, _LEAST))
    return min(width, 2 * _LEAST)


def _gap(widths: list[int], columns: int) -> int:
    """Let the columns stand as far apart as the paper allows, but no farther than the eye can follow."""
    gaps = len(widths) - 1
    return min(_WIDEST_GAP, (columns - sum(widths)) // gaps) if gaps else 0


def _row(row: list[str], widths: list[int], is_number: list[bool], *, gap: str) -> Iterator[str]:
    wrapped = [_cell(cell, width) for cell, width in zip(row, widths, strict=True)]
    for number in range(max(map(len, wrapped))):
        parts = (
            _aligned(lines[number] if number < len(lines) else "", width, is_right=right)
            for lines, width, right in zip(wrapped, widths, is_number, strict=True)
        )
        yield gap.join(parts).rstrip(" ")


def _cell(text: str, width: int) -> tuple[str, ...]:
    return wrap(text, width) if width >= _LEAST else (text,)


def _aligned(text: str, width: int, *, is_right: bool) -> str:
    space = " " * max(0, width - columns_of(text))
    return space + text if is_right else text + space
