"""Reading official documents by their form: documents unlike the five real ones, and broken ones."""

from datetime import date

import pytest

from content.disclosure.classes import DisclosureClass
from content.disclosure.official_text.citations import Citation
from content.disclosure.official_text.reading import ReadDocument, read_document
from content.disclosure.official_text.source import SourceParagraph, SourceText, from_lines
from content.disclosure.official_text.warning import SENTENCE_ZH, WarningCode
from content.disclosure.record import BlockKind

_NOTICE = """清源县民政局文件
清民发〔2026〕12号
清源县民政局关于做好老年人补贴发放工作的通知
各乡镇人民政府：
为做好补贴发放工作，现就有关事项通知如下。
一、发放对象
年满八十周岁的老年人。
二、发放办法
（一）核对名单。各乡镇每季度核对一次。
1.核对内容包括以下各项；
附件：老年人补贴申请表
清源县民政局
2026年3月2日
（此件公开发布）
附件
老年人补贴申请表
姓名\t住址
甲\t一村"""


def _read(text: str) -> ReadDocument:
    return read_document(from_lines(text.split("\n")))


def _codes(document: ReadDocument) -> list[WarningCode]:
    return [warning.code for warning in document.warnings]


def test_a_plain_notice_has_all_its_fields_and_no_warning() -> None:
    document = _read(_NOTICE)

    assert document.title == "清源县民政局关于做好老年人补贴发放工作的通知"
    assert document.notice_title == ""
    assert document.document_number == "清民发〔2026〕12号"
    assert document.issuing_body == "清源县民政局"
    assert document.written_on == date(2026, 3, 2)
    assert document.disclosure_mark is DisclosureClass.PROACTIVE
    assert document.annexes_named == document.annexes_present == ("老年人补贴申请表",)
    assert document.warnings == ()


def test_a_whole_sentence_of_a_list_is_no_heading_and_a_short_one_is() -> None:
    listed = "（一）年满八十周岁且户籍在本县的老年人可以向户籍所在地的村委会提出申请。"
    document = _read(
        f"甲县民政局关于补贴的通知\n各镇人民政府：\n{listed}\n（二）加强领导。\n正文如下。"
    )

    kinds = {block.text: block.kind for block in document.blocks}
    assert kinds[listed] is BlockKind.PARAGRAPH
    assert kinds["（二）加强领导。"] is BlockKind.HEADING


def test_headings_tables_and_annexes_become_blocks_with_their_level() -> None:
    blocks = _read(_NOTICE).blocks

    levels = [(block.level, block.text) for block in blocks if block.kind is BlockKind.HEADING]
    assert levels == [(1, "一、发放对象"), (1, "二、发放办法"), (2, "（一）核对名单。")]
    assert [block.text for block in blocks if block.kind is BlockKind.ANNEX] == [
        "附件 老年人补贴申请表"
    ]
    assert blocks[-1].rows == (("姓名", "住址"), ("甲", "一村"))


def test_a_date_in_chinese_numerals_is_read() -> None:
    document = _read(_NOTICE.replace("2026年3月2日", "二〇二六年十二月三十一日"))

    assert document.written_on == date(2026, 12, 31)


def test_an_impossible_date_stays_empty_with_a_warning() -> None:
    document = _read(_NOTICE.replace("3月2日", "2月30日"))

    assert document.written_on is None
    assert [warning.phrase for warning in document.warnings] == ["impossible date: 2026年2月30日"]


def test_the_day_of_printing_is_not_taken_for_the_date() -> None:
    text = (
        _NOTICE.replace("清源县民政局\n2026年3月2日\n", "")
        + "\n清源县民政局办公室\n2026年3月3日印发"
    )
    document = _read(text)

    assert document.written_on is None
    assert _codes(document) == [WarningCode.NO_DATE]


