"""The pages' words: both languages complete, nothing Chinese outside the locale files, no unknown key or icon."""

import json
import re
from pathlib import Path

import pytest

from controller.desk import pages as desk
from controller.desk.icons import Icons
from controller.desk.texts import Texts
from controller.phone import pages as phone

HAN = re.compile(r"[\u3400-\u9fff]")
CALL = re.compile(r"""\bt\("([a-z0-9_.]+)"(?!\s*~)""")
SPOKEN = re.compile(r"""\bsay\(\s*request,\s*"([a-z0-9_.]+)\"""")
DRAWN = re.compile(r"""\bicon\("([a-z0-9-]+)"\)""")
BLANK = re.compile(r"{(\w+)}")

HOUSES = pytest.mark.parametrize("house", [desk.HERE, phone.HERE], ids=["desk", "phone"])


def words(house: Path, name: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((house / "locale" / f"{name}.json").read_text("utf-8"))
    return found


def templates(house: Path) -> list[Path]:
    return sorted((house / "templates").glob("*.html"))


@HOUSES
def test_both_languages_have_the_same_keys(house: Path) -> None:
    assert words(house, "zh_CN").keys() == words(house, "en").keys()


@HOUSES
def test_both_languages_leave_the_same_blanks(house: Path) -> None:
    chinese, english = words(house, "zh_CN"), words(house, "en")

    differing = [
        key
        for key in chinese
        if set(BLANK.findall(chinese[key])) != set(BLANK.findall(english[key]))
    ]

    assert differing == []


@HOUSES
def test_no_sentence_is_empty(house: Path) -> None:
    for name in ("zh_CN", "en"):
        assert [key for key, text in words(house, name).items() if not text.strip()] == []


@HOUSES
def test_every_chinese_sentence_of_a_page_stands_in_a_locale_file(house: Path) -> None:
    code = [*templates(house), *house.glob("*.py"), *(house / "static").glob("*.js")]

    # Dates are written in Chinese by code: 年, 月 and 日 are their separators.
    found = {
        path.name: HAN.findall(re.sub("[年月日]", "", path.read_text("utf-8"))) for path in code
    }

    assert {name: han for name, han in found.items() if han} == {}


@HOUSES
def test_every_key_that_a_page_names_is_in_the_locale_files(house: Path) -> None:
    known = words(house, "zh_CN")
    named = {
        key
        for path in [*templates(house), *house.glob("*.py")]
        for pattern in (CALL, SPOKEN)
        for key in pattern.findall(path.read_text("utf-8"))
    }

    assert named - known.keys() == set()


@HOUSES
def test_every_icon_that_a_template_names_is_drawn(house: Path) -> None:
    icons = Icons(desk.STATIC / "vendor" / "lucide-nodes.json")
    named = {name for path in templates(house) for name in DRAWN.findall(path.read_text("utf-8"))}

    assert [name for name in named if not icons.svg(name).startswith("<svg")] == []


def test_english_falls_back_to_chinese_rather_than_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "zh_CN.json").write_text('{"hello": "您好，{name}"}', "utf-8")
    (tmp_path / "en.json").write_text("{}", "utf-8")

    assert Texts(tmp_path).say("en", "hello", {"name": "甲"}) == "您好，甲"


def test_no_page_carries_a_script_or_a_style_of_its_own() -> None:
    for path in templates(desk.HERE) + templates(phone.HERE):
        text = path.read_text("utf-8")
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", text), path.name


def test_the_scripts_say_only_what_the_locale_says() -> None:
    spoken = set(
        re.findall(r'(?:say\("\w+", |Stop\()"([a-z_]+)"', (desk.STATIC / "signing.js").read_text())
    )

    assert spoken <= set(desk.SIGNING_WORDS)
