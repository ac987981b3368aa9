from hypothesis import given
from hypothesis import strategies as st

from content.disclosure.record import BlockKind
from kiosk.flows.pages import Column, Line, Paragraph, Style, lay_out
from kiosk.flows.reader import document_paragraphs
from signage.kit.lines import NO_END, NO_START, break_lines
from tests.support.fake_kiosk import document

TEXT = st.text(alphabet="国政务公开，。《》（）“”〔〕2026abc %", max_size=120)


def width(text: str) -> float:
    return sum(1.0 if ord(c) > 255 else 0.5 for c in text)


@given(TEXT, st.integers(4, 30))
def test_breaking_loses_no_character_and_keeps_their_order(text: str, columns: int) -> None:
    assert "".join(break_lines(text, columns, width)) == text


@given(TEXT, st.integers(4, 30))
def test_lines_fit_the_column(text: str, columns: int) -> None:
    # Where a line is nothing but marks there is no good break; then it is broken as it is.
    assert all(width(line) <= columns for line in break_lines(text, columns, width))


@given(st.lists(st.sampled_from(["国", "政务", "，", "（公开）", "《条例》", "2026"]), max_size=40))
def test_no_line_begins_with_a_closing_mark_nor_ends_with_an_opening_one(parts: list[str]) -> None:
    text = "国家" + "".join(a + b for a, b in zip(parts, ["务公"] * len(parts), strict=True))
    lines = break_lines(text, 9, width)

    assert not any(line[0] in NO_START for line in lines[1:] if line)
    assert not any(line[-1] in NO_END for line in lines[:-1] if line)


def test_a_word_is_not_split_unless_it_is_wider_than_the_column() -> None:
    assert break_lines("公开政务Information公开", 7, width) == ["公开政务", "Information公", "开"]
    assert "".join(break_lines("a" * 50, 5, width)) == "a" * 50


def test_the_two_space_indent_is_kept() -> None:
    assert break_lines("　　为推进政务公开", 6, width)[0].startswith("　　")


def test_pages_hold_all_lines_and_no_heading_stands_alone_at_the_foot() -> None:
    column = Column(width=20, height=6 * 1.5, size=1)
    text = tuple(
        paragraph
        for n in range(6)
        for paragraph in (
            Paragraph(Style.HEADING, f"第{n}章"),
            Paragraph(Style.BODY, "政" * (20 * 3 + n)),
        )
    )
    pages = lay_out(text, column, plain=width, bold=width)

    assert all(len(page) <= column.lines for page in pages)
    assert all(page[-1].style is not Style.HEADING for page in pages[:-1])
    said = "".join(line.text for page in pages for line in page)
    assert said == "".join(paragraph.text for paragraph in text)


def test_an_empty_text_is_one_empty_page() -> None:
    assert lay_out((), Column(100, 100, 10), plain=width, bold=width) == ((),)


def test_no_page_begins_with_a_gap_and_no_two_gaps_follow_each_other() -> None:
    gap = Paragraph(Style.GAP, "")
    pages = lay_out(
        (gap, gap, Paragraph(Style.BODY, "政"), gap, gap, Paragraph(Style.BODY, "务")),
        Column(100, 1000, 10),
        plain=width,
        bold=width,
    )

    assert [line.style for line in pages[0]] == [Style.BODY, Style.GAP, Style.BODY]
    assert pages[0][0] == Line(Style.BODY, "政")


def test_a_table_is_read_row_by_row_with_its_labels() -> None:
    record = document(1)
    texts = [p.text for p in document_paragraphs(record)]

    assert "序号：1" in texts
    assert "责任单位：县政务服务局" in texts
    cells = [c for b in record.blocks if b.kind is BlockKind.TABLE for r in b.rows for c in r]
    assert all(any(cell in text for text in texts) for cell in cells)
