"""Slips of any text: nothing is lost, nothing overflows, no mark stands astray."""

import re
from collections import Counter
from datetime import date
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from content.paper.layout import LineKind, lay_out
from content.paper.slip import Part, PartKind, Slip, SlipKind, slip_from_fields, slip_to_fields
from content.paper.slips import receipt_slip
from content.paper.wrap import NOT_AT_END, columns_of, printable, wrap

WORDS = st.sampled_from(
    ["政府信息公开", "申请", "龘", "㛃", "1,234.50元", "GB/T 39554.1-2020", "Open Government", "，", "。", "、",
     "（试行）", "《条例》", "“放管服”", "——", "……", "〔2026〕19号", "：", "！", "%", " ", "　　", "\n",
     "https://zone.example/d/7KQ2M9XD4F", "anextraordinarilylongwordthatfitsnolineatall"]
)  # fmt: skip
TEXTS = st.lists(st.one_of(WORDS, st.text(max_size=6)), max_size=40).map("".join)
PARTS = st.builds(
    Part,
    kind=st.sampled_from(
        [PartKind.TITLE, PartKind.BIG, PartKind.TEXT, PartKind.PAIR, PartKind.RULE]
    ),
    text=TEXTS,
    label=st.sampled_from(
        ["文号", "发文机关", "成文日期", "一个长得放不下的标签名称一个长得放不下的标签"]
    ),
)
STRICT = frozenset("。，、；：？！）》")


def leaves_room(line: str, following: str, columns: int) -> bool:
    """Tell whether the line's last word, with its marks and the following one, would fit a line."""
    tail = re.search(r"[!-~]+[^\w]*$", line)
    return tail is None or columns_of(tail[0] + following[0]) <= columns


def bare(text: str) -> str:
    return re.sub(r"[\s\u3000]", "", text)


