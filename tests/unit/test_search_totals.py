"""What holds the word itself comes before what only means something near, where the words are sure."""

from dataclasses import replace

import numpy as np
import pytest

from content.search.match import Mode
from content.search.rank import CERTAIN, MIXES, Grounds, totals

NONE = np.zeros(3, np.float32)
GROUNDS = Grounds(
    words=np.array([6.8, 0, 0], np.float32),
    pinyin=NONE,
    related=NONE,
    meaning=NONE,
    sentence=np.array([0.83, 0.93, 0.90], np.float32),
    prior=NONE,
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
    shares = [mix.among(records).sentence / mix.sentence for records in (1, 80, 600, 1_200, 5_000)]

    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.5, 1.0)
    assert mix.among(600).meaning / mix.meaning == mix.among(600).prior / mix.prior == shares[2]
    assert mix.among(1_000_000) is mix
    assert MIXES[Mode.ITEM].among(80) is MIXES[Mode.ITEM]
