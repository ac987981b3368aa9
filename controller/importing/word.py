"""Read a DOCX: paragraphs, text boxes and tables in reading order, with the numbers that Word adds itself.

Deleted text of tracked changes is left out and inserted text is kept, as on the paper with all changes accepted.
"""

import io
import zipfile
import zlib
from collections.abc import Iterator

import docx
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn
from lxml import etree

from content.disclosure.official_text.source import (
    SourceParagraph,
    SourcePart,
    SourceTable,
    SourceText,
)
from controller.importing.refusals import FileBroken, FileEmpty
from controller.importing.word_numbering import Numbering, numbering_of

_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_DROPPED = frozenset(
    {qn("w:del"), qn("w:moveFrom"), qn("w:pPr"), qn("w:rPr"), qn("w:instrText"), _FALLBACK}
)
_GAPS = {qn("w:tab"): " ", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
_BOX = qn("w:txbxContent")
_WRAPPERS = frozenset(
    {
        qn("w:sdt"),
        qn("w:sdtContent"),
        qn("w:ins"),
        qn("w:moveTo"),
        qn("w:customXml"),
        qn("w:smartTag"),
    }
)
_TITLE_STYLES = frozenset({"title", "标题"})
_BROKEN = "文件已损坏，无法打开；请用 Word 或 WPS 打开并另存为 DOCX 后重新上传。"
_MAX_SPAN = 100


def extract_word(data: bytes) -> SourceText:
    """Return paragraphs and tables of a DOCX.

    Raises:
        FileBroken: it cannot be opened.
        FileEmpty: there is no text in it.
    """
    try:
        document = docx.Document(io.BytesIO(data))
        body = document.element.body
        styles = document.styles.element
        numbering = _numbering_root(document)
    except (zipfile.BadZipFile, PackageNotFoundError, etree.XMLSyntaxError) as error:
        raise FileBroken(_BROKEN) from error
    except (KeyError, ValueError, AttributeError, OSError, EOFError, zlib.error) as error:
        # python-docx meets a part that is missing or of the wrong type with whatever Python raises there.
        raise FileBroken(_BROKEN) from error
    walk = _Walk(numbering_of(numbering, styles), _title_styles(styles))
    parts = tuple(walk.parts_of(body))
    if not any(isinstance(part, SourceTable) or part.text.strip() for part in parts):
        raise FileEmpty("文档里没有文字，可能只有图片；请上传带文字的文件。")
    return SourceText(parts)


class _Walk:
    """One pass over a document's body."""

    def __init__(self, numbering: Numbering, titles: frozenset[str]) -> None:
        self._numbering = numbering
        self._titles = titles

    def parts_of(self, container: etree._Element) -> Iterator[SourcePart]:
        for child in container:
            if child.tag == qn("w:p"):
                yield from self._paragraph(child)
            elif child.tag == qn("w:tbl"):
                yield SourceTable(self._rows(child))
            elif child.tag in _WRAPPERS:
                yield from self.parts_of(child)

    def _paragraph(self, paragraph: etree._Element) -> Iterator[SourcePart]:
        for box in _boxes(paragraph):
            yield from self.parts_of(box)
        text = _text(paragraph)
        label = self._numbering.label_of(paragraph) if text.strip() else ""
        style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        is_title = style is not None and style.get(qn("w:val")) in self._titles
        yield SourceParagraph(label + text, is_title)

    def _rows(self, table: etree._Element) -> tuple[tuple[str, ...], ...]:
        rows = [self._cells(row) for row in _inside(table, qn("w:tr"))]
        width = max((len(row) for row in rows), default=0)
        return tuple(row + ("",) * (width - len(row)) for row in rows)

    def _cells(self, row: etree._Element) -> tuple[str, ...]:
        """Return the cells of a row; one that a merged cell covers is empty."""
        texts: list[str] = []
        for cell in _inside(row, qn("w:tc")):
            properties = cell.find(qn("w:tcPr"))
            text = "" if _is_covered(properties) else self._cell_text(cell)
            texts.extend([text, *[""] * (_span(properties) - 1)])
        return tuple(texts)

    def _cell_text(self, cell: etree._Element) -> str:
        lines = []
        for part in self.parts_of(cell):
            if isinstance(part, SourceParagraph):
                lines.append(part.text)
            else:
                lines.extend(" ".join(row) for row in part.rows)
        return "\n".join(line for line in lines if line.strip())


def _numbering_root(document: "docx.document.Document") -> etree._Element | None:
    """Return the numbering part; asking python-docx for a missing one would make it up."""
    related = (link for link in document.part.rels.values() if not link.is_external)
    found = next((link for link in related if link.reltype.endswith("/numbering")), None)
    return found.target_part.element if found else None


def _title_styles(styles: etree._Element) -> frozenset[str]:
    found = set()
    for style in styles.findall(qn("w:style")):
        name = style.find(qn("w:name"))
        if name is not None and str(name.get(qn("w:val"), "")).lower() in _TITLE_STYLES:
            found.add(str(style.get(qn("w:styleId"), "")))
    return frozenset(found)


def _inside(element: etree._Element, tag: str) -> Iterator[etree._Element]:
    """Yield the rows of a table or cells of a row, through content controls, not into nested tables."""
    for child in element:
        if child.tag == tag:
            yield child
        elif child.tag in _WRAPPERS:
            yield from _inside(child, tag)


def _boxes(paragraph: etree._Element) -> Iterator[etree._Element]:
    for box in paragraph.iter(_BOX):
        if not any(outer.tag == _FALLBACK for outer in box.iterancestors()):
            yield box


def _text(element: etree._Element) -> str:
    pieces = []
    for child in element:
        if child.tag in _DROPPED or child.tag == _BOX:
            continue
        if child.tag == qn("w:t"):
            pieces.append(child.text or "")
        elif child.tag in _GAPS:
            pieces.append(_GAPS[child.tag])
        else:
            pieces.append(_text(child))
    return "".join(pieces)


def _is_covered(properties: etree._Element | None) -> bool:
    merge = properties.find(qn("w:vMerge")) if properties is not None else None
    return merge is not None and merge.get(qn("w:val"), "continue") == "continue"


def _span(properties: etree._Element | None) -> int:
    span = properties.find(qn("w:gridSpan")) if properties is not None else None
    value = str(span.get(qn("w:val"), "1")) if span is not None else "1"
    return min(max(int(value), 1), _MAX_SPAN) if value.isdecimal() else 1
