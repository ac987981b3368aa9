"""Lay a text out in pages of lines. Pure: widths of characters come from the caller.

A page is what fits the column; a table becomes one small card a row (label: value), which stays readable at
every type size where a grid of six columns would not.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from signage.kit.lines import break_lines

Measure = Callable[[str], float]

LINE_HEIGHT = 1.5
"""MIIT 1.2 asks for 1.3 at least."""


class Style(StrEnum):
    """How a line is set."""

    HEADING = "heading"
    BODY = "body"
    LABEL = "label"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A piece of text of one style."""

    style: Style
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line, never wider than the column."""

    style: Style
    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """Where text goes: width and height in pixels, type size in pixels."""

    width: float
    height: float
    size: float

    @property
    def lines(self) -> int:
        """How many lines a page holds."""
        return max(1, int(self.height // (self.size * LINE_HEIGHT)))


def lay_out(
    paragraphs: tuple[Paragraph, ...], column: Column, *, plain: Measure, bold: Measure
) -> tuple[tuple[Line, ...], ...]:
    """Return the pages. There is always at least one.

    Args:
        paragraphs: the text.
        column: the place it goes to.
        plain: widths of regular type at the column's size.
        bold: widths of bold type.
    """
    pages: list[tuple[Line, ...]] = []
    page: list[Line] = []
    for line in _lines(paragraphs, column, plain, bold):
        if len(page) == column.lines:
            page, carried = _without_widowed_heading(page)
            pages.append(tuple(page))
            page = carried
        is_needless = line.style is Style.GAP and (not page or page[-1].style is Style.GAP)
        if not is_needless:
            page.append(line)
    pages.append(tuple(page))
    return tuple(pages)


def _lines(
    paragraphs: tuple[Paragraph, ...], column: Column, plain: Measure, bold: Measure
) -> Iterator[Line]:
    for paragraph in paragraphs:
        if paragraph.style is Style.GAP:
            yield Line(Style.GAP, "")
            continue
        measure = plain if paragraph.style is Style.BODY else bold
        for text in break_lines(paragraph.text, column.width, measure):
            yield Line(paragraph.style, text)


def _without_widowed_heading(page: list[Line]) -> tuple[list[Line], list[Line]]:
    """A heading never stands alone at the foot of a page."""
    cut = len(page)
    while cut > 1 and page[cut - 1].style is Style.HEADING:
        cut -= 1
    if cut <= 1:
        return page, []
    return page[:cut], page[cut:]
