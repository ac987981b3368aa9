"""The five real documents of ../shared/data/policies: every cell of expected.csv, in four kinds of file."""

import csv
import io
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from fontTools import subset
from fontTools.ttLib import TTFont

from content.disclosure.classes import DISCLOSURE_CLASS_ZH
from content.disclosure.official_text.reading import ReadDocument
from controller.importing.importing import import_file
from tests.support.policy_files import FONT, as_docx, as_html, as_pdf

_POLICIES = Path(__file__).parents[2].parent / "shared" / "data" / "policies"


def _expected() -> list[dict[str, str]]:
    table = _POLICIES / "expected.csv"
    if not table.exists():
        return []
    return list(csv.DictReader(table.read_text("utf-8").splitlines()))


_ROWS = _expected()
pytestmark = pytest.mark.skipif(not _ROWS, reason="the policy documents are not on this machine")


@cache
def _font_for(text: str) -> bytes:
    """Return the product's font cut down to the text's characters: whole it is 10 MB a file."""
    font = TTFont(FONT)
    cutter = subset.Subsetter(subset.Options())
    cutter.populate(text=text + "— 0123456789")
    cutter.subset(font)
    stream = io.BytesIO()
    font.save(stream)
    return stream.getvalue()


_SAVED_AS: dict[str, Callable[[str], bytes]] = {
    "txt": lambda text: text.encode(),
    "docx": as_docx,
    "html": as_html,
    "pdf": lambda text: as_pdf(text, _font_for(text)),
}


def _cells(document: ReadDocument) -> dict[str, str]:
    mark = document.disclosure_mark
    return {
        "title": document.title,
        "document_number": document.document_number,
        "issuing_body": document.issuing_body,
        "written_on": document.written_on.isoformat() if document.written_on else "",
        "disclosure_mark": DISCLOSURE_CLASS_ZH[mark] if mark else "",
        "attachments_present": str(len(document.annexes_present)),
        "attachments_named": str(len(document.annexes_named)),
        "warnings": "|".join(warning.phrase for warning in document.warnings),
    }


def test_there_are_five_documents() -> None:
    assert len(_ROWS) == 5


@pytest.mark.parametrize("kind", _SAVED_AS)
@pytest.mark.parametrize("row", _ROWS, ids=lambda row: row["file"][:3])
def test_every_cell_is_found_in_every_kind_of_file(row: dict[str, str], kind: str) -> None:
    text = (_POLICIES / row["file"]).read_text("utf-8")
    data = _SAVED_AS[kind](text)

    document = import_file(f"{row['file'][:3]}.{kind}", data).document

    assert _cells(document) == {name: value for name, value in row.items() if name != "file"}


@pytest.mark.parametrize("kind", ["docx", "html", "pdf"])
@pytest.mark.parametrize("row", _ROWS, ids=lambda row: row["file"][:3])
def test_the_same_text_has_the_same_blocks_in_every_kind_of_file(
    row: dict[str, str], kind: str
) -> None:
    text = (_POLICIES / row["file"]).read_text("utf-8")
    plain = import_file("a.txt", text.encode()).document

    saved = import_file(f"a.{kind}", _SAVED_AS[kind](text)).document

    assert _shape(saved) == _shape(plain)
    assert saved.cited == plain.cited


def _shape(document: ReadDocument) -> list[tuple[object, ...]]:
    return [
        (
            block.kind,
            block.level,
            _bare(block.text),
            tuple(tuple(_bare(cell) for cell in row) for row in block.rows),
        )
        for block in document.blocks
    ]


def _bare(text: str) -> str:
    return "".join(text.split())
