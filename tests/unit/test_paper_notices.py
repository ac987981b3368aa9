"""一次告知单, 明白卡 and 公示栏摘录: each says all it must, and nothing that its source does not say."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from content.paper.layout import LineKind, lay_out
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
from content.paper.samples import sample_slips
from content.paper.slip import PartKind, Slip, SlipKind, slip_from_fields, slip_to_fields
from content.paper.slips import as_reprint
from devices.clock import CHINA

FOOTING = Footing(
    code="7KQ2M9XD4F",
    url="https://zone.example/d/7KQ2M9XD4F",
    version="第2版",
    checked_on=date(2026, 11, 2),
    terminal="hall-01",
    printed_on=date(2026, 11, 22),
)
PLACE = Place(department="示范县民政局", phone="12345")
NOTICE = OneTimeNotice(
    title="最低生活保障金的给付",
    materials=(
        Material(name="户口簿", form="原件及复印件", copies=2, source="公安派出所"),
        Material(name="身份证"),
    ),
    place=PLACE,
)
CARD = ClearCard(title="取暖补贴", who="低保户", what="1,200元", place=PLACE)
BOARD = BoardExtract(
    title="村务公开栏摘录",
    body="示范村",
    period="2026年第三季度",
    rows=(("姓名", "金额"), ("张**", "160.00")),
    total=1,
)


def text_of(slip: Slip, columns: int = 32) -> str:
    return "".join(line.text.strip() for line in lay_out(slip, columns=columns))


def test_a_notice_names_each_material_with_form_number_and_source() -> None:
    text = text_of(notice_slip(NOTICE, FOOTING))

    assert "共2项" in text
    assert "□ 户口簿原件及复印件 2份，公安派出所" in text
    assert "□ 身份证原件 1份" in text


def test_a_notice_says_what_is_not_met_only_where_something_is_not() -> None:
    unmet = replace(NOTICE, unmet=("收入证明已过期。",))

    assert "尚不符合的条件1. 收入证明已过期。" in text_of(notice_slip(unmet, FOOTING))
    assert "尚不符合" not in text_of(notice_slip(NOTICE, FOOTING))


def test_only_the_notice_of_a_licence_cites_the_licensing_law() -> None:
    licence = replace(NOTICE, is_licence=True)

    assert "《行政许可法》第三十二条" in text_of(notice_slip(licence, FOOTING))
    assert "行政许可法" not in text_of(notice_slip(NOTICE, FOOTING))


def test_what_one_gets_and_until_when_stand_in_large_type() -> None:
    slip = card_slip(replace(CARD, until="12月31日前"), FOOTING)

    big = [line.text for line in lay_out(slip, columns=32) if line.kind is LineKind.BIG]

    assert big == ["1,200元", "12月31日前"]


def test_what_a_card_does_not_know_it_does_not_head() -> None:
    text = text_of(card_slip(CARD, FOOTING))

    assert "什么时候截止" not in text
    assert "怎么办" not in text
    assert "依据" not in text


@pytest.mark.parametrize(("total", "said"), [(1, "以上为全部1项。"), (37, "共37项，本单摘录1项")])
def test_an_extract_says_how_much_of_the_list_it_is(total: int, said: str) -> None:
    assert said in text_of(board_slip(replace(BOARD, total=total), FOOTING))


@pytest.mark.parametrize(
    "slip", [notice_slip(NOTICE, FOOTING), card_slip(CARD, FOOTING), board_slip(BOARD, FOOTING)]
)
def test_each_names_version_day_and_a_code_for_what_is_so_now(slip: Slip) -> None:
    text = text_of(slip)

    for word in ("第2版", "2026年11月2日", "以最新版本为准", "7KQ2-M9X-D4F"):
        assert word in text
    assert [part.text for part in slip.parts if part.kind is PartKind.QR] == [FOOTING.url]


@pytest.mark.parametrize("columns", [32, 48])
def test_there_is_a_sample_of_every_kind_and_each_survives_the_socket(columns: int) -> None:
    slips = sample_slips(
        terminal="hall-01",
        printed_at=datetime(2026, 11, 22, 9, 0, tzinfo=CHINA),
        columns=columns,
        base_url="https://zone.example",
    )

    assert set(slips) == set(SlipKind)
    for kind, slip in slips.items():
        assert slip.kind is kind
        assert slip_from_fields(slip_to_fields(slip)) == slip
        assert text_of(as_reprint(slip, 2), columns).startswith("【补打 2】")
