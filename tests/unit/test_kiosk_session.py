from hypothesis import given
from hypothesis import strategies as st

from kiosk.flows.session import Change, Phase, SessionClock, SessionSettings

SETTINGS = SessionSettings(idle_s=90, countdown_s=30)


def test_nothing_happens_while_nobody_is_there() -> None:
    clock = SessionClock(SETTINGS)

    assert clock.tick(10_000) is Change.NONE
    assert clock.phase is Phase.RESTING


def test_a_touch_begins_a_session_and_ninety_idle_seconds_ask_whether_to_go_on() -> None:
    clock = SessionClock(SETTINGS)

    assert clock.touch(0) is Change.STARTED
    assert clock.tick(89.9) is Change.NONE
    assert clock.tick(90) is Change.WARNED
    assert clock.tick(91) is Change.NONE


def test_any_touch_in_the_countdown_resumes() -> None:
    clock = SessionClock(SETTINGS)
    clock.touch(0)
    clock.tick(95)

    assert clock.touch(119.9) is Change.RESUMED
    assert clock.tick(200) is Change.NONE
    assert clock.phase is Phase.ACTIVE


def test_the_countdown_shows_whole_seconds_down_to_the_end() -> None:
    clock = SessionClock(SETTINGS)
    clock.touch(0)
    clock.tick(90)

    assert [clock.view(at).seconds_left for at in (90, 90.5, 100, 119.2, 119.999)] == [
        30,
        30,
        20,
        1,
        1,
    ]
    assert clock.tick(120) is Change.ENDED
    assert clock.view(120).seconds_left == 0


def test_a_process_that_slept_through_the_countdown_ends_at_once() -> None:
    clock = SessionClock(SETTINGS)
    clock.touch(0)

    assert clock.tick(4000) is Change.ENDED
    assert clock.phase is Phase.RESTING


def test_ending_twice_ends_once() -> None:
    clock = SessionClock(SETTINGS)
    clock.touch(0)

    assert (clock.end(), clock.end()) == (Change.ENDED, Change.NONE)


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 200)), max_size=40))
def test_no_session_outlives_its_idle_time_and_none_ends_without_a_warning_time(
    steps: list[tuple[bool, float]],
) -> None:
    clock, now, last_touch = SessionClock(SETTINGS), 0.0, None
    for is_touch, passed in steps:
        now += passed
        change = clock.tick(now)
        if change is Change.ENDED:
            assert last_touch is not None
            assert now - last_touch >= 120
            last_touch = None
        if is_touch:
            clock.touch(now)
            last_touch = now
        is_over = last_touch is not None and now - last_touch >= 120
        assert not (is_over and clock.phase is not Phase.RESTING)
