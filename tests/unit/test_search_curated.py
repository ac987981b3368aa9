"""Curated words: the nearest region decides, groups that share a word are one, seeds lead where they should."""

from dataclasses import replace

import msgspec
import pytest

from content.feed.body import body_bytes, read_body
from content.search.common_names import common_names, first_words
from content.search.curated import CuratedWords, Target, curation_for, no_words
from content.search.curating import (
    BadWord,
    Part,
    add_alias,
    add_best_bet,
    add_hot,
    add_synonyms,
    count_popular,
    deny,
    remove,
)
from content.search.personal import looks_personal, may_be_a_name
from content.search.tally import TIMES, Searched, Tally

COUNTY, TOWN, VILLAGE = "519900", "519900101", "519900101203"
ITEM = Target("T000000001", "最低生活保障审核确认")
OTHER = Target("T000000002", "特困人员认定")


def test_a_village_uses_its_own_words_and_those_above_and_no_neighbours() -> None:
    county = add_best_bet(no_words(COUNTY), "低保", ITEM)
    town = add_best_bet(no_words(TOWN), "低保", OTHER)
    neighbour = add_alias(no_words("519900102"), ITEM, "邻镇的叫法")

    used = curation_for(VILLAGE, (county, neighbour, town))

    assert used.best_bets["低保"] == (OTHER.record,)
    assert used.aliases == {}
    assert used.region_chain[0] == VILLAGE


def test_the_nearest_hot_list_is_shown() -> None:
    county, town = add_hot(no_words(COUNTY), "低保"), add_hot(no_words(TOWN), "公交")

    assert curation_for(VILLAGE, (county, town)).hot == ("公交",)
    assert curation_for(COUNTY, (county, town)).hot == ("低保",)


def test_width_and_case_of_a_best_bet_do_not_matter() -> None:
    words = add_best_bet(no_words(COUNTY), "ＥＴＣ 办理", ITEM)

    assert curation_for(COUNTY, (words,)).best_bets == {"etc办理": (ITEM.record,)}


def test_groups_that_share_a_word_become_one() -> None:
    words = add_synonyms(no_words(COUNTY), ("低保", "最低生活保障"))
    words = add_synonyms(words, ("五保", "特困供养"))
    words = add_synonyms(words, ("低保", "吃低保"))

    assert words.synonyms == (("五保", "特困供养"), ("低保", "最低生活保障", "吃低保"))


@pytest.mark.parametrize("group", [("低保",), ("低保", " 低保 "), ("低保", "")])
def test_one_word_is_no_group(group: tuple[str, ...]) -> None:
    with pytest.raises(BadWord):
        add_synonyms(no_words(COUNTY), group)


def test_a_name_that_is_there_is_not_added_twice() -> None:
    words = add_alias(no_words(COUNTY), ITEM, "低保")

    for name in ("低保", "低 保", "最低生活保障审核确认"):
        with pytest.raises(BadWord):
            add_alias(words, ITEM, name)


def everything() -> CuratedWords:
    words = add_alias(no_words(COUNTY), ITEM, "低保")
    words = add_synonyms(words, ("五保", "特困供养"))
    words = add_best_bet(words, "救助", ITEM)
    return add_hot(deny(words, "上访"), "社保卡")


def test_what_was_added_can_be_taken_back_to_the_last_trace() -> None:
    words = everything()
    assert words.count == 5

    words = remove(words, Part.ALIAS, key=ITEM.record, word="低保")
    words = remove(words, Part.SYNONYM, key="五保")
    words = remove(words, Part.BEST_BET, key="救助", word=ITEM.record)
    words = remove(words, Part.DENIED, key="上访")
    words = remove(words, Part.HOT, key="社保卡")

    assert words == no_words(COUNTY)


def test_taking_back_what_is_not_there_changes_nothing() -> None:
    words = everything()

    for part in Part:
        assert remove(words, part, key="没有", word="没有") == words


def test_the_seed_has_more_than_a_hundred_groups_and_no_name_in_two() -> None:
    names = [name for group in common_names().values() for name in group]

    assert len(common_names()) > 100
    assert len(names) == len(set(names))
    assert not any(looks_personal(name) for name in names)


