"""Compose the slips: a document's extract, a service item's guide, the receipt of a request, the test sheet.

What a slip says is decided here; how it stands on paper is content.paper.layout's. A receipt is a right
(政府信息公开条例 art. 31 fixes the day of receipt, art. 33 the period): it states both, and who answers.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import TypedDict, Unpack

from content.catalog.item import CatalogItem
from content.codes import code_from, show_code
from content.disclosure.record import BlockKind, DisclosureRecord, Validity
from content.paper.slip import Part, PartKind, Slip, SlipKind

EXTRACT_CHARACTERS = 300
_SECTIONS_WORTH_LISTING = 3
_MAX_SECTIONS = 24
_MAX_DESCRIPTION = 60
_LONG_DIGITS = re.compile(r"(?<!\d)(\d{3})\d{4,}([\dXx]{4})(?![\dXx])")
"""Telephone and identity numbers are longer than 10 digits; 文号 and years are not."""

_VALIDITY = {
    Validity.IN_FORCE: "现行有效",
    Validity.REPEALED: "已废止或失效",
    Validity.UNSTATED: "文中未注明",
}


def document_slip(
    record: DisclosureRecord, *, url: str, terminal: str, printed_on: date, version: int
) -> Slip:
    """Return the extract of a document that a citizen takes home.

    Args:
        record: the document.
        url: address of its phone page, at most 62 bytes for a code that scans well from 58 mm paper.
        terminal: id of the terminal that prints.
        printed_on: the day of printing.
        version: version of the record that was on the glass.
    """
    parts = (
        Part(PartKind.TITLE, record.title),
        Part(PartKind.RULE),
        *known_pairs(
            ("文号", record.document_number),
            ("发文机关", record.issuing_body),
            ("成文日期", day_zh(record.written_on)),
            ("有效性", _VALIDITY[record.validity]),
        ),
        Part(PartKind.RULE),
        *_extract(record),
        Part(PartKind.RULE),
        Part(PartKind.TEXT, "全文请用手机扫描下方二维码查看："),
        Part(PartKind.QR, url, show_code(record.id)),
        *known_pairs(
            ("咨询", record.contact),
            ("公开日期", day_zh(record.published_on)),
            ("版本", f"第{version}版"),
            ("打印", f"{day_zh(printed_on)} {terminal}"),
        ),
        Part(PartKind.TEXT, "本页为摘要，以公开的全文为准。"),
    )
    return Slip(SlipKind.DOCUMENT, f"document:{record.id}:{version}", parts)


def item_slip(item: CatalogItem, *, url: str, terminal: str, printed_on: date) -> Slip:
    """Return the guide of a service item: where, when, what to bring, what happens."""
    parts = (
        Part(PartKind.TITLE, item.title),
        Part(PartKind.RULE),
        *known_pairs(
            ("办理部门", item.department),
            ("事项编码", item.item_code),
            ("办理地点", item.where),
            ("办理时间", item.when),
            ("咨询电话", item.phone),
            ("办理期限", item.period),
            ("收费", item.fee),
        ),
        *_list("需要带的材料", item.materials),
        *_list("办理步骤", item.steps),
        *((Part(PartKind.RULE), Part(PartKind.TEXT, f"依据：{item.basis}")) if item.basis else ()),
        Part(PartKind.RULE),
        Part(PartKind.QR, url, show_code(item.id)),
        Part(PartKind.PAIR, f"{day_zh(printed_on)} {terminal}", "打印"),
    )
    return Slip(SlipKind.GUIDE, f"item:{item.id}", parts)


class ReceiptFacts(TypedDict):
    """What a receipt states.

    Attributes:
        code: the code by which the applicant follows the request; valid before any number.
        number: 受理号, "" until the controller has given it.
        masked_name: the applicant's name with all but its first character masked.
        body: the body that answers.
        description: what was asked for; shortened, long numbers masked.
        filed_on: the day of filing.
        in_person: handed in at a staffed counter, so that the day of filing is the day of receipt
            (art. 31 (1)); otherwise it is the day both sides confirm (art. 31 (3)).
        due_on: last day to answer (art. 33), or None if it cannot be said yet.
        due_provisional: the date rests on a holiday calendar that is not final.
        url: address of the request's phone page.
        terminal: id of the terminal.
    """

    code: str
    number: str
    masked_name: str
    body: str
    description: str
    filed_on: date
    in_person: bool
    due_on: date | None
    due_provisional: bool
    url: str
    terminal: str


def receipt_slip(**facts: Unpack[ReceiptFacts]) -> Slip:
    """Return the receipt 回执 of a request for information."""
    parts = (
        Part(PartKind.TITLE, "政府信息公开\n申请回执"),
        Part(PartKind.RULE),
        *_receipt_pairs(facts),
        Part(PartKind.RULE),
        *_what_happens_next(in_person=facts["in_person"]),
        Part(PartKind.TEXT, "扫描二维码，或在任一终端输入查询码，可查看办理进度："),
        Part(PartKind.QR, facts["url"], show_code(facts["code"])),
        Part(PartKind.RULE),
        Part(PartKind.TEXT, _REMEDY),
        Part(PartKind.PAIR, f"{day_zh(facts['filed_on'])} {facts['terminal']}", "打印"),
        Part(PartKind.TEXT, "请妥善保管本回执，勿将查询码告知他人。"),
    )
    return Slip(SlipKind.RECEIPT, f"receipt:{facts['code']}", parts)


def _receipt_pairs(facts: ReceiptFacts) -> Iterator[Part]:
    filed_on, in_person = day_zh(facts["filed_on"]), facts["in_person"]
    return known_pairs(
        ("查询码", show_code(facts["code"])),
        ("受理号", facts["number"] or "登记后可凭查询码查询"),
        ("申请人", facts["masked_name"]),
        ("答复机关", facts["body"]),
        ("申请内容", _shortened(facts["description"])),
        ("提交日期", filed_on),
        ("提交方式", "当面提交" if in_person else "自助终端在线提交"),
        ("收到日", filed_on if in_person else "以双方确认之日为准"),
        ("答复期限", _due(facts["due_on"], provisional=facts["due_provisional"])),
    )


_REMEDY = (
    "认为行政机关在政府信息公开工作中侵犯其合法权益的，可以依法投诉、举报，"
    "申请行政复议或者提起行政诉讼（《政府信息公开条例》第五十一条）。"
)


def test_slip(*, terminal: str, printed_at: datetime, columns: int, url: str) -> Slip:
    """Return the sheet by which a keeper judges a printer: width, characters, marks, code."""
    ruler = ("1234567890" * (columns // 10 + 1))[:columns]
    parts = (
        Part(PartKind.TITLE, "打印测试"),
        Part(PartKind.TEXT, ruler),
        Part(PartKind.RULE),
        Part(PartKind.TEXT, "国" * (columns // 2)),
        Part(PartKind.TEXT, "标点：，。、；：？！“”‘’（）《》【】〔〕—…·￥％"),
        Part(PartKind.TEXT, "字母：ABCDEFGHIJKLMNOPQRSTUVWXYZ abcdefghijklmnopqrstuvwxyz"),
        Part(PartKind.TEXT, "符号：\n!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
        Part(PartKind.TEXT, "扩展字：镕喆堃龘 生僻字：㛃䶮𬱖"),
        Part(PartKind.PAIR, "标签与正文应对齐，第二行应从正文的左边开始。", "对齐"),
        Part(PartKind.RULE),
        Part(PartKind.TABLE, rows=_TEST_TABLE),
        Part(PartKind.RULE),
        Part(PartKind.BIG, "大字：9,876.50元"),
        Part(PartKind.QR, url, "应能用手机扫出"),
        Part(PartKind.PAIR, terminal, "终端"),
        Part(PartKind.PAIR, printed_at.strftime("%Y-%m-%d %H:%M:%S"), "时间"),
        Part(PartKind.RULE),
        Part(PartKind.TEXT, "上下左右完整、字迹清楚、切纸整齐，即为正常。"),
    )
    return Slip(SlipKind.TEST, f"test:{code_from(printed_at.isoformat())}", parts)


_TEST_TABLE = (
    ("项目", "数量", "金额"),
    ("数字应靠右对齐", "2", "1,200.00"),
    ("文字放不下时在格内换行", "15", "86.50"),
)


def as_reprint(slip: Slip, copy: int) -> Slip:
    """Return the slip marked 补打 n, so that two papers of one key are told apart."""
    mark = Part(PartKind.TEXT, f"【补打 {copy}】")
    return Slip(slip.kind, slip.key, (mark, *slip.parts))


def known_pairs(*pairs: tuple[str, str]) -> Iterator[Part]:
    """Yield the pairs whose text is known: what a source does not say is not printed as a blank."""
    return (Part(PartKind.PAIR, text, label) for label, text in pairs if text)


def _list(heading: str, entries: Iterable[str]) -> Iterator[Part]:
    items = [Part(PartKind.ITEM, entry, f"{number}.") for number, entry in enumerate(entries, 1)]
    if items:
        yield Part(PartKind.RULE)
        yield Part(PartKind.TEXT, f"{heading}：")
        yield from items


def _extract(record: DisclosureRecord) -> Iterator[Part]:
    """Yield the section list of a long document, else its first characters."""
    headings = [b.text for b in record.blocks if b.kind is BlockKind.HEADING and b.level == 1]
    if len(headings) >= _SECTIONS_WORTH_LISTING:
        yield Part(PartKind.TEXT, "主要内容：")
        yield from (Part(PartKind.TEXT, heading) for heading in headings[:_MAX_SECTIONS])
        return
    left = EXTRACT_CHARACTERS
    for block in record.blocks:
        if left > 0 and block.text and block.kind in {BlockKind.HEADING, BlockKind.PARAGRAPH}:
            text = block.text if len(block.text) <= left else block.text[:left] + "……"
            yield Part(PartKind.TEXT, text)
            left -= len(block.text)


def _what_happens_next(*, in_person: bool) -> Iterator[Part]:
    if not in_person:
        yield Part(PartKind.TEXT, "答复机关将与您联系确认收到申请，双方确认之日为收到日。")
    yield Part(
        PartKind.TEXT,
        "能够当场答复的，当场予以答复；不能当场答复的，自收到申请之日起20个工作日内予以答复，"
        "需要延长的会告知您，最长延长20个工作日。内容不明确的，会一次性告知您补正。",
    )


def _due(due_on: date | None, *, provisional: bool) -> str:
    if due_on is None:
        return "自收到之日起20个工作日内"
    return f"{day_zh(due_on)}{'（节假日安排公布后可能调整）' if provisional else ''}"


def day_zh(day: date | None) -> str:
    """Return the day as Chinese write it, "" for none."""
    return f"{day.year}年{day.month}月{day.day}日" if day else ""


def _shortened(description: str) -> str:
    masked = _LONG_DIGITS.sub(r"\1****\2", description)
    return masked if len(masked) <= _MAX_DESCRIPTION else masked[:_MAX_DESCRIPTION] + "……"
