"""What an extractor hands over: paragraphs and tables in reading order, and nothing interpreted yet."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceParagraph:
    """One paragraph or line.

    Attributes:
        text: the text; an empty text is a gap between paragraphs.
        is_title: the file itself calls this its title (a style, an h1), whatever the words are.
    """

    text: str
    is_title: bool = False


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A table that the file itself marks as one. A cell that continues a merged one is empty."""

    rows: tuple[tuple[str, ...], ...]


SourcePart = SourceParagraph | SourceTable


@dataclass(frozen=True, slots=True)
class SourceText:
    """A whole file.

    Attributes:
        parts: paragraphs and tables in reading order.
        unreadable_pages: numbers of pages without text (scanned pictures), from 1.
    """

    parts: tuple[SourcePart, ...]
    unreadable_pages: tuple[int, ...] = ()


def from_lines(lines: Iterable[str]) -> SourceText:
    """Return plain text as a source: a line is a paragraph, tabs make tables later."""
    return SourceText(tuple(SourceParagraph(line) for line in lines))