def test_the_seed_gives_a_name_only_where_one_item_is_meant() -> None:
    two = (Target("A", "生育登记服务"), Target("B", "失业登记"), Target("C", "工伤认定申请"))
    ambiguous = (*two, Target("D", "工伤认定变更"))

    assert {one.target.record for one in first_words(COUNTY, two).aliases} == {"A", "C"}
    assert {one.target.record for one in first_words(COUNTY, ambiguous).aliases} == {"A"}


@pytest.mark.parametrize(
    "text",
    [
        "13800000000",
        "138 0000 0000",
        "１３８００００００００",
        "身份证号512299199001011234",
        "51229919900101123X",
        "我叫某某某",
        "户主某某",
        "3组15号",
        "5栋302室",
        "abc@example.org",
        "川a12345",
    ],
)
def test_what_points_to_a_person_is_recognised(text: str) -> None:
    assert looks_personal(text)


@pytest.mark.parametrize(
    "text",
    ["国办发〔2019〕54号", "低保", "2026年高龄津贴", "80岁老人补贴", "etc办理", "12345热线"[:2]],
)
def test_words_of_everybody_are_not_called_personal(text: str) -> None:
    assert not looks_personal(text)


def test_a_rare_query_is_never_held_as_text() -> None:
    tally = Tally(b"k" * 32)
    for _ in range(TIMES - 1):
        tally.add(Searched("骆驼驯养奖励", 0))

    assert tally.is_empty
    assert "骆驼" not in repr(vars(tally))
    assert tally.drain(20261122).counts == ()


def test_from_the_third_visit_on_all_are_counted() -> None:
    tally = Tally(b"k" * 32)
    for _ in range(TIMES + 2):
        tally.add(Searched("骆驼驯养奖励", 0))

    (count,) = tally.drain(20261122).counts
    assert (count.query, count.asked, count.missed) == ("骆驼驯养奖励", 5, 5)


def test_a_published_word_is_counted_at_once_with_what_was_opened() -> None:
    tally = Tally(b"k" * 32)
    tally.add(Searched("低保", 4, is_known=True, shown=("A", "B"), tapped="B"))

    log = tally.drain(20261122)

    assert [(one.query, one.asked, one.missed) for one in log.counts] == [("低保", 1, 0)]
    assert {(one.record, one.shown, one.tapped) for one in log.taps} == {("A", 1, 0), ("B", 1, 1)}


@pytest.mark.parametrize("query", ["王小明", "张三", "我叫王五", "13800000000", "保", "长" * 31])
def test_names_and_numbers_are_not_counted_however_often(query: str) -> None:
    tally = Tally(b"k" * 32)
    for _ in range(50):
        tally.add(Searched(query, 0))

    assert tally.is_empty


def test_a_word_that_begins_like_a_name_is_counted_where_it_is_published() -> None:
    assert may_be_a_name("高龄津贴")

    tally = Tally(b"k" * 32)
    tally.add(Searched("高龄津贴", 3, is_known=True))

    assert not tally.is_empty


def test_what_was_sent_is_not_sent_again_and_a_frequent_query_stays_frequent_that_day() -> None:
    tally = Tally(b"k" * 32)
    for _ in range(TIMES):
        tally.add(Searched("骆驼驯养奖励", 0))
    tally.drain(20261122)

    tally.add(Searched("骆驼驯养奖励", 0))

    assert [one.asked for one in tally.drain(20261122).counts] == [1]
    assert tally.is_empty


def test_what_is_opened_most_is_popular_and_the_nearest_list_counts() -> None:
    county = count_popular(no_words(COUNTY), (ITEM, OTHER))
    town = count_popular(no_words(TOWN), (OTHER,))

    assert curation_for(COUNTY, (county, town)).popularity == {ITEM.record: 1.0, OTHER.record: 0.5}
    assert curation_for(VILLAGE, (county, town)).popularity == {OTHER.record: 1.0}
    assert remove(county, Part.POPULAR, key=ITEM.record).popular == (OTHER,)


def test_nothing_counted_or_nothing_new_is_said_and_changes_nothing() -> None:
    with pytest.raises(BadWord, match="还没有足够"):
        count_popular(no_words(COUNTY), ())
    with pytest.raises(BadWord, match="不必更新"):
        count_popular(count_popular(no_words(COUNTY), (ITEM,)), (ITEM,))


def test_words_signed_before_there_was_popularity_still_read() -> None:
    held = replace(no_words(COUNTY), hot=("低保",))
    fields = msgspec.json.decode(body_bytes(held))
    del fields["popular"]

    assert read_body(msgspec.json.encode(fields)) == held