def test_a_mark_that_is_only_quoted_in_the_text_is_no_mark() -> None:
    document = _read(_NOTICE.replace("（此件公开发布）\n", "文件应标注“此件公开发布”字样。\n"))

    assert document.disclosure_mark is None
    assert WarningCode.NO_DISCLOSURE_MARK in _codes(document)


@pytest.mark.parametrize(
    ("printed", "kind"),
    [
        ("（此件依申请公开）", DisclosureClass.ON_REQUEST),
        ("(此件不予公开)", DisclosureClass.WITHHELD),
        ("公开属性：主动公开", DisclosureClass.PROACTIVE),
    ],
)
def test_each_printed_mark_is_read(printed: str, kind: DisclosureClass) -> None:
    assert _read(_NOTICE.replace("（此件公开发布）", printed)).disclosure_mark is kind


def test_a_mark_in_other_words_is_quoted_and_left_to_a_person() -> None:
    document = _read(_NOTICE.replace("（此件公开发布）", "（此件删减后公开）"))

    assert document.disclosure_mark is None
    assert [warning.phrase for warning in document.warnings] == [
        "unknown disclosure mark: 此件删减后公开"
    ]


def test_two_marks_that_disagree_leave_the_field_empty() -> None:
    document = _read(_NOTICE.replace("（此件公开发布）", "（此件公开发布）\n（此件不予公开）"))

    assert document.disclosure_mark is None
    assert WarningCode.SEVERAL_MARKS in _codes(document)


def test_a_damaged_document_number_is_quoted_not_mended() -> None:
    document = _read(_NOTICE.replace("〔2026〕12号", "〔202612号"))

    assert document.document_number == ""
    assert "damaged document number: 清民发〔202612号" in [
        item.phrase for item in document.warnings
    ]


def test_bodies_that_sign_together_are_all_named() -> None:
    document = _read(_NOTICE.replace("清源县民政局\n2026年", "清源县民政局\n清源县财政局\n2026年"))

    assert document.issuing_body == "清源县民政局、清源县财政局"
    assert _codes(document) == []


def test_a_title_broken_over_three_lines_is_put_together() -> None:
    title = "清源县民政局关于做好\n老年人补贴发放\n工作的通知"
    document = _read(_NOTICE.replace("清源县民政局关于做好老年人补贴发放工作的通知", title))

    assert document.title == "清源县民政局关于做好老年人补贴发放工作的通知"


def test_a_notice_whose_printed_document_is_absent_keeps_its_own_title() -> None:
    text = """清源县人民政府办公室关于印发养老服务办法的通知
各乡镇人民政府：
现将《养老服务办法》印发给你们，请认真贯彻执行。
清源县人民政府办公室
2026年1月5日"""

    assert _read(text).title == "清源县人民政府办公室关于印发养老服务办法的通知"


def test_a_printed_document_under_another_title_than_announced_is_reported() -> None:
    text = """清源县人民政府办公室关于印发养老服务办法的通知
各乡镇人民政府：
现将《养老服务办法》印发给你们，请认真贯彻执行。
清源县人民政府办公室
2026年1月5日
养老机构管理细则
第一条 为了规范管理，制定本细则。"""
    document = _read(text)

    assert document.title == "养老机构管理细则"
    assert "title differs from the one announced: 养老服务办法" in [
        item.phrase for item in document.warnings
    ]


def test_an_annex_that_nobody_named_is_reported() -> None:
    document = _read(_NOTICE.replace("附件：老年人补贴申请表\n", ""))

    assert document.annexes_named == ()
    assert document.annexes_present == ("老年人补贴申请表",)
    assert _codes(document) == [WarningCode.ANNEX_UNNAMED]


def test_a_second_annex_that_is_missing_is_reported_by_name() -> None:
    named = "附件：1.老年人补贴申请表\n2.责任分工表"
    document = _read(_NOTICE.replace("附件：老年人补贴申请表", named).replace("附件\n", "附件1\n"))

    assert document.annexes_named == ("老年人补贴申请表", "责任分工表")
    assert [warning.sentence for warning in document.warnings] == [
        "附件说明中列有“责任分工表”，文件里却没有；请补充附件或注明未附。"
    ]


