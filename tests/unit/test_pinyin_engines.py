"""The pinyin engines: what they propose, and that they remember nothing."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.input.available import open_engine
from kiosk.input.engine import EngineMissing, PinyinEngine
from kiosk.input.google import GooglePinyin
from kiosk.input.hosted import HostedPinyin
from kiosk.input.viterbi import ViterbiPinyin

PHRASES = {
    "zhengfuxinxigongkai": "政府信息公开",
    "shenqing": "申请",
    "buchang": "补偿",
    "zuidishenghuobaozhang": "最低生活保障",
    "yanglaobaoxian": "养老保险",
    "yingyezhizhao": "营业执照",
    "shipinanquan": "食品安全",
    "yiwujiaoyu": "义务教育",
    "xingzhengchufa": "行政处罚",
    "shenfenzheng": "身份证",
}


@pytest.fixture(scope="module", params=["hosted", "viterbi"])
def engine(request: pytest.FixtureRequest) -> Iterator[PinyinEngine]:
    if request.param == "viterbi":
        yield ViterbiPinyin()
        return
    try:
        hosted = HostedPinyin()
    except EngineMissing:
        pytest.skip("libgooglepinyin0 is not installed")
    yield hosted
    hosted.close()


@pytest.mark.parametrize(("letters", "text"), PHRASES.items())
def test_a_common_phrase_comes_first(engine: PinyinEngine, letters: str, text: str) -> None:
    first = engine.compose(letters).candidates[0]

    assert (first.text, first.consumed) == (text, len(letters))


def test_choosing_a_first_word_leaves_the_letters_after_it(engine: PinyinEngine) -> None:
    found = {one.text: one.consumed for one in engine.compose("nongcunweifang").candidates}

    assert found["农村"] == len("nongcun")


def test_an_unfinished_syllable_already_proposes(engine: PinyinEngine) -> None:
    assert "政府" in [one.text for one in engine.compose("zhengf").candidates[:5]]


def test_both_readings_of_xian_are_proposed(engine: PinyinEngine) -> None:
    assert "县" in [one.text for one in engine.compose("xian").candidates]


@pytest.mark.parametrize("letters", ["", "v", "i", "a" * 60, "an" * 20, "sdfghjklqwrtpzxcvbnm" * 3])
def test_mashed_keys_harm_nothing(engine: PinyinEngine, letters: str) -> None:
    for one in engine.compose(letters).candidates:
        assert 0 < one.consumed <= len(letters)

    assert engine.compose("dibao").candidates[0].consumed == len("dibao")


def test_the_same_letters_give_the_same_answer_after_much_typing(engine: PinyinEngine) -> None:
    before = engine.compose("nongcunweifanggaizao")

    for letters in ("nongcun", "weifang", "gaizao") * 3:
        engine.compose(letters)
    engine.reset()

    assert engine.compose("nongcunweifanggaizao") == before


def test_a_missing_dictionary_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineMissing, match=r"no\.dat"):
        GooglePinyin(tmp_path / "no.dat")


def test_some_engine_is_always_found() -> None:
    engine = open_engine()

    assert engine.compose("dibao").candidates
    if isinstance(engine, HostedPinyin):
        engine.close()
