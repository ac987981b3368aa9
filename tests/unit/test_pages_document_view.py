"""Warnings at their place, blocks edited as text, differences: the decisions behind a document's page."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.disclosure.record import Block, BlockKind
from controller.desk.document_view import (
    Change,
    block_text,
    compare_blocks,
    compare_fields,
    compare_texts,
    edited_blocks,
    place_warnings,
    shown_blocks,
)
from controller.store.documents import (
    Document,
    DocumentFields,
    DocumentState,
    DocumentWarning,
    SourceFile,
)

PARAGRAPH, TABLE = BlockKind.PARAGRAPH, BlockKind.TABLE
BLOCKS = (
    Block(BlockKind.HEADING, "一、总则", 1),
    Block(PARAGRAPH, "依据中办发〔20168号制定。"),
    Block(TABLE, "分工表", 0, (("序号", "任务"), ("1", "检修"))),
)


def document(*warnings: DocumentWarning, **changes: object) -> Document:
    made = Document(
        id="0123456789",
        state=DocumentState.DRAFT,
        fields=DocumentFields(title="某通知"),
        blocks=BLOCKS,
        mark=None,
        warnings=warnings,
        proposal=None,
        drafter="p-1",
        contributors=("p-1",),
        revision=1,
        version=0,
        source=SourceFile(),
        created=0,
        changed=0,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def test_a_warning_stands_at_the_block_it_speaks_of() -> None:
    found = document(DocumentWarning("DAMAGED_CITATION", "引用的文号残缺", 1))

    shown = shown_blocks(found, place_warnings(found))

    assert [len(one.warnings) for one in shown] == [0, 1, 0]


def test_a_warning_about_a_block_that_is_gone_is_still_shown() -> None:
    found = document(DocumentWarning("FOREIGN_WORD", "夹有外文词", 99))

    placed = place_warnings(found)

    assert [(one.block, one.text) for one in placed] == [(None, "夹有外文词")]


def test_a_warning_of_an_empty_field_is_settled_once_the_field_is_filled_in() -> None:
    warning = DocumentWarning("NO_DOCUMENT_NUMBER", "没有文号")
    filled = DocumentFields(title="某通知", document_number="某政发〔2026〕1号")

    assert [one.field for one in place_warnings(document(warning))] == ["document_number"]
    assert place_warnings(document(warning, fields=filled)) == ()


def test_a_doubtful_field_keeps_its_warning_although_it_is_filled_in() -> None:
    filled = DocumentFields(title="某通知", document_number="某政发〔2026〕1号")
    warning = DocumentWarning("SEVERAL_NUMBERS", "不止一个文号")

    assert len(place_warnings(document(warning, fields=filled))) == 1


def test_a_public_document_has_no_open_warnings() -> None:
    warning = DocumentWarning("DAMAGED_CITATION", "残缺", 1)

    assert place_warnings(document(warning, state=DocumentState.PUBLISHED)) == ()


def test_a_line_break_makes_a_new_paragraph() -> None:
    blocks = edited_blocks(
        BLOCKS, 0, kind=BlockKind.HEADING, level=1, text="一、总则\n第一段\n\n第二段"
    )

    assert blocks[:3] == (BLOCKS[0], Block(PARAGRAPH, "第一段"), Block(PARAGRAPH, "第二段"))
    assert blocks[3:] == BLOCKS[1:]


def test_an_empty_text_takes_the_block_away() -> None:
    assert edited_blocks(BLOCKS, 1, kind=PARAGRAPH, level=0, text=" \n ") == (BLOCKS[0], BLOCKS[2])


def test_an_empty_text_takes_a_table_away() -> None:
    assert edited_blocks(BLOCKS, 2, kind=TABLE, level=0, text="") == BLOCKS[:2]


def test_a_table_saved_unchanged_stays_as_it_is() -> None:
    text = block_text(BLOCKS[2])

    assert edited_blocks(BLOCKS, 2, kind=TABLE, level=0, text=text) == BLOCKS


def test_an_empty_cell_stays_an_empty_cell() -> None:
    table = Block(TABLE, "", 0, (("", "甲"), ("乙", "")))

    assert edited_blocks((table,), 0, kind=TABLE, level=0, text=block_text(table)) == (table,)


@pytest.mark.parametrize("text", ["", "同一段"])
def test_equal_texts_differ_nowhere(text: str) -> None:
    assert all(change is Change.SAME for change, _ in compare_texts(text, text))


@given(st.text("甲乙丙，。", max_size=30), st.text("甲乙丙，。", max_size=30))
def test_a_difference_tells_both_texts_whole(old: str, new: str) -> None:
    pieces = compare_texts(old, new)

    assert "".join(text for change, text in pieces if change is not Change.ADDED) == old
    assert "".join(text for change, text in pieces if change is not Change.REMOVED) == new


def test_only_changed_lines_are_listed() -> None:
    new = (BLOCKS[0], Block(PARAGRAPH, "依据中办发〔2016〕8号制定。"), BLOCKS[2])

    assert compare_blocks(BLOCKS, BLOCKS) == ()
    assert len(compare_blocks(BLOCKS, new)) == 1


def test_only_changed_fields_are_listed() -> None:
    old = DocumentFields(title="甲", contact="")

    assert [name for name, _ in compare_fields(old, replace(old, contact="0000"))] == ["contact"]
