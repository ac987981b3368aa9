"""The gate of the night: a model passes only if no judged set falls, and only if one gains."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.learning.gate import Outcome, Question, Score, score, verdict
from controller.services.nights import clear_answers
from controller.store.searches import TapCount

SCORES = st.dictionaries(
    st.sampled_from(("staff", "opened", "titles", "sentences")),
    st.builds(Score, st.floats(0, 1).map(lambda x: round(x, 3)), st.integers(1, 50)),
    min_size=1,
)


@given(SCORES, SCORES)
def test_nothing_that_makes_a_judged_set_fall_is_ever_published(
    before: dict[str, Score], after: dict[str, Score]
) -> None:
    fell = any(
        name not in after or after[name].mrr < one.mrr - 1e-6 for name, one in before.items()
    )

    assert (verdict(before, after) is Outcome.REFUSED) == fell


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        ({"staff": Score(0.5, 4)}, {"staff": Score(0.6, 4)}, Outcome.PUBLISHED),
        ({"staff": Score(0.5, 4)}, {"staff": Score(0.5, 4)}, Outcome.UNCHANGED),
        (
            {"staff": Score(0.5, 4), "titles": Score(0.9, 9)},
            {"staff": Score(0.9, 4), "titles": Score(0.89, 9)},
            Outcome.REFUSED,
        ),
        ({"staff": Score(0.0, 0)}, {"staff": Score(0.0, 0)}, Outcome.TOO_LITTLE),
        ({}, {}, Outcome.TOO_LITTLE),
    ],
)
def test_what_becomes_of_a_model(
    before: dict[str, Score], after: dict[str, Score], outcome: Outcome
) -> None:
    assert verdict(before, after) is outcome


def test_the_score_is_the_mean_reciprocal_rank_within_ten() -> None:
    questions = [Question("甲", ("A",)), Question("乙", ("B", "C")), Question("丙", ("D",))]
    ranked = [["A", "B"], ["X", "C", "B"], [*"0123456789", "D"]]

    assert score(questions, ranked) == Score(0.5, 3)


def test_only_what_is_opened_again_and_again_for_a_query_is_an_answer() -> None:
    taps = (
        TapCount("低保", "A", 20, 9),
        TapCount("低保", "B", 20, 2),
        TapCount("公交", "C", 9, 2),
        TapCount("户口", "D", 9, 3),
        TapCount("户口", "E", 9, 3),
        TapCount("养老", "F", 9, 3),
        TapCount("养老", "G", 9, 4),
    )

    assert clear_answers(taps) == [
        Question("低保", ("A",)),
        Question("户口", ("D", "E")),
        Question("养老", ("G",)),
    ]