def test_a_sentence_cut_by_the_foot_of_a_page_is_one_paragraph_again() -> None:
    first = "各乡镇要按照职责分工，认真核对补贴对象的姓名、住址和户籍，做到底数清楚、情况"
    document = _read(_NOTICE.replace("年满八十周岁的老年人。", f"{first}\n\n明确，不漏一人。"))

    assert f"{first}明确，不漏一人。" in [block.text for block in document.blocks]


def test_cited_documents_are_listed_once_without_short_names() -> None:
    cites = (
        "根据《养老服务条例》（国办发〔2025〕3号，以下简称《条例》）和《条例》第三条、《养老服务条例》、"
        "《重大决策程序规定》（省政府令第336号），制定本办法。"
    )
    document = _read(_NOTICE.replace("年满八十周岁的老年人。", cites))

    assert document.cited == (
        Citation("养老服务条例", "国办发〔2025〕3号"),
        Citation("重大决策程序规定", "省政府令第336号"),
    )


@pytest.mark.parametrize("number", ["国办发〔20193号", "国办发〔2019〕号", "国办发2019〕3号"])
def test_a_citation_that_lost_a_part_is_reported_with_its_block(number: str) -> None:
    document = _read(_NOTICE.replace("年满八十周岁的老年人。", f"按照《办法》（{number}）执行。"))

    warning = document.warnings[0]
    assert warning.phrase == f"damaged citation: {number}"
    assert warning.block is not None
    assert number in document.blocks[warning.block].text


@pytest.mark.parametrize(
    "text", ["GDP增长", "见 www.example.gov.cn 网站", "邮箱 office@example.cn", "IPv6 网络"]
)
def test_acronyms_and_addresses_are_no_foreign_words(text: str) -> None:
    assert _codes(_read(_NOTICE.replace("年满八十周岁的老年人。", text + "。"))) == []


def test_a_gap_in_the_numbers_of_a_table_outside_an_annex_is_reported() -> None:
    table = "序号\t村名\n1\t东村\n2\t西村\n5\t南村"
    document = _read(_NOTICE.replace("年满八十周岁的老年人。", table))

    assert [warning.phrase for warning in document.warnings] == ["table 1 numbering skips 3、4"]


def test_a_page_without_text_is_reported_by_its_number() -> None:
    source = SourceText(
        tuple(SourceParagraph(line) for line in _NOTICE.split("\n")), unreadable_pages=(3,)
    )

    assert [warning.phrase for warning in read_document(source).warnings] == [
        "page without text: 3"
    ]


def test_a_letter_has_the_title_that_the_file_itself_marks() -> None:
    parts = (SourceParagraph("致全县老年朋友", is_title=True), SourceParagraph("你们好。"))

    assert read_document(SourceText(parts)).title == "致全县老年朋友"


def test_a_text_that_is_no_document_has_empty_fields_and_a_warning_for_each() -> None:
    document = _read("今天天气很好。\n我们去公园。")

    assert _codes(document) == [
        WarningCode.NO_TITLE,
        WarningCode.NO_DOCUMENT_NUMBER,
        WarningCode.NO_ISSUING_BODY,
        WarningCode.NO_DATE,
        WarningCode.NO_DISCLOSURE_MARK,
    ]


def test_every_kind_of_warning_has_a_chinese_sentence() -> None:
    assert set(SENTENCE_ZH) == set(WarningCode)


def test_a_very_long_line_is_read_in_good_time() -> None:
    for hostile in (
        "a" * 200_000,
        "《" * 50_000,
        " x" * 50_000,
        "附件：" + " " * 100_000 + "1",
        "1." * 50_000,
    ):
        read_document(from_lines([hostile, f"{hostile}\t{hostile}"] * 2))
