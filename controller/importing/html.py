"""Read a web page: its text in reading order, its tables, without scripts, styles, forms and navigation."""

import re
from collections.abc import Iterator

from lxml import etree
from lxml import html as lxml_html

from content.disclosure.official_text.source import (
    SourceParagraph,
    SourcePart,
    SourceTable,
    SourceText,
)
from controller.importing.plain_text import decode
from controller.importing.refusals import FileBroken, FileEmpty

_DROPPED = re.compile(
    "script|style|noscript|template|head|nav|footer|button|select|option|textarea|input|iframe|object|svg|"
    "canvas|audio|video"
)
_BLOCKS = re.compile(
    "p|div|section|article|main|header|aside|h1|h2|h3|h4|h5|h6|ul|ol|li|dl|dt|dd|blockquote|pre|center|address|"
    "figure|figcaption|body|html|hr|details|summary|fieldset|form"
)
_DEEPEST = 200
_SPACES = re.compile(r"[ \t\r\n\f]+")
_XML_HEAD = re.compile(r"^\s*<\?xml[^>]*\?>")
_MAX_SPAN = 100


def extract_html(data: bytes) -> SourceText:
    """Return paragraphs and tables of a page.

    Raises:
        FileBroken: it cannot be parsed.
        FileEmpty: there is no text in it.
    """
    text = _XML_HEAD.sub("", decode(data))
    parser = lxml_html.HTMLParser(
        no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = lxml_html.document_fromstring(text, parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise FileBroken("网页文件无法解析，请在浏览器中打开，另存为 PDF 后重新上传。") from error
    parts = tuple(_Walk().parts_of(root))
    if not any(isinstance(part, SourceTable) or part.text for part in parts):
        raise FileEmpty("网页里没有文字，请检查后重新选择文件。")
    return SourceText(parts)


class _Walk:
    """One pass over a page; gathers the inline text until a block ends."""

    def __init__(self) -> None:
        self._inline: list[str] = []

    def parts_of(self, root: etree._Element) -> Iterator[SourcePart]:
        yield from self._element(root, depth=0)
        yield from self._close(is_title=False)

    def _element(self, element: etree._Element, *, depth: int) -> Iterator[SourcePart]:
        tag = element.tag if isinstance(element.tag, str) else ""
        if not tag or _DROPPED.fullmatch(tag):
            return
        if tag == "table" and _is_data(element):
            yield from self._close(is_title=False)
            yield SourceTable(_rows(element))
        elif tag == "br":
            yield from self._close(is_title=False)
        elif depth >= _DEEPEST:
            self._inline.append(_text(element))
        else:
            yield from self._children(element, tag, depth=depth)

    def _children(self, element: etree._Element, tag: str, *, depth: int) -> Iterator[SourcePart]:
        is_block = _BLOCKS.fullmatch(tag) is not None or tag in {
            "table",
            "tr",
            "td",
            "th",
            "caption",
        }
        if is_block:
            yield from self._close(is_title=False)
        self._inline.append(element.text or "")
        for child in element:
            yield from self._element(child, depth=depth + 1)
            self._inline.append(child.tail or "")
        if is_block:
            yield from self._close(is_title=tag == "h1")

    def _close(self, *, is_title: bool) -> Iterator[SourceParagraph]:
        text = _SPACES.sub(" ", "".join(self._inline)).strip()
        self._inline.clear()
        if text:
            yield SourceParagraph(text, is_title)


def _is_data(table: etree._Element) -> bool:
    """Tell a table of data from one that lays out a page: no table inside, and cells beside each other."""
    rows = _own_rows(table)
    return table.find(".//table") is None and any(len(_cells(row)) > 1 for row in rows)


def _own_rows(table: etree._Element) -> list[etree._Element]:
    return list(table.iter("tr"))


def _cells(row: etree._Element) -> list[etree._Element]:
    return [cell for cell in row if cell.tag in {"td", "th"}]


def _rows(table: etree._Element) -> tuple[tuple[str, ...], ...]:
    """Return the rows with spans spread out: the text stands in the first cell, the others are empty."""
    below: dict[int, int] = {}
    rows = []
    for row in _own_rows(table):
        texts: list[str] = []
        for cell in _cells(row):
            _skip_spanned(texts, below)
            wide, high = _span(cell, "colspan"), _span(cell, "rowspan")
            for place in range(len(texts), len(texts) + wide):
                if high > 1:
                    below[place] = high - 1
            texts.extend([_cell_text(cell), *[""] * (wide - 1)])
        _skip_spanned(texts, below)
        rows.append(tuple(texts))
    width = max((len(row) for row in rows), default=0)
    return tuple(row + ("",) * (width - len(row)) for row in rows)


def _skip_spanned(texts: list[str], below: dict[int, int]) -> None:
    while below.get(len(texts), 0) > 0:
        below[len(texts)] -= 1
        texts.append("")


def _span(cell: etree._Element, name: str) -> int:
    value = (cell.get(name) or "").strip()
    return min(max(int(value), 1), _MAX_SPAN) if value.isascii() and value.isdigit() else 1


def _cell_text(cell: etree._Element) -> str:
    parts = _Walk().parts_of(cell)
    return "\n".join(part.text for part in parts if isinstance(part, SourceParagraph))


def _text(element: etree._Element) -> str:
    return "".join(str(piece) for piece in element.itertext())
