"""What a person types, and what a guesser tries: read without trust."""

import pytest

from controller.auth.roles import Role
from controller.desk.forms import BadInput, choice, day, number, word
from controller.phone.guessing import guesser
from controller.phone.views import phone_numbers


def test_a_missing_word_is_an_empty_word() -> None:
    assert word({}, "name") == ""


def test_a_word_is_trimmed_and_cut() -> None:
    assert word({"name": "  甲乙丙 "}, "name", limit=2) == "甲乙"


@pytest.mark.parametrize("typed", ["-1", "1.5", "abc", "", "１２", "9" * 40])
def test_what_is_no_number_is_the_default(typed: str) -> None:
    assert number({"seen": typed}, "seen", default=7) in {7, int("9" * 18)}


def test_an_impossible_date_is_refused_with_a_sentence() -> None:
    with pytest.raises(BadInput, match="请按"):
        day({"written_on": "2026-02-30"}, "written_on", sentence="请按年月日填写")


def test_an_unknown_choice_is_no_choice() -> None:
    assert choice({"role": "god"}, "role", Role) is None


def test_a_whole_ipv6_site_counts_as_one_guesser() -> None:
    assert guesser("2001:db8:1:2::1") == guesser("2001:db8:1:2:ffff::9")
    assert guesser("2001:db8:1:2::1") != guesser("2001:db8:1:3::1")


def test_ipv4_guessers_are_told_apart() -> None:
    assert guesser("192.0.2.1") != guesser("192.0.2.2")


@pytest.mark.parametrize(
    ("contact", "numbers"),
    [
        ("县政务公开办 0000-1234567", ("0000-1234567",)),
        ("咨询 12345，或 01012345678", ("12345", "01012345678")),
        ("请到大厅三号窗口", ()),
        ("编号 〔2026〕12号", ()),
        ("电话 0000-1234567、0000-1234567", ("0000-1234567",)),
    ],
)
def test_telephone_numbers_are_found_in_a_contact_line(
    contact: str, numbers: tuple[str, ...]
) -> None:
    assert phone_numbers(contact) == numbers
