"""Working days with make-up workdays: the vectors of the State Council's notices for 2025 and 2026."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.workdays import WorkCalendar, china_calendar

_CALENDAR = china_calendar()
_VECTORS = [
    (date(2025, 1, 13), 7, date(2025, 1, 22)),
    (date(2025, 1, 13), 15, date(2025, 2, 8)),
    (date(2025, 1, 13), 20, date(2025, 2, 14)),
    (date(2025, 1, 13), 40, date(2025, 3, 14)),
    (date(2025, 9, 15), 7, date(2025, 9, 24)),
    (date(2025, 9, 15), 15, date(2025, 10, 11)),
    (date(2025, 9, 15), 20, date(2025, 10, 17)),
    (date(2025, 9, 15), 40, date(2025, 11, 14)),
    (date(2026, 2, 10), 7, date(2026, 2, 26)),
    (date(2026, 2, 10), 15, date(2026, 3, 9)),
    (date(2026, 2, 10), 20, date(2026, 3, 16)),
    (date(2026, 2, 10), 40, date(2026, 4, 14)),
    (date(2026, 9, 10), 7, date(2026, 9, 20)),
    (date(2026, 9, 10), 15, date(2026, 10, 8)),
    (date(2026, 9, 10), 20, date(2026, 10, 14)),
    (date(2026, 9, 10), 40, date(2026, 11, 11)),
]
_NAIVE_20 = {
    date(2025, 1, 13): date(2025, 2, 18),
    date(2025, 9, 15): date(2025, 10, 21),
    date(2026, 2, 10): date(2026, 3, 18),
    date(2026, 9, 10): date(2026, 10, 16),
}


@pytest.mark.parametrize(("received", "count", "expected"), _VECTORS)
def test_a_term_counts_make_up_workdays_and_skips_holidays(
    received: date, count: int, expected: date
) -> None:
    counted = _CALENDAR.add_workdays(received, count)

    assert counted.day == expected
    assert counted.provisional is False


@pytest.mark.parametrize(("received", "naive"), _NAIVE_20.items())
def test_a_calendar_without_working_saturdays_would_be_late(received: date, naive: date) -> None:
    holidays_only = {day: worked for day, worked in _CALENDAR.exceptions.items() if not worked}
    without = WorkCalendar(holidays_only, _CALENDAR.published_years)

    assert without.add_workdays(received, 20).day == naive
    assert _CALENDAR.add_workdays(received, 20).day < naive


def test_make_up_workdays_of_2026_are_worked_and_holidays_are_not() -> None:
    worked = [
        date(2026, 1, 4),
        date(2026, 2, 14),
        date(2026, 2, 28),
        date(2026, 5, 9),
        date(2026, 9, 20),
    ]

    assert all(_CALENDAR.is_workday(day) for day in [*worked, date(2026, 10, 10)])
    assert not any(_CALENDAR.is_workday(date(2026, 10, day)) for day in range(1, 8))


def test_a_term_that_enters_an_unpublished_year_is_provisional() -> None:
    assert _CALENDAR.add_workdays(date(2026, 12, 1), 20).provisional is False
    assert _CALENDAR.add_workdays(date(2026, 12, 10), 20).provisional is True
    assert _CALENDAR.add_workdays(date(2027, 1, 4), 1).provisional is True


def test_an_imported_notice_makes_the_term_final_and_moves_it() -> None:
    before = _CALENDAR.add_workdays(date(2026, 12, 10), 20)
    notice = {**_CALENDAR.exceptions, date(2027, 1, 1): False}
    after = WorkCalendar(notice, _CALENDAR.published_years | {2027}).add_workdays(
        date(2026, 12, 10), 20
    )

    assert after.provisional is False
    assert after.day > before.day


@pytest.mark.parametrize("count", [-1, 2001])
def test_a_senseless_term_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="cannot be counted"):
        _CALENDAR.add_workdays(date(2026, 1, 5), count)


@given(st.dates(date(2010, 1, 1), date(2026, 6, 1)), st.integers(0, 60))
def test_counting_there_and_between_agree(start: date, count: int) -> None:
    end = _CALENDAR.add_workdays(start, count).day

    assert _CALENDAR.workdays_between(start, end) == count
    assert _CALENDAR.workdays_between(end, start) == -count
    assert count == 0 or _CALENDAR.is_workday(end)


@given(st.dates(date(2020, 1, 1), date(2026, 6, 1)), st.integers(1, 40), st.integers(1, 60))
def test_one_more_holiday_never_makes_a_term_shorter(start: date, count: int, ahead: int) -> None:
    holiday = {**_CALENDAR.exceptions, start + timedelta(days=ahead): False}
    more = WorkCalendar(holiday, _CALENDAR.published_years)

    assert more.add_workdays(start, count).day >= _CALENDAR.add_workdays(start, count).day
