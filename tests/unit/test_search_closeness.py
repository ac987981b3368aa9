"""What a long text says in one place is what its best window holds, however the text is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.search.closeness import WINDOW, Sought, pack_text

FILLER = "其他规定"
FEW_SIGNS = st.text("甲乙丙丁戊𠀀a \n", min_size=WINDOW + 1, max_size=4 * WINDOW)
TERMS = st.dictionaries(
    st.text("甲乙丙丁戊𠀀a", min_size=1, max_size=3), st.floats(0.125, 8, width=16), max_size=9
)


def best_of(text: str, worth: dict[str, float]) -> float:
    """Say it again without any array: windows that begin every half window, each term once."""
    begins = range(0, len(text), WINDOW // 2)
    windows = [text[begin : begin + WINDOW + 1] for begin in begins]
    return max(sum(worth[term] for term in worth if term in window) for window in windows)


@given(FEW_SIGNS, TERMS)
def test_it_is_the_best_window(text: str, worth: dict[str, float]) -> None:
    basic = text.replace("𠀀", "丑")
    known = {term: value for term, value in worth.items() if len(term) == 2 and "𠀀" not in term}

    found = Sought.of(worth).in_one_place(pack_text(basic))

    assert found == pytest.approx(best_of(basic, known))


@given(FEW_SIGNS, TERMS)
def test_any_text_may_be_looked_through(text: str, worth: dict[str, float]) -> None:
    assert 0 <= Sought.of(worth).in_one_place(pack_text(text)) <= sum(worth.values())


def test_words_apart_are_worth_less_than_words_together() -> None:
    sought = Sought.of({"低保": 4.0, "材料": 2.0})
    apart = pack_text("低保" + FILLER * WINDOW + "材料")
    together = pack_text("低保材料" + FILLER * WINDOW)

    assert sought.in_one_place(apart) == 4.0
    assert sought.in_one_place(together) == 6.0


@pytest.mark.parametrize("worth", [{}, {"低": 3.0}, {"低保户": 3.0}, {"低保": 0.0}, {"𠀀低": 3.0}])
def test_without_bigrams_nothing_is_sought(worth: dict[str, float]) -> None:
    assert Sought.of(worth).in_one_place(pack_text("低保" * WINDOW)) == 0


def test_a_text_within_the_window_is_not_kept() -> None:
    assert pack_text("保" * WINDOW) == b""
    assert pack_text("保" * (WINDOW + 1)) != b""
