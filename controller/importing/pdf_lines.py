"""From glyphs to lines of text, and from lines to paragraphs, by their places on the page. Pure geometry."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from content.disclosure.official_text.wording import heading_level
from controller.importing.pdf_marks import Glyph

_SAME_LINE = 0.35
_WORD_GAP = 0.45
_FULL_WITHIN = 1.8
_INDENT = 0.6
_CROWDED = 1.45
_LONG_LINE = 15
_MIN_LONG_LINES = 4
_FOLIO = re.compile(r"^[—–\-－·\s]*第?\s*\d{1,4}\s*页?(?:\s*[/共]\s*\d{1,4}\s*页?)?[—–\-－·\s]*$")


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text on a page.

    Attributes:
        text: its characters, with a space where there is a gap.
        x0: left edge of the first character.
        x1: right edge of the last.
        baseline: height of its baseline above the foot of the page.
        em: width of a full character.
    """

    text: str
    x0: float
    x1: float
    baseline: float
    em: float


@dataclass(frozen=True, slots=True)
class Margins:
    """Left and right edge of the running text."""

    left: float
    right: float


def lines_of(glyphs: Iterable[Glyph]) -> tuple[TextLine, ...]:
    """Return the lines from top to bottom."""
    rows: list[list[Glyph]] = []
    for glyph in sorted(glyphs, key=lambda item: (-item.baseline, item.x0)):
        height = max(glyph.top - glyph.bottom, 1.0)
        if rows and rows[-1][0].baseline - glyph.baseline <= height * _SAME_LINE:
            rows[-1].append(glyph)
        else:
            rows.append([glyph])
    lines = (_line(sorted(row, key=lambda item: item.x0)) for row in rows)
    return tuple(line for line in lines if line.text)


def without_folios(lines: tuple[TextLine, ...]) -> tuple[TextLine, ...]:
    """Return a page's lines without its page number at the very top or foot."""
    kept = lines
    if kept and _FOLIO.match(kept[-1].text):
        kept = kept[:-1]
    if kept and _FOLIO.match(kept[0].text) and "—" in kept[0].text:
        kept = kept[1:]
    return kept


def margins_of(pages: Sequence[tuple[TextLine, ...]]) -> Margins:
    """Return the edges of the running text of these pages."""
    lines = [line for page in pages for line in page]
    long = [line for line in lines if len(line.text) >= _LONG_LINE]
    measured = long if len(long) >= _MIN_LONG_LINES else lines
    if not measured:
        return Margins(0.0, 0.0)
    lefts, rights = sorted(line.x0 for line in measured), sorted(line.x1 for line in measured)
    return Margins(lefts[len(lefts) // 20], rights[-1 - len(rights) // 20])


def pitch_of(lines: Sequence[TextLine]) -> float:
    """Return the usual distance between the lines of a page; 0 for a page with one line."""
    steps = [above.baseline - below.baseline for above, below in pairwise(lines)]
    return median(steps) if steps else 0.0


def continues(above: TextLine, below: TextLine, *, margins: Margins, pitch: float) -> bool:
    """Tell whether a line goes on with the paragraph of the line above it.

    It does if the one above is full, it is not indented, of the same size, and not set apart.

    Args:
        above: the upper line; the last of the page before for the first line of a page.
        below: the line in question.
        margins: edges of the running text.
        pitch: the usual distance of lines, 0 if the two are on different pages.
    """
    is_full = above.x1 >= margins.right - _FULL_WITHIN * above.em
    is_flush = below.x0 <= margins.left + _INDENT * below.em
    is_same_size = abs(above.em - below.em) <= 0.15 * above.em
    is_near = not pitch or above.baseline - below.baseline <= pitch * _CROWDED
    return is_full and is_flush and is_same_size and is_near and not heading_level(below.text)


def joined(above: str, below: str) -> str:
    """Return two pieces of one paragraph as one; Latin words keep a gap, hyphens stay."""
    needs_gap = (
        above[-1:].isascii()
        and below[:1].isascii()
        and above[-1:].isalpha()
        and below[:1].isalpha()
    )
    return f"{above} {below}" if needs_gap else above + below


def cell_text(glyphs: Iterable[Glyph], *, right: float) -> str:
    """Return the text of a table cell; a line that ends early ends a paragraph."""
    text = ""
    last: TextLine | None = None
    for line in lines_of(glyphs):
        is_full = last is not None and last.x1 >= right - _FULL_WITHIN * last.em
        text = joined(text, line.text) if not text or is_full else f"{text}\n{line.text}"
        last = line
    return text


def _line(row: list[Glyph]) -> TextLine:
    printed = [glyph for glyph in row if glyph.text != " "]
    if not printed:
        return TextLine("", 0.0, 0.0, row[0].baseline, 1.0)
    widths = [glyph.x1 - glyph.x0 for glyph in printed]
    em = max(median(widths), 0.5 * max(widths), 1.0)
    pieces: list[str] = []
    end = printed[0].x0
    for glyph in row:
        if glyph.x0 - end > _WORD_GAP * em and pieces and pieces[-1] != " ":
            pieces.append(" ")
        pieces.append(glyph.text)
        end = max(end, glyph.x1)
    text = re.sub(" +", " ", "".join(pieces)).strip()
    return TextLine(text, printed[0].x0, printed[-1].x1, row[0].baseline, em)
