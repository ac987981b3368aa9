"""Guessing is slowed down; who is right is let in, and a flood of names does not fill the memory."""

from controller.auth.attempts import MAX_SUBJECTS, Attempts
from tests.support.zone import TestClock


def test_after_the_limit_one_waits_until_the_first_miss_is_old() -> None:
    clock = TestClock()
    attempts = Attempts(clock=clock, limit=3, window_s=60)
    for _ in range(3):
        assert attempts.wait_s("somebody") == 0
        attempts.miss("somebody")
        clock.forward(seconds=10)

    assert attempts.wait_s("somebody") == 30
    clock.forward(seconds=30)
    assert attempts.wait_s("somebody") == 0


def test_others_do_not_wait() -> None:
    attempts = Attempts(clock=TestClock(), limit=1, window_s=60)
    attempts.miss("one")

    assert (attempts.wait_s("one"), attempts.wait_s("two")) == (60, 0)


def test_success_forgives() -> None:
    attempts = Attempts(clock=TestClock(), limit=1, window_s=60)
    attempts.miss("one")
    attempts.forgive("one")

    assert attempts.wait_s("one") == 0


def test_a_flood_of_subjects_forgets_the_oldest_only() -> None:
    attempts = Attempts(clock=TestClock(), limit=1, window_s=60)
    for number in range(MAX_SUBJECTS + 1):
        attempts.miss(number)

    assert attempts.wait_s(0) == 0
    assert attempts.wait_s(1) == 60
