"""What holds the word itself comes before what only means something near, where the words are sure."""

from dataclasses import fields, replace

import numpy as np
import pytest

from content.search.match import Mode
from content.search.rank import CERTAIN, LONG, MIXES, Grounds, joined, totals

NONE = np.zeros(3, np.float32)
GROUNDS = Grounds(
    words=np.array([6.8, 0, 0], np.float32),
    pinyin=NONE,
    related=NONE,
    meaning=NONE,
    sentence=np.array([0.83, 0.93, 0.90], np.float32),
    prior=NONE,
    closeness=NONE,
    certainty=0.46,
)
"""As a long notice gets for one word of its title, beside two short titles of things of that kind."""


@pytest.mark.parametrize("certainty", [0.46, CERTAIN, 1.0])
def test_a_word_in_the_text_beats_nearness_alone(certainty: float) -> None:
    scores = totals(replace(GROUNDS, certainty=certainty), MIXES[Mode.ITEM])

    assert scores.argmax() == 0


def test_nearness_still_decides_where_the_words_say_little() -> None:
    grounds = replace(GROUNDS, words=np.array([1.0, 0, 0], np.float32), certainty=0.05)

    assert list(np.argsort(-totals(grounds, MIXES[Mode.ITEM]))) == [1, 2, 0]


def test_nearness_orders_what_holds_the_words_equally() -> None:
    grounds = replace(GROUNDS, words=np.full(3, 6.8, np.float32), certainty=1.0)

    assert list(np.argsort(-totals(grounds, MIXES[Mode.ITEM]))) == [1, 2, 0]


@pytest.mark.parametrize("name", ["pinyin", "related"])
def test_a_sound_or_a_synonym_is_more_than_nearness(name: str) -> None:
    by_other_ways = np.array([0, 4.0, 0], np.float32)
    grounds = replace(GROUNDS, certainty=1.0, words=NONE, **{name: by_other_ways})

    assert totals(grounds, MIXES[Mode.ITEM])[1] > 150 * (0.93 - 0.80)


def test_nearness_counts_less_where_words_can_say_less() -> None:
    mix = MIXES[Mode.QUESTION]
    among = [mix.among(records, LONG) for records in (1, 80, 600, 1_200, 5_000, 1_000_000)]
    shares = [one.sentence / mix.sentence for one in among]

    assert shares == sorted(shares)
    assert (shares[0], shares[-2], shares[-1]) == (0.5, 1.0, 1.0)
    assert among[2].meaning / mix.meaning == pytest.approx(shares[2])
    assert among[2].prior / mix.prior == pytest.approx(shares[2])
    assert MIXES[Mode.ITEM].among(80, LONG) is MIXES[Mode.ITEM]


def test_standing_together_counts_as_much_as_the_texts_are_long() -> None:
    mix = MIXES[Mode.QUESTION]
    shares = [
        mix.among(5_000, length).closeness / mix.closeness for length in (0, 140, 1_000, 4_000)
    ]

    assert shares == [0, pytest.approx(0.14), 1, 1]
    assert MIXES[Mode.ITEM].closeness == 0


def test_of_equal_words_those_that_stand_together_come_first() -> None:
    grounds = replace(
        GROUNDS,
        words=np.full(3, 6.8, np.float32),
        sentence=NONE,
        closeness=np.array([2.0, 5.0, 3.0], np.float32),
    )

    assert list(np.argsort(-totals(grounds, MIXES[Mode.QUESTION]))) == [1, 2, 0]


def test_grounds_of_more_candidates_stand_behind_those_of_the_first() -> None:
    surer = replace(GROUNDS, words=np.array([9.0, 1, 2], np.float32), certainty=0.8)

    both = joined(GROUNDS, surer)

    assert list(both.words) == [*GROUNDS.words, *surer.words]
    assert list(both.sentence) == [*GROUNDS.sentence, *surer.sentence]
    assert {len(getattr(both, one.name)) for one in fields(both) if one.name != "certainty"} == {6}
    assert joined(surer, GROUNDS).certainty == both.certainty == 0.8
