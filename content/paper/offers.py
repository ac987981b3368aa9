"""Which slip more than its extract or guide a record can give, and that slip. Only the record's own words are used.

A service item that names its materials gives a 一次告知单; a policy that says under headings of its own who gets what
gives a 明白卡; a public list gives a 公示栏摘录. A record that does not say what a slip must say gives none.
"""

import re
from collections.abc import Iterator

from content.catalog.item import CatalogItem
from content.disclosure.record import Block, BlockKind, DisclosureRecord
from content.paper.notices import (
    BoardExtract,
    ClearCard,
    Footing,
    Material,
    OneTimeNotice,
    Place,
    board_slip,
    card_slip,
    notice_slip,
)
from content.paper.slip import Slip, SlipKind

_LONGEST = 150
_LONGEST_BIG = 60
_MOST_STEPS = 6
_MOST_ROWS = 15
_FEWEST_ROWS = 3
_COLUMNS = range(2, 7)
_NUMBER = re.compile(
    r"^\s*(?:第[一二三四五六七八九十]+[章条]|[（(]?[一二三四五六七八九十\d]+[）)、.．])\s*"
)
_WHO = re.compile(r"(?:对象|条件|范围)$")
_WHAT = re.compile(r"(?:标准|金额|额度|补贴内容|补助内容|待遇)$")
_HOW = re.compile(r"(?:程序|流程|步骤|申请方式|申领方式|办理方式)$")
_UNTIL = re.compile(r"(?:申报|申请|申领|办理|受理|实施|执行|政策)(?:时间|期限|截止日期)$")
_LIST = re.compile(r"公示|公开栏|名单|明细|一览表|发放表|收支|公布表")
_SHOWN = re.compile(r"公示(?:期|时间)(?:为|是|：|:)?\s*([^。；;\n]{4,40})")
_LABEL_LONGEST = 14


def extra_slip(record: DisclosureRecord | CatalogItem, footing: Footing) -> Slip | None:
    """Return the one slip more that this record gives, None if it gives none."""
    match record:
        case CatalogItem():
            notice = notice_of(record)
            return notice_slip(notice, footing) if notice else None
        case DisclosureRecord():
            card, board = card_of(record), board_of(record)
            if card is not None:
                return card_slip(card, footing)
            return board_slip(board, footing) if board else None


def extra_kind(record: DisclosureRecord | CatalogItem) -> SlipKind | None:
    """Return the kind of that slip."""
    match record:
        case CatalogItem():
            return SlipKind.NOTICE if notice_of(record) else None
        case DisclosureRecord():
            if card_of(record):
                return SlipKind.CARD
            return SlipKind.BOARD if board_of(record) else None


def notice_of(item: CatalogItem) -> OneTimeNotice | None:
    """Return what the item's guide asks for; form and number of a paper are said only where the guide says them."""
    if not item.materials:
        return None
    return OneTimeNotice(
        title=item.title,
        materials=tuple(Material(name=one, form="", copies=0) for one in item.materials),
        place=Place(department=item.department, where=item.where, when=item.when, phone=item.phone),
        period=item.period,
        fee=item.fee,
    )


def card_of(record: DisclosureRecord) -> ClearCard | None:
    """Return the policy in short where the document itself says for whom it is and what one gets."""
    who = what = until = ""
    how: tuple[str, ...] = ()
    for label, texts in _sections(record.blocks):
        if _WHO.search(label):
            who = who or _short(texts, _LONGEST)
        elif _WHAT.search(label):
            what = what or _short(texts, _LONGEST_BIG)
        elif _UNTIL.search(label):
            until = until or _short(texts, _LONGEST_BIG)
        elif _HOW.search(label):
            how = how or tuple(_short((one,), _LONGEST) for one in texts[:_MOST_STEPS])
    if not who or not what:
        return None
    return ClearCard(
        title=record.title,
        who=who,
        what=what,
        how=how,
        until=until,
        place=Place(department=record.issuing_body, phone=record.contact),
        basis=record.document_number,
    )


def board_of(record: DisclosureRecord) -> BoardExtract | None:
    """Return the first rows of a public list."""
    if not _LIST.search(record.title):
        return None
    tables = [one.rows for one in record.blocks if one.kind is BlockKind.TABLE and _is_list(one)]
    if not tables:
        return None
    rows = max(tables, key=len)
    shown = _SHOWN.search(record.text)
    return BoardExtract(
        title=record.title,
        body=record.issuing_body,
        period="",
        shown=shown.group(1) if shown else "",
        rows=rows[: _MOST_ROWS + 1],
        total=len(rows) - 1,
        complaints=record.contact,
    )


def _is_list(block: Block) -> bool:
    rows = block.rows
    return len(rows) >= _FEWEST_ROWS and all(len(row) in _COLUMNS for row in rows)


def _sections(blocks: tuple[Block, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each heading without its number, with the paragraphs below it.

    A heading may go on in the same line: “（一）补贴对象。本县……”.
    """
    label, texts = "", list[str]()
    for block in blocks:
        run_in = _run_in(block)
        if run_in is not None:
            if label:
                yield label, tuple(texts)
            label, rest = run_in
            texts = [rest] if rest else []
        elif block.kind is BlockKind.PARAGRAPH and block.text.strip():
            texts.append(block.text.strip())
    if label:
        yield label, tuple(texts)


def _run_in(block: Block) -> tuple[str, str] | None:
    """Return a heading and what follows it in its line, None for what is no heading."""
    text = block.text.strip()
    numbered = _NUMBER.match(text)
    if block.kind is not BlockKind.HEADING and not (block.kind is BlockKind.PARAGRAPH and numbered):
        return None
    bare = text[numbered.end() :] if numbered else text
    head, mark, rest = _cut(bare)
    if len(head) > _LABEL_LONGEST:
        return ("", "") if block.kind is BlockKind.HEADING else None
    return (head, rest) if mark or block.kind is BlockKind.HEADING else None


def _cut(text: str) -> tuple[str, str, str]:
    found = re.search(r"[。：:]", text)
    if found is None:
        return text, "", ""
    return text[: found.start()], found.group(), text[found.end() :].strip()


def _short(texts: tuple[str, ...], most: int) -> str:
    """Return the beginning in whole sentences; the code leads to the rest."""
    text = "".join(texts)
    if len(text) <= most:
        return text
    end = max(text.rfind(mark, 0, most) for mark in "。；")
    return text[: end + 1] if end > 0 else text[: most - 2] + "……"
