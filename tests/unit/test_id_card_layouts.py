"""The 256 bytes of a card: offsets of every layout, masks, and what is refused."""

from datetime import date

import pytest

from devices.drivers.id_card.layouts import (
    BadCard,
    CardKind,
    IdCard,
    UnknownLayout,
    mask_number,
    read_text,
    write_text,
)
from devices.sim.id_card.cards import load_cards

CARDS = load_cards()
RESIDENT = CARDS["resident"]


def put(text: bytes, at: int, value: bytes) -> bytes:
    return text[:at] + value + text[at + len(value) :]


def at(text: bytes, place: int, length: int) -> str:
    return text[place : place + length].decode("utf-16-le").rstrip()


def test_every_field_of_a_resident_stands_where_the_standard_puts_it() -> None:
    fields = [
        (0, 30), (30, 2), (32, 4), (36, 16), (52, 70),
        (122, 36), (158, 30), (188, 16), (204, 16), (248, 2),
    ]  # fmt: skip

    assert [at(RESIDENT, *field) for field in fields] == [
        "测试甲", "2", "01", "19900101", "示范县样例镇一号",
        "519921199001010025", "示范县公安局", "20200501", "20400501", "",
    ]  # fmt: skip


def test_every_field_of_a_foreigners_card_stands_where_its_layout_puts_it() -> None:
    fields = [
        (0, 120), (120, 2), (122, 30), (152, 6), (158, 30),
        (188, 16), (204, 16), (220, 16), (236, 4), (240, 8), (248, 2),
    ]  # fmt: skip

    assert [at(CARDS["foreigner"], *field) for field in fields] == [
        "SAMPLE, PERSON", "2", "XXX510080123101", "XXX", "测试丁",
        "20180701", "20280701", "19801231", "01", "1500", "I",
    ]  # fmt: skip


def test_a_permit_has_its_pass_number_and_no_nation() -> None:
    card = read_text(CARDS["hmt"])

    assert (card.kind, card.pass_number, card.issue_count) == (
        CardKind.HMT_PERMIT,
        "H00000001",
        "01",
    )
    assert at(CARDS["hmt"], 220, 18) == "H00000001"
    assert card.nation == ""
    assert card.is_number_true


@pytest.mark.parametrize("name", ["resident", "elder", "hmt", "foreigner"])
def test_a_card_that_is_written_is_read_as_the_same(name: str) -> None:
    card = read_text(CARDS[name])

    assert read_text(write_text(card)) == card


def test_a_long_term_card_has_no_end_and_is_in_force() -> None:
    card = read_text(CARDS["elder"])

    assert card.valid_to is None
    assert card.is_valid_on(date(2099, 1, 1))
    assert not card.is_valid_on(date(2010, 2, 28))


def test_a_card_is_in_force_on_its_last_day_and_not_after() -> None:
    card = read_text(RESIDENT)

    assert card.is_valid_on(date(2040, 5, 1))
    assert not card.is_valid_on(date(2040, 5, 2))


def test_the_foreigners_card_of_2023_is_refused_by_name() -> None:
    with pytest.raises(UnknownLayout) as refused:
        read_text(CARDS["foreigner_2023"])

    assert refused.value.type_sign == "Y"


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (36, "19901301"),
        (36, "1990 1 1"),
        (36, "１９９００１０１"),
        (188, "20200230"),
        (204, "长 期"),
        (0, "\x07"),
        (122, "                  "),
    ],
)
def test_a_text_that_does_not_follow_its_layout_is_refused_without_saying_what_it_was(
    place: int, value: str
) -> None:
    with pytest.raises(BadCard) as refused:
        read_text(put(RESIDENT, place, value.encode("utf-16-le")))

    assert value.strip() not in str(refused.value) or not value.strip()
    assert refused.value.__cause__ is None


def test_half_a_character_is_no_card() -> None:
    with pytest.raises(BadCard):
        read_text(put(RESIDENT, 0, b"\x00\xd8\x20\x00"))


@pytest.mark.parametrize("length", [0, 255, 257])
def test_a_text_of_another_length_is_no_card(length: int) -> None:
    with pytest.raises(BadCard):
        read_text(bytes(length))


def test_a_name_with_private_characters_is_kept_and_marked() -> None:
    card = read_text(put(RESIDENT, 0, "测\ue863".encode("utf-16-le")))

    assert card.name.startswith("测\ue863")
    assert card.has_private_characters
    assert not read_text(RESIDENT).has_private_characters


def test_the_check_symbol_of_the_number_is_looked_at() -> None:
    assert read_text(RESIDENT).is_number_true
    assert not read_text(CARDS["wrong_number"]).is_number_true


def test_a_card_shown_in_a_log_is_masked() -> None:
    card = read_text(RESIDENT)

    for shown in (repr(card), str(card), f"{card}", repr((card,))):
        assert "519921********0025" in shown
        assert card.number not in shown
        assert card.name not in shown
        assert card.address not in shown
        assert "1990" not in shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [("51992119460228001X", "519921********001X"), ("12345", "*****"), ("", "")],
)
def test_a_number_too_short_to_hide_its_middle_is_hidden_whole(number: str, shown: str) -> None:
    assert mask_number(number) == shown


def test_a_field_too_long_for_its_place_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="name"):
        write_text(IdCard(kind=CardKind.RESIDENT, name="测" * 16, number="1"))