@settings(max_examples=200)
@given(st.lists(PARTS, max_size=6), st.sampled_from([32, 48]))
def test_no_character_of_a_slip_is_lost_and_no_line_is_too_long(
    parts: list[Part], columns: int
) -> None:
    lines = lay_out(Slip(SlipKind.TEST, "t", tuple(parts)), columns=columns)

    expected = "".join(
        (part.label + "：" if part.kind is PartKind.PAIR else "") + part.text
        for part in parts
        if part.kind is not PartKind.RULE
    )
    assert bare(printable(expected)) == bare("".join(line.text for line in lines))
    assert all(
        columns_of(line.text)
        <= (columns // 2 if line.kind in {LineKind.TITLE, LineKind.BIG} else columns)
        for line in lines
    )


@settings(max_examples=200)
@given(TEXTS, st.sampled_from([16, 22, 32, 48]))
@example("GB/T 39554.1-2020\u3000\u3000，", 16)
def test_no_closing_mark_begins_a_line_and_no_opening_mark_ends_one(
    text: str, columns: int
) -> None:
    # Ten marks in a row have no right place; a paragraph that begins with one has no other.
    text = re.sub(r"([^\w\s])[^\w\s]{3,}", r"\1", printable(text))
    for paragraph in text.split("\n"):
        lines = wrap(paragraph.lstrip(" \u3000"), columns)
        astray = [(one, next_) for one, next_ in pairwise(lines) if next_[:1] in STRICT]
        # A word that fills the line leaves its mark no room; half a number would be worse.
        assert not [pair for pair in astray if leaves_room(*pair, columns)]
        assert not [line for line in lines[:-1] if line[-1:] in NOT_AT_END]


@given(TEXTS, st.sampled_from([22, 32, 48]))
@example("，——", 22)
@example("，、；", 22)
def test_words_and_numbers_that_fit_a_line_are_not_split(text: str, columns: int) -> None:
    word = "2026-11-22T09:00"
    lines = wrap(f"{text} {word} {text}", columns)

    assert any(word in line for line in lines)


@given(st.text())
def test_no_control_character_reaches_the_paper(text: str) -> None:
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", printable(text))


def test_an_escape_in_a_title_is_no_command() -> None:
    slip = Slip(SlipKind.TEST, "t", (Part(PartKind.TITLE, "关于\x1b@\x10\x14的通知"),))

    (line,) = lay_out(slip, columns=32)

    assert line.text == "关于@的通知"


def test_a_title_does_not_end_in_one_lonely_character() -> None:
    slip = Slip(SlipKind.TEST, "t", (Part(PartKind.TITLE, "关于做好某某工作的通知书"),))

    lines = [line.text for line in lay_out(slip, columns=32)]

    assert min(map(len, lines)) >= 4


def test_pairs_of_one_run_hang_at_the_same_column() -> None:
    parts = (
        Part(PartKind.PAIR, "示政办字〔2026〕19号", "文号"),
        Part(PartKind.PAIR, "示范县人民政府办公室综合科", "发文机关"),
    )

    lines = [line.text for line in lay_out(Slip(SlipKind.TEST, "t", parts), columns=32)]

    assert lines == [
        "文号：    示政办字〔2026〕19号",
        "发文机关：示范县人民政府办公室综",
        "          合科",
    ]


def receipt(**changed: object) -> Slip:
    facts: dict[str, object] = {
        "code": "7KQ2M9XD4F", "number": "", "masked_name": "张**", "body": "示范县自然资源局",
        "description": "征地批复",
        "filed_on": date(2026, 11, 22), "in_person": True, "due_on": date(2026, 12, 21), "due_provisional": False,
        "url": "https://zone.example/r/7KQ2M9XD4F", "terminal": "hall-01",
    }  # fmt: skip
    return receipt_slip(**{**facts, **changed})  # type: ignore[arg-type]


def text_of(slip: Slip) -> str:
    return "\n".join(f"{part.label} {part.text}" for part in slip.parts)


def test_a_receipt_filed_in_person_names_the_day_of_receipt_and_the_due_date() -> None:
    text = text_of(receipt())

    assert "收到日 2026年11月22日" in text
    assert "答复期限 2026年12月21日" in text
    assert "7KQ2-M9X-D4F" in text


def test_an_online_receipt_promises_no_date_that_both_sides_have_not_confirmed() -> None:
    text = text_of(receipt(in_person=False, due_on=None))

    assert "收到日 以双方确认之日为准" in text
    assert "2026年12月" not in text


def test_a_provisional_due_date_says_so() -> None:
    assert "可能调整" in text_of(receipt(due_provisional=True))


def test_long_numbers_in_a_description_are_masked_on_paper() -> None:
    text = text_of(
        receipt(description="本人110105194912310021，电话13800138000，示政办字〔2026〕19号")
    )

    assert "110105194912310021" not in text
    assert "13800138000" not in text
    assert "〔2026〕19号" in text


def test_a_slip_survives_the_socket() -> None:
    assert receipt() == slip_from_fields(slip_to_fields(receipt()))


CELLS = st.one_of(
    st.sampled_from(
        [
            "",
            "张**",
            "低保",
            "1,284.00",
            "￥3,600.50",
            "12%",
            "临时救助（一次性）",
            "a very long word",
        ]
    ),
    TEXTS,
)
TABLES = st.integers(1, 6).flatmap(
    lambda count: st.lists(st.tuples(*[CELLS] * count), min_size=1, max_size=6)
)


@settings(max_examples=200)
@given(TABLES, st.sampled_from([32, 48]))
def test_no_character_of_a_table_is_lost_and_no_row_is_too_wide(
    rows: list[tuple[str, ...]], columns: int
) -> None:
    part = Part(PartKind.TABLE, rows=tuple(rows))
    lines = lay_out(Slip(SlipKind.TEST, "t", (part,)), columns=columns)
    texts = [line.text for line in lines if line.kind is LineKind.TEXT]

    assert all(columns_of(text) <= columns for text in texts)
    wanted = Counter(bare(printable("".join(cell for row in rows[1:] for cell in row))))
    assert not wanted - Counter(bare("".join(texts)))


@given(st.lists(CELLS, min_size=1, max_size=5), st.sampled_from([32, 48]))
def test_no_closing_mark_begins_a_line_of_a_list(cells: list[str], columns: int) -> None:
    parts = tuple(Part(PartKind.ITEM, f"甲{cell}", f"{n}.") for n, cell in enumerate(cells, 1))
    lines = [line.text for line in lay_out(Slip(SlipKind.TEST, "t", parts), columns=columns)]

    assert bare("".join(lines)) == bare(
        printable("".join(f"{part.label}{part.text}" for part in parts))
    )
    assert all(columns_of(line) <= columns for line in lines)


def test_numbers_of_a_table_stand_under_one_another_from_the_right() -> None:
    rows = (("姓名", "金额"), ("张**", "1,284.00"), ("欧阳**", "160.00"))

    *_, first, second = lay_out(
        Slip(SlipKind.TEST, "t", (Part(PartKind.TABLE, rows=rows),)), columns=32
    )

    assert columns_of(first.text) == columns_of(second.text)
    assert first.text.endswith("1,284.00")
    assert second.text.endswith("  160.00")


def test_a_table_too_wide_for_the_paper_becomes_lists_that_name_each_column() -> None:
    head = ("姓名", "身份", "住址", "补贴金额", "发放日期", "备注")
    row = ("张**", "低保", "示范镇某某村", "1,284,000.00", "2026-11-22", "无")

    texts = [
        line.text
        for line in lay_out(
            Slip(SlipKind.TEST, "t", (Part(PartKind.TABLE, rows=(head, row)),)), columns=32
        )
    ]

    assert "补贴金额：1,284,000.00" in texts
    assert "住址：    示范镇某某村" in texts


def test_a_title_breaks_before_what_it_is_about_where_that_costs_no_line() -> None:
    title = Part(PartKind.TITLE, "示范县人民政府关于做好农村饮水安全工作的通知")

    lines = [line.text for line in lay_out(Slip(SlipKind.TEST, "t", (title,)), columns=32)]

    assert lines == ["示范县人民政府", "关于做好农村饮水", "安全工作的通知"]
