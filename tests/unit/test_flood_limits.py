"""So much at once, so much a second, then later: and one terminal's flood is nobody else's."""

from hypothesis import given
from hypothesis import strategies as st

from controller.services.limits import ALLOWANCES, MAX_PURSES, Allowance, FloodLimits, Traffic

SMALL = dict.fromkeys(Traffic, Allowance(burst=3, rate_s=0.5))


def test_a_burst_passes_then_the_wait_is_told_and_after_it_the_next_passes() -> None:
    limits = FloodLimits(SMALL)
    assert [limits.wait_s("a", Traffic.WORD, now=0) for _ in range(4)] == [0, 0, 0, 2]
    assert limits.wait_s("a", Traffic.WORD, now=1.9) == 1
    assert limits.wait_s("a", Traffic.WORD, now=2) == 0


def test_a_flood_of_one_kind_of_one_terminal_harms_no_other() -> None:
    limits = FloodLimits(SMALL)
    while not limits.wait_s("a", Traffic.ENVELOPE, now=0):
        pass

    assert limits.wait_s("a", Traffic.WORD, now=0) == 0
    assert limits.wait_s("b", Traffic.ENVELOPE, now=0) == 0


def test_a_terminal_back_after_a_month_may_bring_all_it_kept() -> None:
    limits = FloodLimits()

    assert not any(limits.wait_s("a", Traffic.ENVELOPE, now=0) for _ in range(600))


def test_strangers_cannot_make_it_remember_without_end() -> None:
    limits = FloodLimits(SMALL)
    for number in range(MAX_PURSES + 100):
        limits.wait_s(f"d{number}", Traffic.WORD, now=0)

    assert len(limits._purses) == MAX_PURSES


@given(gaps=st.lists(st.floats(0, 30), max_size=60))
def test_never_more_than_the_allowance_in_any_stretch_of_time(gaps: list[float]) -> None:
    limits, now, passed = FloodLimits(), 0.0, []
    allowed = ALLOWANCES[Traffic.PAIRING]
    for gap in gaps:
        now += gap
        if not limits.wait_s("a", Traffic.PAIRING, now=now):
            passed.append(now)

    for place, first in enumerate(passed):
        for count, last in enumerate(passed[place:], start=1):
            assert count <= allowed.burst + (last - first) * allowed.rate_s + 1e-6
