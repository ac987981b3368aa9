"""Whatever is pressed, no letter gets lost and every step can be taken back."""

from hypothesis import given
from hypothesis import strategies as st

from kiosk.input.composer import Composer
from kiosk.input.engine import Candidate

letters = st.sampled_from("abcdefghijklmnopqrstuvwxyz")
candidates = st.builds(Candidate, st.text("低保农村", min_size=1, max_size=4), st.integers(-1, 8))
acts = st.lists(letters | candidates, max_size=60)


def after(composer: Composer, act: str | Candidate) -> Composer:
    return composer.type(act) if isinstance(act, str) else composer.choose(act)


@given(acts)
def test_chosen_and_open_letters_are_all_that_was_typed(made: list[str | Candidate]) -> None:
    composer = Composer()
    for act in made:
        composer = after(composer, act)

    typed = "".join(act for act in made if isinstance(act, str))[:40]
    assert composer.letters == typed
    assert composer.letters.endswith(composer.open_letters)
    assert composer.preview == composer.chosen + composer.open_letters


@given(acts)
def test_backspace_undoes_exactly_the_last_step(made: list[str | Candidate]) -> None:
    composer = Composer()
    for act in made:
        following = after(composer, act)
        if following != composer:
            assert following.backspace() == composer
        composer = following


@given(acts)
def test_enough_backspaces_leave_nothing(made: list[str | Candidate]) -> None:
    composer = Composer()
    for act in made:
        composer = after(composer, act)

    for _ in composer.steps:
        composer = composer.backspace()

    assert composer == Composer()
