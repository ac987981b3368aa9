"""Save a policy text as DOCX, HTML and PDF, the way office software does, to see whether it reads the same.

Tab-separated lines become real tables; runs of them that blank lines part stay apart, as over pages.
"""

import ctypes
import html
import io
import re
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import docx
import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c
from fontTools.ttLib import TTFont

FONT = Path(__file__).parents[2] / "signage/kit/fonts/NotoSansSC-Regular.ttf"
_PAGE = (595.0, 842.0)
_MARGIN = 80.0
_SIZE = 14.0
_CELL_SIZE = 8.0
_PITCH = 24.0

Piece = str | list[list[str]]


def pieces_of(text: str) -> Iterator[Piece]:
    """Yield the lines and tables of a text."""
    for is_row, run in groupby(text.split("\n"), key=lambda line: "\t" in line.strip()):
        lines = list(run)
        if is_row:
            yield [_cells(line) for line in lines]
        else:
            yield from (_plain(line) for line in lines if line.strip())


def as_docx(text: str) -> bytes:
    document = docx.Document()
    for piece in pieces_of(text):
        if isinstance(piece, str):
            document.add_paragraph(piece)
            continue
        table = document.add_table(len(piece), len(piece[0]))
        for row, cells in zip(table.rows, piece, strict=True):
            for cell, value in zip(row.cells, cells, strict=True):
                cell.text = value
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def as_html(text: str) -> bytes:
    body = "\n".join(
        f"<p>{html.escape(piece)}</p>" if isinstance(piece, str) else _html_table(piece)
        for piece in pieces_of(text)
    )
    page = f"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>政策文件</title>
    <style>p {{ text-indent: 2em }}</style></head><body><nav>首页 &gt; 政策文件</nav>
    <script>var wrong = "not text of the document";</script><div id="content">{body}</div>
    <footer>网站地图</footer></body></html>"""
    return page.encode()


def as_pdf(text: str, font: bytes) -> bytes:
    """Return the text as A4 pages: lines of running text justified and indented, tables ruled, folios."""
    document = pdfium.PdfDocument.new()
    writer = _Writer(document, font)
    for piece in pieces_of(text):
        if isinstance(piece, str):
            writer.paragraph(piece)
        else:
            writer.table(piece)
    writer.close_page()
    stream = io.BytesIO()
    document.save(stream)
    document.close()
    return stream.getvalue()


def as_picture_pdf() -> bytes:
    """Return a PDF with a page on which nothing is text."""
    document = pdfium.PdfDocument.new()
    document.new_page(*_PAGE)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


class _Writer:
    def __init__(self, document: pdfium.PdfDocument, font: bytes) -> None:
        self._document = document
        self._data = (ctypes.c_ubyte * len(font)).from_buffer_copy(font)
        self._font = pdfium_c.FPDFText_LoadFont(
            document, self._data, len(font), pdfium_c.FPDF_FONT_TRUETYPE, 1
        )
        self._measure = _Measure(font)
        self._number = 0
        self._open_page()

    def paragraph(self, text: str) -> None:
        width = _PAGE[0] - 2 * _MARGIN
        if len(text) < 30:
            self._line(text, (_PAGE[0] - self._measure.width(text, _SIZE)) / 2)
            return
        indent = 2 * _SIZE
        for line in self._measure.wrapped(text, width, _SIZE, indent=indent):
            self._line(line, _MARGIN + indent)
            indent = 0.0

    def table(self, rows: list[list[str]]) -> None:
        share = (_PAGE[0] - 2 * _MARGIN) / len(rows[0])
        for row in rows:
            cells = [
                [
                    line
                    for part in cell.split("\n")
                    for line in self._measure.wrapped(part, share - 6, _CELL_SIZE)
                ]
                for cell in row
            ]
            height = max(len(lines) for lines in cells) * 12.0 + 6
            if self._y - height < _MARGIN:
                self.close_page()
                self._open_page()
            for place, lines in enumerate(cells):
                left = _MARGIN + place * share
                self._box(left, self._y - height, share, height)
                for down, line in enumerate(lines):
                    self._text(line, left + 3, self._y - 11 - 12 * down, _CELL_SIZE)
            self._y -= height
        self._y -= _PITCH

    def close_page(self) -> None:
        folio = f"— {self._number} —"
        self._text(folio, (_PAGE[0] - self._measure.width(folio, 10)) / 2, 40, 10)
        self._page.gen_content()
        self._page.close()

    def _open_page(self) -> None:
        self._page = self._document.new_page(*_PAGE)
        self._number += 1
        self._y = _PAGE[1] - _MARGIN

    def _line(self, text: str, x: float) -> None:
        if self._y < _MARGIN:
            self.close_page()
            self._open_page()
        self._text(text, x, self._y, _SIZE)
        self._y -= _PITCH

    def _text(self, text: str, x: float, y: float, size: float) -> None:
        item = pdfium_c.FPDFPageObj_CreateTextObj(self._document, self._font, size)
        units = text.encode("utf-16-le") + b"\x00\x00"
        buffer = ctypes.create_string_buffer(units, len(units))
        pdfium_c.FPDFText_SetText(item, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)))
        pdfium_c.FPDFPageObj_Transform(item, 1, 0, 0, 1, x, y)
        pdfium_c.FPDFPage_InsertObject(self._page, item)

    def _box(self, x: float, y: float, width: float, height: float) -> None:
        item = pdfium_c.FPDFPageObj_CreateNewRect(x, y, width, height)
        pdfium_c.FPDFPath_SetDrawMode(item, pdfium_c.FPDF_FILLMODE_NONE, 1)
        pdfium_c.FPDFPageObj_SetStrokeWidth(item, 0.5)
        pdfium_c.FPDFPage_InsertObject(self._page, item)


class _Measure:
    """How wide text is in a font."""

    def __init__(self, font: bytes) -> None:
        opened = TTFont(io.BytesIO(font))
        self._glyphs = opened.getBestCmap()
        self._advances = opened["hmtx"].metrics
        self._units = opened["head"].unitsPerEm

    def width(self, text: str, size: float) -> float:
        names = (self._glyphs.get(ord(character), ".notdef") for character in text)
        return sum(self._advances[name][0] for name in names) * size / self._units

    def wrapped(
        self, text: str, width: float, size: float, *, indent: float = 0.0
    ) -> Iterator[str]:
        line = ""
        for character in text:
            if line and self.width(line + character, size) > width - indent:
                yield line
                line, indent = "", 0.0
            line += character
        yield line


def _cells(line: str) -> list[str]:
    return [re.sub(r"\s*(?:</p>\s*<p>|</?p>)\s*", "\n", cell).strip() for cell in line.split("\t")]


def _plain(line: str) -> str:
    return re.sub(r"^[-*]\s+|^\*\*|\*\*$", "", line.strip("　 \t"))


def _html_table(rows: list[list[str]]) -> str:
    lines = (
        "<tr>"
        + "".join(f"<td>{html.escape(cell).replace(chr(10), '<br>')}</td>" for cell in row)
        + "</tr>"
        for row in rows
    )
    return f'<table border="1">{"".join(lines)}</table>'
