"""From a source to clean parts: lines without layout signs, and tables, wherever they were marked as such.

Signs of layout are not text: bold stars, list dashes before 附件, paragraph tags in a table cell, the repeated
head row of a table that runs over pages. Nothing else is taken away.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from content.disclosure.official_text.source import SourceParagraph, SourceTable, SourceText

_STARS = re.compile(r"^\*\*|\*\*$")
_LIST_DASH = re.compile(r"^[-*]\s+(?=附\s*件|\d)")
_CELL_BREAK = re.compile(r"</p>\s{0,20}<p>|</?p>|<br\s{0,3}/?>", re.IGNORECASE)
_EDGES = " \t\r\n\v\f\u00a0\u3000\ufeff\u200b"
_LINES = re.compile(r"[\r\n\v\f\u2028\u2029]+")
_MIN_ROWS = 2
_MIN_CELLS = 2

Rows = tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text that is not empty.

    Attributes:
        text: without white space at its ends.
        is_title: the file itself calls it its title.
    """

    text: str
    is_title: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table with at least one cell that is not empty."""

    rows: Rows


Part = Line | Table


def lay_out(source: SourceText) -> tuple[Part, ...]:
    """Return the lines and tables of a source in reading order."""
    parts: list[Part] = []
    run: list[tuple[str, ...]] = []
    for part in _split_lines(source):
        cells = _cells(part)
        if run and (cells is None or len(cells) != len(run[0])):
            parts.extend(_close_run(run))
            run = []
        if cells is not None:
            run.append(cells)
        elif isinstance(part, SourceTable):
            parts.extend(_table(part.rows))
        elif text := _clean(part.text):
            parts.append(Line(text, part.is_title))
    parts.extend(_close_run(run))
    return tuple(_join_split_tables(parts))


def _split_lines(source: SourceText) -> Iterator[SourceParagraph | SourceTable]:
    for part in source.parts:
        if isinstance(part, SourceTable):
            yield part
        else:
            for line in _LINES.split(part.text):
                yield SourceParagraph(line, part.is_title)


def _cells(part: SourceParagraph | SourceTable) -> tuple[str, ...] | None:
    """Return the cells of a line that holds tabs between texts; None for any other part."""
    if isinstance(part, SourceTable) or "\t" not in part.text.strip():
        return None
    return tuple(part.text.rstrip("\r\n").split("\t"))


def _close_run(run: list[tuple[str, ...]]) -> Iterator[Part]:
    """Yield a table for rows that stand together; a row alone is only a line with gaps in it."""
    if len(run) >= _MIN_ROWS and len(run[0]) >= _MIN_CELLS:
        yield from _table(run)
    else:
        for row in run:
            if text := _clean("　".join(cell for cell in row if cell)):
                yield Line(text)


def _table(rows: Iterable[tuple[str, ...]]) -> Iterator[Table]:
    clean = (tuple(_clean_cell(cell) for cell in row) for row in rows)
    full = tuple(row for row in clean if any(row))
    if full:
        yield Table(full)


def _join_split_tables(parts: list[Part]) -> Iterator[Part]:
    """Put together what the foot of a page has cut: neighbours with the same head row."""
    waiting: Table | None = None
    for part in parts:
        if isinstance(part, Table) and waiting and waiting.rows[0] == part.rows[0]:
            waiting = Table(waiting.rows + part.rows[1:])
            continue
        if waiting:
            yield waiting
        waiting = part if isinstance(part, Table) else None
        if waiting is None:
            yield part
    if waiting:
        yield waiting


def _clean(text: str) -> str:
    return _STARS.sub("", _LIST_DASH.sub("", text.strip(_EDGES))).strip(_EDGES)


def _clean_cell(text: str) -> str:
    lines = (line.strip(_EDGES) for line in _CELL_BREAK.sub("\n", text).split("\n"))
    return "\n".join(line for line in lines if line)
