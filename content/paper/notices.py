"""Compose the slips that explain: 一次告知单, 明白卡, 公示栏摘录. What they say is given, how is decided here.

Each names its source, version and day, and carries a code by which a phone sees whether that is still so.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from content.codes import show_code
from content.paper.slip import Part, PartKind, Slip, SlipKind
from content.paper.slips import day_zh, known_pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class Footing:
    """What stands at the end of each of these slips.

    Attributes:
        code: of the record that the slip is taken from.
        url: of its phone page.
        version: of the record, "" if it has none to name.
        checked_on: day on which somebody last found it right.
        terminal: id of the terminal.
        printed_on: the day of printing.
    """

    code: str
    url: str
    version: str
    checked_on: date | None
    terminal: str
    printed_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """One paper to hand in: 名称, 原件 or 复印件, 份数, and where it is got; "" and 0 where that is not said."""

    name: str
    form: str = "原件"
    copies: int = 1
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where and how something is done; "" where not known."""

    department: str
    where: str = ""
    when: str = ""
    phone: str = ""
    complaints: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OneTimeNotice:
    """一次告知: all that an applicant still has to do, told once.

    Attributes:
        title: the service item.
        materials: what has to be handed in.
        unmet: conditions that are not met yet; none where nothing has been handed in so far.
        place: where to go.
        period: time limit, in words.
        fee: in words.
        is_licence: an administrative licence, for which 行政许可法 art. 32 (4) holds.
    """

    title: str
    materials: tuple[Material, ...]
    unmet: tuple[str, ...] = ()
    place: Place
    period: str = ""
    fee: str = ""
    is_licence: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClearCard:
    """明白卡: one policy on one card, in large type.

    Attributes:
        title: everyday name of the policy.
        who: whom it is for.
        what: what one gets; an amount, if there is one.
        how: the steps, a short sentence each.
        until: last day or period, in words.
        place: where to go.
        basis: document number and name of the policy.
    """

    title: str
    who: str
    what: str
    how: tuple[str, ...] = ()
    until: str = ""
    place: Place
    basis: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardExtract:
    """公示栏摘录: rows of a public list, names masked by whoever made it.

    Attributes:
        title: of the list.
        body: who publishes it.
        period: what it is about, for example "2026年第三季度".
        shown: 公示期 in words, "" if it is not for a term.
        rows: header and rows.
        total: how many rows the whole list has.
        complaints: whom to tell of a mistake.
    """

    title: str
    body: str
    period: str
    shown: str = ""
    rows: tuple[tuple[str, ...], ...]
    total: int
    complaints: str = ""


def notice_slip(notice: OneTimeNotice, footing: Footing) -> Slip:
    """Return the slip of a one-time notice."""
    parts = (
        Part(PartKind.TITLE, "一次告知单"),
        Part(PartKind.RULE),
        Part(PartKind.PAIR, notice.title, "事项"),
        *_unmet(notice.unmet),
        *_materials(notice.materials),
        Part(PartKind.RULE),
        *_place(notice.place),
        *known_pairs(("办理期限", notice.period), ("收费", notice.fee)),
        Part(PartKind.RULE),
        Part(PartKind.TEXT, _NOTICE_LICENCE if notice.is_licence else _NOTICE),
        *_footing(footing),
    )
    return Slip(SlipKind.NOTICE, f"notice:{footing.code}", parts)


_NOTICE = "以上为需要准备和补正的全部内容。材料齐全、符合规定形式的，窗口应当受理。"
_NOTICE_LICENCE = (
    "以上为需要补正的全部内容（《行政许可法》第三十二条：当场或者在五日内一次告知；"
    "逾期不告知的，自收到申请材料之日起即为受理）。"
)


def card_slip(card: ClearCard, footing: Footing) -> Slip:
    """Return the slip of a 明白卡."""
    parts = (
        Part(PartKind.TITLE, card.title),
        *_question("谁可以享受", card.who),
        *_question("能得到什么", card.what, is_big=True),
        *_question("什么时候截止", card.until, is_big=True),
        *_steps("怎么办", card.how),
        *_heading("到哪里办"),
        *_place(card.place),
        Part(PartKind.RULE),
        *known_pairs(("依据", card.basis)),
        *_footing(footing),
    )
    return Slip(SlipKind.CARD, f"card:{footing.code}", parts)


def board_slip(board: BoardExtract, footing: Footing) -> Slip:
    """Return the extract of a public list."""
    shown = max(0, len(board.rows) - 1)
    parts = (
        Part(PartKind.TITLE, board.title),
        *known_pairs(("公开单位", board.body), ("时段", board.period), ("公示期", board.shown)),
        Part(PartKind.RULE),
        Part(PartKind.TABLE, rows=board.rows),
        Part(PartKind.RULE),
        Part(PartKind.TEXT, _how_many(shown, board.total)),
        *known_pairs(("如有异议", board.complaints)),
        *_footing(footing),
    )
    return Slip(SlipKind.BOARD, f"board:{footing.code}", parts)


def _how_many(shown: int, total: int) -> str:
    if shown >= total:
        return f"以上为全部{total}项。"
    return f"全部共{total}项，本单摘录{shown}项，完整名单请扫码查看。"


def _unmet(conditions: tuple[str, ...]) -> Iterator[Part]:
    if conditions:
        yield from _heading("尚不符合的条件")
        yield from (Part(PartKind.ITEM, one, f"{n}.") for n, one in enumerate(conditions, 1))


def _materials(materials: tuple[Material, ...]) -> Iterator[Part]:
    """Yield a box to tick for each paper, with form, number and source below it."""
    if not materials:
        return
    yield from _heading(f"需要带的材料（共{len(materials)}项）")
    for one in materials:
        how_many = f"{one.form} {one.copies}份" if one.copies else one.form
        facts = "，".join(fact for fact in (how_many, one.source) if fact)
        yield Part(PartKind.ITEM, f"{one.name}\n{facts}" if facts else one.name, "□")


def _question(question: str, answer: str, *, is_big: bool = False) -> Iterator[Part]:
    if answer:
        yield from _heading(question)
        yield Part(PartKind.BIG if is_big else PartKind.TEXT, answer)


def _steps(heading: str, steps: tuple[str, ...]) -> Iterator[Part]:
    if steps:
        yield from _heading(heading)
        yield from (Part(PartKind.ITEM, step, f"{n}.") for n, step in enumerate(steps, 1))


def _heading(text: str) -> Iterator[Part]:
    yield Part(PartKind.SPACE)
    yield Part(PartKind.TEXT, f"■ {text}")


def _place(place: Place) -> Iterator[Part]:
    return known_pairs(
        ("办理部门", place.department),
        ("地点", place.where),
        ("时间", place.when),
        ("电话", place.phone),
        ("监督投诉", place.complaints),
    )


def _footing(footing: Footing) -> Iterator[Part]:
    yield Part(PartKind.QR, footing.url, show_code(footing.code))
    yield Part(PartKind.TEXT, "扫码可查看最新版本，内容以最新版本为准。")
    yield from known_pairs(
        ("版本", footing.version),
        ("核对日期", day_zh(footing.checked_on)),
        ("打印", f"{day_zh(footing.printed_on)} {footing.terminal}"),
    )
