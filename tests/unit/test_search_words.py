"""What a query says beside its own words: everyday words, look-alikes, and the order that follows."""

import numpy as np
import pytest

from content.search.asking import Asked
from content.search.bags import rarest
from content.search.common_names import common_names
from content.search.everyday import EVERYDAY, official_names, read_matters, spoken_words
from content.search.match import Mode, read_query
from content.search.rank import CERTAIN, MIXES, Grounds, totals, worth_showing
from content.search.request import UNCURATED, Curation
from content.search.shapes import ALIKE, look_alikes
from content.search.vectors import SIFTED, CloudMaker, to_code, units
from content.search.wording import Wording


def asked(text: str, curation: Curation = UNCURATED) -> Asked:
    query = read_query(text)
    assert query is not None
    return Asked.of(query, Wording.of(curation))


def test_spoken_words_bring_official_ones_and_never_the_other_way_round() -> None:
    assert "最低" in asked("吃低保怎么办").related
    assert asked("最低生活保障").related == ()


def test_curated_synonyms_join_the_common_ones() -> None:
    found = asked("低保", Curation(synonyms=(("低保", "困难户补贴"),)))

    assert {"困难", "最低"} <= set(found.related)


def test_no_word_leads_to_itself() -> None:
    assert [word for word, meant in EVERYDAY.items() if word in meant] == []
    assert [sign for sign, others in ALIKE.items() if sign in others or not others] == []


def test_a_slip_of_the_hand_is_mended_only_where_nothing_holds_what_was_written() -> None:
    held = {"危房": 3, "改造": 3, "末来": 1}

    mended = asked("厄房改造").corrected(lambda term: held.get(term, 0))
    as_written = asked("末来").corrected(lambda term: held.get(term, 0))

    assert mended.alike == ("危房",)
    assert as_written.alike == ()


def test_look_alikes_change_one_character() -> None:
    assert set(look_alikes("未来")) == {"末来"}


@pytest.mark.parametrize("text", ["", "？", "   ", "。，、"])
def test_nothing_to_search_for_is_no_query(text: str) -> None:
    assert read_query(text) is None


def test_meaning_counts_less_the_surer_the_words_are() -> None:
    def second(certainty: float) -> float:
        none = np.zeros(2, np.float32)
        meaning = np.array([0, 40], np.float32)
        words = np.array([10, 0], np.float32)
        grounds = Grounds(words, none, none, meaning, none, none, none, certainty)
        return float(np.diff(totals(grounds, MIXES[Mode.QUESTION]))[0])

    assert second(0.0) > second(CERTAIN / 2) > second(CERTAIN)


def test_the_nearest_of_many_are_found_by_their_sign_bits() -> None:
    drawn = np.random.default_rng(3).standard_normal((SIFTED * 3, 128)).astype(np.float32) + 0.5
    codes = np.stack([np.frombuffer(to_code(one), np.int8) for one in drawn])
    rows = np.arange(len(drawn)) + 10
    maker = CloudMaker(128)
    for part in (slice(0, 1000), slice(1000, None)):
        maker.weigh(codes[part])
    for part in (slice(0, 1000), slice(1000, None)):
        maker.take(rows[part], codes[part])
    question = drawn[7] / np.linalg.norm(drawn[7])

    sifted = maker.made().sifted(question)
    cosines = units(codes[sifted - 10]) @ question

    assert len(sifted) == SIFTED
    assert sifted[cosines.argmax()] == 17
    assert cosines.max() == pytest.approx(1.0, abs=0.01)


def test_of_many_with_as_many_signs_in_common_only_so_many_are_measured() -> None:
    same = np.ones((SIFTED * 2, 64), np.int8)
    same[::2] = -1
    maker = CloudMaker(64)
    maker.weigh(same)
    maker.take(np.arange(len(same)), same)

    sifted = maker.made().sifted(np.full(64, 0.125, np.float32))

    assert len(sifted) == SIFTED
    assert set(sifted % 2) == {1}


def test_where_the_words_are_certain_a_question_is_not_read_for_its_meaning() -> None:
    mix = MIXES[Mode.QUESTION]

    assert mix.heeds_meaning(CERTAIN - 0.01)
    assert not mix.heeds_meaning(CERTAIN)
    assert MIXES[Mode.ITEM].heeds_meaning(1.0)


def test_names_and_hints_have_one_source_and_only_names_are_published() -> None:
    matters = read_matters(
        "低保 吃低保 | 穷 → 最低生活保障 生活保障\n| 没力气 → 残疾人\n低保户 → 最低生活保障"
    )

    assert official_names(matters) == {"最低生活保障": ("低保", "吃低保", "低保户")}
    assert spoken_words(matters)["穷"] == ("最低生活保障", "生活保障")
    assert spoken_words(matters)["低保户"] == ("最低生活保障",)
    assert spoken_words(matters)["没力气"] == ("残疾人",)


def test_every_everyday_name_leads_to_its_official_phrase_and_stands_under_one() -> None:
    names = [name for held in common_names().values() for name in held]

    assert len(names) == len(set(names))
    for phrase, held in common_names().items():
        assert all(phrase in EVERYDAY[name] for name in held)


@pytest.mark.parametrize(
    ("scores", "shown"),
    [
        ([60.0] * 15 + [22.0] * 40 + [9.0] * 60, 55),
        ([60.0] + [9.0] * 60, 10),
        ([60.0, 9.0], 2),
        ([], 0),
    ],
    ids=["a tail", "one good hit", "few", "none"],
)
def test_hits_far_behind_the_best_do_not_fill_pages(scores: list[float], shown: int) -> None:
    assert worth_showing(np.array(scores, np.float32)) == shown


def test_of_common_terms_only_so_many_are_asked_for_as_can_be_ranked_in_time() -> None:
    held = {"甲乙": 9_000, "乙丙": 14_000, "丙丁": 30_000}

    assert rarest(held, held, most=12, postings=12_000) == ("甲乙", "乙丙")
    assert rarest(["丙丁", "乙丙"], held, most=12, postings=12_000) == ("乙丙",)
    assert rarest(["丙丁"], held, most=12, postings=12_000) == ("丙丁",)


def test_rare_terms_are_asked_for_as_long_as_their_lists_are_short() -> None:
    held = {"甲": 1, "乙": 2, "丙": 7, "丁": 12_000, "戊": 0}

    assert rarest(held, held, most=12, postings=12_000) == ("甲", "乙", "丙")
    assert rarest(held, held, most=2, postings=12_000) == ("甲", "乙")
