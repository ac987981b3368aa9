"""Whatever text comes in: reading never fails, and no character is lost."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from content.disclosure.official_text.reading import ReadDocument, read_document
from content.disclosure.official_text.source import (
    SourceParagraph,
    SourceTable,
    SourceText,
    from_lines,
)

_PIECES = st.sampled_from(
    [
        "附件：1.工作分工表",
        "2.责任单位名单",
        "附件1",
        "附件 2：责任单位名单",
        "某某县人民政府办公室文件",
        "某某县人民政府",
        "2021年5月25日",
        "二〇二一年五月二十五日",
        "2021年13月45日",
        "（此件公开发布）",
        "某政办〔2021〕5号",
        "某政办〔20215号",
        "关于印发某某方案的通知",
        "某某方案",
        "一、总体要求",
        "（一）加强领导。各级要重视，",
        "各镇人民政府：",
        "序号\t单位",
        "1\t甲局",
        "3\t乙局",
        "抄送：县委。",
        "2021年5月26日印发",
        "**加粗**",
        "<p>甲</p>",
        "",
    ]
)
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
_LINES = st.lists(st.one_of(_PIECES, _TEXT), max_size=25)
_LAYOUT = re.compile(r"[\s*\-\u200b\ufeff\x00]|</?p>|<br\s*/?>", re.IGNORECASE)


@settings(max_examples=400, deadline=None)
@given(_LINES)
def test_every_character_of_every_line_is_in_a_block_or_a_field(lines: list[str]) -> None:
    document = read_document(from_lines(lines))

    kept = _bare(_everything(document))
    for line in lines:
        for piece in re.split(r"[\t\r\n\v\f\u2028\u2029]", line):
            # A heading parts from the text that runs on after it, so sentences are looked for one by one.
            for sentence in re.split("(?<=。)", piece):
                assert _bare(sentence) in kept


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.one_of(
            _TEXT.map(SourceParagraph),
            st.lists(st.lists(_TEXT, max_size=4).map(tuple), max_size=4).map(
                lambda rows: SourceTable(tuple(rows))
            ),
        ),
        max_size=12,
    )
)
def test_any_paragraphs_and_tables_can_be_read(parts: list[SourceParagraph | SourceTable]) -> None:
    document = read_document(SourceText(tuple(parts)))

    for warning in document.warnings:
        assert warning.phrase
        assert warning.sentence.endswith("。")
        assert warning.block is None or warning.block < max(len(document.blocks), 1)


def _everything(document: ReadDocument) -> str:
    blocks = [
        text
        for block in document.blocks
        for text in (block.text, *(c for row in block.rows for c in row))
    ]
    return "".join([*blocks, document.title, document.document_number, document.issuing_body])


def _bare(text: str) -> str:
    return _LAYOUT.sub("", text)
