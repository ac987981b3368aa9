"""Read a PDF's text layer: paragraphs put together from their lines, ruled tables as tables.

PDFium keeps state for its whole process and is not thread-safe: one document at a time.
"""

from collections.abc import Iterator
from threading import Lock

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from content.disclosure.official_text.source import (
    SourceParagraph,
    SourcePart,
    SourceTable,
    SourceText,
)
from controller.importing.limits import ImportLimits
from controller.importing.pdf_lines import (
    Margins,
    TextLine,
    continues,
    joined,
    lines_of,
    margins_of,
    pitch_of,
    without_folios,
)
from controller.importing.pdf_marks import marks_of
from controller.importing.pdf_tables import PageTable, goes_on, tables_of
from controller.importing.refusals import FileBroken, FileEncrypted, FileTooLarge, NoTextLayer

# A constant of the process, as PDFium's state is.
_ONE_AT_A_TIME = Lock()
_PASSWORD_ERRORS = frozenset({pdfium_c.FPDF_ERR_PASSWORD, pdfium_c.FPDF_ERR_SECURITY})
_BROKEN = "PDF 文件已损坏，无法打开；请重新导出 PDF 后再上传。"

_Item = TextLine | PageTable


def extract_pdf(data: bytes, limits: ImportLimits) -> SourceText:
    """Return paragraphs and tables of a PDF.

    Raises:
        FileBroken: it cannot be opened.
        FileEncrypted: it asks for a password.
        FileTooLarge: it has too many pages or too much text.
        NoTextLayer: none of its pages has text.
    """
    with _ONE_AT_A_TIME:
        pages = _read_pages(data, limits)
    if not any(pages):
        raise NoTextLayer(
            "PDF 里没有可提取的文字，可能是扫描件；请上传带文字的版本，或先做文字识别。"
        )
    margins = margins_of([tuple(_lines(page)) for page in pages])
    empty = tuple(number for number, page in enumerate(pages, 1) if not page)
    return SourceText(tuple(_parts(pages, margins)), unreadable_pages=empty)


def _read_pages(data: bytes, limits: ImportLimits) -> list[tuple[_Item, ...]]:
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if error.err_code in _PASSWORD_ERRORS:
            raise FileEncrypted("PDF 文件设有密码，请先取消密码再上传。") from error
        raise FileBroken(_BROKEN) from error
    try:
        if len(document) > limits.max_pages:
            raise FileTooLarge(f"PDF 超过 {limits.max_pages} 页，请拆分后再上传。")
        return _pages_of(document, limits)
    except pdfium.PdfiumError as error:
        raise FileBroken(_BROKEN) from error
    finally:
        document.close()


def _pages_of(document: pdfium.PdfDocument, limits: ImportLimits) -> list[tuple[_Item, ...]]:
    pages: list[tuple[_Item, ...]] = []
    count = 0
    for page in document:
        marks = marks_of(page)
        page.close()
        count += len(marks.glyphs)
        limits.check_characters(count)
        tables = tables_of(marks.glyphs, marks.rules)
        taken = frozenset().union(*(table.glyphs for table in tables))
        lines = without_folios(lines_of(glyph for glyph in marks.glyphs if glyph not in taken))
        items: list[_Item] = [*lines, *tables]
        pages.append(tuple(sorted(items, key=_height, reverse=True)))
    return pages


def _height(item: _Item) -> float:
    return item.top if isinstance(item, PageTable) else item.baseline


def _lines(page: tuple[_Item, ...]) -> Iterator[TextLine]:
    return (item for item in page if isinstance(item, TextLine))


def _parts(pages: list[tuple[_Item, ...]], margins: Margins) -> Iterator[SourcePart]:
    gather = _Gather(margins)
    for page in pages:
        pitch = pitch_of(tuple(_lines(page)))
        for place, item in enumerate(page):
            if isinstance(item, PageTable):
                yield from gather.table(item, is_first=place == 0)
            else:
                yield from gather.line(item, pitch=pitch if place else 0.0)
    yield from gather.close()


class _Gather:
    """Puts lines together to paragraphs, and tables that run over pages together to one."""

    def __init__(self, margins: Margins) -> None:
        self._margins = margins
        self._text = ""
        self._line: TextLine | None = None
        self._table: PageTable | None = None
        self._rows: tuple[tuple[str, ...], ...] = ()

    def line(self, line: TextLine, *, pitch: float) -> Iterator[SourcePart]:
        above = self._line
        if above and continues(above, line, margins=self._margins, pitch=pitch):
            self._text = joined(self._text, line.text)
        else:
            yield from self.close()
            self._text = line.text
        self._line = line

    def table(self, table: PageTable, *, is_first: bool) -> Iterator[SourcePart]:
        if is_first and self._table and goes_on(self._table, table):
            has_same_head = table.rows[0] == self._rows[0]
            self._rows += table.rows[1:] if has_same_head else table.rows
        else:
            yield from self.close()
            self._rows = table.rows
        self._table = table

    def close(self) -> Iterator[SourcePart]:
        if self._text:
            yield SourceParagraph(self._text)
        if self._rows:
            yield SourceTable(self._rows)
        self._text, self._rows = "", ()
        self._line = self._table = None
