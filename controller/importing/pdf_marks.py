"""Take from a PDF page what matters for its text: glyphs with their places, and ruled lines."""

import ctypes
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

_THIN = 3.0
_UNMAPPED = "\ufffd"
_CODES = range(1, 0x110000)
_HIGH = range(0xD800, 0xDC00)
_LOW = range(0xDC00, 0xE000)
_LOOKALIKES = (range(0x2E80, 0x2FE0), range(0xF900, 0xFB00))


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character on a page, in points from the lower left corner.

    Attributes:
        text: the character; a space is one that the file really holds.
        x0: left edge.
        x1: right edge.
        baseline: height of its baseline.
        top: height of its upper edge.
        bottom: height of its lower edge.
    """

    text: str
    x0: float
    x1: float
    baseline: float
    top: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight ruled line; it is horizontal if it is wider than high."""

    x0: float
    y0: float
    x1: float
    y1: float


@dataclass(frozen=True, slots=True)
class PageMarks:
    """Glyphs and rules of a page."""

    glyphs: tuple[Glyph, ...]
    rules: tuple[Rule, ...]


def marks_of(page: pdfium.PdfPage) -> PageMarks:
    """Return what is printed on the page."""
    text_page = page.get_textpage()
    try:
        glyphs = tuple(_glyphs(text_page))
    finally:
        text_page.close()
    return PageMarks(glyphs, tuple(_rules(page)))


def _glyphs(text_page: pdfium.PdfTextPage) -> Iterator[Glyph]:
    box = pdfium_c.FS_RECTF()
    x, y = ctypes.c_double(), ctypes.c_double()
    high = ""
    for at in range(text_page.count_chars()):
        # PDFium makes up spaces and line ends of its own; places tell more than its guesses.
        if pdfium_c.FPDFText_IsGenerated(text_page, at) == 1:
            continue
        character, high = _character(pdfium_c.FPDFText_GetUnicode(text_page, at), high)
        if pdfium_c.FPDFText_HasUnicodeMapError(text_page, at) == 1:
            character = _UNMAPPED
        placed = pdfium_c.FPDFText_GetLooseCharBox(text_page, at, box)
        if character and placed and pdfium_c.FPDFText_GetCharOrigin(text_page, at, x, y):
            yield Glyph(character, box.left, box.right, y.value, box.top, box.bottom)


def _character(code: int, high: str) -> tuple[str, str]:
    """Return the character and a first surrogate that waits for its second."""
    if code in _HIGH:
        return "", chr(code)
    if code in _LOW:
        pair = (high + chr(code)).encode("utf-16-le", "surrogatepass") if high else b""
        return pair.decode("utf-16-le", "replace") if pair else _UNMAPPED, ""
    character = chr(code) if code in _CODES else ""
    if any(code in lookalikes for lookalikes in _LOOKALIKES):
        # Fonts map a glyph to a radical or a compatibility form that looks the same and cannot be found.
        character = unicodedata.normalize("NFKC", character)
    return (" " if character.isspace() else character), ""


def _rules(page: pdfium.PdfPage) -> Iterator[Rule]:
    for item in page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_PATH]):
        left, bottom, right, top = item.get_bounds()
        if right - left <= _THIN or top - bottom <= _THIN:
            yield Rule(left, bottom, right, top)
        else:
            yield from _drawn_lines(item)


def _drawn_lines(item: pdfium.PdfObject) -> Iterator[Rule]:
    """Yield the upright and level strokes of a path of several lines, as of a box."""
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    pdfium_c.FPDFPath_GetDrawMode(item, fill, stroke)
    if not stroke.value:
        return
    points = list(_points(item))
    for (x0, y0, _), (x1, y1, is_line) in pairwise(points):
        if is_line and (abs(x0 - x1) <= _THIN or abs(y0 - y1) <= _THIN):
            yield Rule(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def _points(item: pdfium.PdfObject) -> Iterator[tuple[float, float, bool]]:
    """Yield the corners of a path on the page and whether a straight line leads to each."""
    matrix = item.get_matrix()
    x, y = ctypes.c_float(), ctypes.c_float()
    start: tuple[float, float] = (0.0, 0.0)
    for at in range(pdfium_c.FPDFPath_CountSegments(item)):
        segment = pdfium_c.FPDFPath_GetPathSegment(item, at)
        pdfium_c.FPDFPathSegment_GetPoint(segment, x, y)
        place = matrix.on_point(x.value, y.value)
        kind = pdfium_c.FPDFPathSegment_GetType(segment)
        if kind == pdfium_c.FPDF_SEGMENT_MOVETO:
            start = place
        yield *place, kind == pdfium_c.FPDF_SEGMENT_LINETO
        if pdfium_c.FPDFPathSegment_GetClose(segment):
            yield *start, True
