import json
import re
from importlib.resources import files
from pathlib import Path

import pytest

from devices.agent import sentences
from devices.drivers.printer.condition import Reason
from kiosk.flows.printing import PrintState, PrintView
from kiosk.flows.surround import BandKind
from kiosk.words import Words
from signage.kit.fonts import REGULAR, icon, marked, plain_markup
from signage.kit.palette import BODY_PAIRS, HIGH_CONTRAST, NORMAL, OTHER_PAIRS, contrast

KIOSK = Path(__file__).parents[2] / "kiosk"
SOURCES = [*KIOSK.rglob("*.py"), *KIOSK.rglob("*.kv")]


def test_every_word_that_code_asks_for_is_there() -> None:
    words = Words.load().keys() | Words.load("keyboard_zh_CN").keys()
    asked = {
        key
        for source in SOURCES
        for key in re.findall(r"words\(\s*['\"]([a-z_0-9.]+)['\"]", source.read_text("utf-8"))
    }

    assert asked - words == set()


def test_every_english_text_has_the_places_of_the_chinese_one() -> None:
    chinese, english = Words.load(), Words.load("en")

    assert chinese.keys() == english.keys()
    for key in sorted(chinese.keys()):
        places = [set(re.findall(r"\{(\w+)\}", words(key))) for words in (chinese, english)]
        assert places[0] == places[1], key


def test_no_citizen_is_spoken_to_in_english() -> None:
    texts = json.loads((KIOSK / "locale/zh_CN.json").read_text("utf-8"))
    flat = json.dumps(texts, ensure_ascii=False)
    values = re.findall(r': "([^"]*)"', flat)

    assert all(re.search(r"[\u4e00-\u9fff]", value) or "{" in value for value in values)


def test_every_band_and_every_outcome_of_printing_has_its_word() -> None:
    words = Words.load()

    assert all(words.has(f"band.{kind.value}") for kind in BandKind)
    silent = {PrintState.IDLE, PrintState.FAILED}
    assert all(words.has(f"print.{state.value}") for state in set(PrintState) - silent)
    assert PrintView(PrintState.FAILED).may_print


@pytest.mark.parametrize("reason", [one for one in Reason if one is not Reason.NONE])
def test_every_reason_of_a_printer_has_a_sentence_for_visitor_and_keeper(reason: Reason) -> None:
    visitor, english = (Words.load(name)(f"print.reason.{reason}") for name in ("zh_CN", "en"))
    keeper = sentences.peripheral("printer", str(reason))

    assert visitor
    assert english
    assert keeper.startswith("打印机")
    assert str(reason) not in keeper


def test_every_icon_that_is_named_exists() -> None:
    named = {
        name
        for source in SOURCES
        for name in re.findall(r"(?:icon: |icon=)['\"]([a-z0-9-]+)['\"]", source.read_text("utf-8"))
    }

    assert REGULAR.exists()
    assert all(len(icon(name)) == 1 for name in named)
    assert named


def test_text_stands_out_seven_times_and_everything_else_four_and_a_half() -> None:
    for palette in (NORMAL, HIGH_CONTRAST):
        for ink, ground in BODY_PAIRS:
            assert contrast(getattr(palette, ink), getattr(palette, ground)) >= 7, (ink, ground)
        for ink, ground in OTHER_PAIRS:
            assert contrast(getattr(palette, ink), getattr(palette, ground)) >= 4.5, (ink, ground)


def test_official_red_is_for_seals_and_emergencies_alone() -> None:
    users = [s.name for s in SOURCES if "theme.seal" in s.read_text("utf-8")]

    assert users == ["bars.kv"]


def test_no_screen_names_a_colour_of_its_own() -> None:
    literal = re.compile(r"#[0-9A-Fa-f]{6}\b")

    assert [s.name for s in SOURCES if literal.search(s.read_text("utf-8"))] == []


def test_markup_in_a_title_is_shown_not_obeyed() -> None:
    assert plain_markup("[b]&[/b]") == "&bl;b&br;&amp;&bl;/b&br;"
    assert marked("危房[改]造", ((2, 5),)) == "危房[b]&bl;改&br;[/b]造"


@pytest.mark.parametrize("phone", ["", "0000-1234567"])
@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_where_nobody_is_at_hand_no_visitor_is_sent_to_staff(language: str, phone: str) -> None:
    words = Words.load(language)
    texts = files("kiosk.locale").joinpath(f"{language}.json").read_text("utf-8")
    blanks = dict.fromkeys(set(re.findall(r"\{([a-z_]+)\}", texts)) - {"phone"}, "")

    assert words.settle(attended=False, phone=phone)
    said = {key: _said(words, key, blanks) for key in words.keys()}  # noqa: SIM118 - no mapping
    staff = re.compile(
        "现场工作人员|(告知|询问|请)工作人员|ask the staff|tell the staff|call the staff"
    )
    assert {key: text for key, text in said.items() if staff.search(text)} == {}
    way_on = phone or {"zh_CN": "咨询", "en": "Enquiries"}[language]
    assert way_on in said["home.help"]
    assert all("{" not in text for text in said.values())


def _said(words: Words, key: str, blanks: dict[str, str]) -> str:
    try:
        return words(key, **blanks)
    except KeyError:  # words about somebody else's telephone, not the one to call for help
        return words(key, **blanks, phone="")


def test_where_staff_is_at_hand_nothing_changes() -> None:
    words = Words.load()

    assert not words.settle(attended=True, phone="")
    assert words("home.help") == "轻点屏幕开始。需要帮助，请招呼现场工作人员。"
    assert words.settle(attended=False, phone="1")
    assert not words.settle(attended=False, phone="1")


def test_every_sentence_for_an_unattended_place_stands_for_one_that_is_there() -> None:
    chinese, english = Words.load(), Words.load("en")

    assert chinese._alone is not None
    assert english._alone is not None
    assert chinese._alone.keys() == english._alone.keys()
    alone = chinese._alone.keys()
    plain = {re.sub(r"\.(phone|none)$", "", key) for key in alone} - {"help"}
    assert plain <= chinese.keys()
