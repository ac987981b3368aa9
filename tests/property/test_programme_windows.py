"""Whatever is scheduled, something plays; and the windows agree with a second, dull implementation."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from content.programme.builtin import faults_of
from content.programme.evaluate import evaluate
from content.programme.opening import opening_at
from content.programme.programme import OpeningHours, Programme, Region, Source

CHINA = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class OddCalendar:
    """Turns some days around: a rest day on a weekday, a worked weekend."""

    turned: frozenset[int]

    def is_workday(self, day: date) -> bool:
        return (day.isoweekday() <= 5) != (day.toordinal() % 17 in self.turned)


calendars = st.frozensets(st.integers(0, 16), max_size=6).map(OddCalendar)
clock_times = st.builds(time, st.integers(0, 23), st.sampled_from((0, 30)))
any_weekdays = st.lists(st.integers(-1, 9), max_size=8).map(tuple)
good_weekdays = st.lists(st.integers(1, 7), min_size=1, max_size=7).map(tuple)
good_hours = st.lists(st.builds(OpeningHours, good_weekdays, clock_times, clock_times), max_size=4)
percent = st.integers(-20, 130)
any_region = st.builds(
    Region,
    st.text(max_size=3),
    percent,
    percent,
    percent,
    percent,
    st.sampled_from(Source),
    st.integers(-5, 700),
    st.integers(-2, 20),
)
any_programme = st.builds(
    Programme,
    st.just("P000000001"),
    st.text(max_size=5),
    st.just("512299"),
    st.lists(st.builds(OpeningHours, any_weekdays, clock_times, clock_times), max_size=4).map(
        tuple
    ),
    st.lists(any_region, max_size=4).map(tuple),
    st.lists(st.text(max_size=10), max_size=3).map(tuple),
    st.text(max_size=5),
)
START = datetime(2024, 1, 1, tzinfo=CHINA)
moments = st.integers(0, 7 * 365 * 1440).map(lambda minutes: START + timedelta(minutes=minutes))


@given(st.none() | any_programme, calendars, moments)
def test_something_plays_at_any_moment_of_any_programme(
    programme: Programme | None, calendar: OddCalendar, now: datetime
) -> None:
    showing = evaluate(programme, calendar=calendar, now=now, documents=[], region="512299")

    assert showing.regions
    assert all(region.items for region in showing.regions)
    assert faults_of(showing.programme) == ()
    assert showing.until is None or showing.until > now


def dull_is_open(hours: list[OpeningHours], calendar: OddCalendar, now: datetime) -> bool:
    """Ask each rule of the last two days by minutes since midnight."""
    for back in (0, 1):
        day = now.date() - timedelta(days=back)
        weekday = day.isoweekday()
        if calendar.is_workday(day) and weekday > 5:
            weekday = 1
        elif not calendar.is_workday(day) and weekday < 6:
            weekday = 7
        minute = now.hour * 60 + now.minute + back * 1440
        for rule in hours:
            opens = rule.opens.hour * 60 + rule.opens.minute
            closes = rule.closes.hour * 60 + rule.closes.minute
            closes += 1440 if closes <= opens else 0
            if weekday in rule.weekdays and opens <= minute < closes:
                return True
    return False


@given(good_hours, calendars, moments)
def test_open_agrees_with_a_dull_second_implementation(
    hours: list[OpeningHours], calendar: OddCalendar, now: datetime
) -> None:
    expected = not hours or dull_is_open(hours, calendar, now)

    assert opening_at(tuple(hours), calendar=calendar, now=now).is_open is expected


@given(good_hours.filter(bool), calendars, moments)
def test_nothing_changes_before_until_and_it_does_change_then(
    hours: list[OpeningHours], calendar: OddCalendar, now: datetime
) -> None:
    opening = opening_at(tuple(hours), calendar=calendar, now=now)
    if opening.until is None:
        return

    last_moment = opening.until - timedelta(microseconds=1)
    assert opening_at(tuple(hours), calendar=calendar, now=last_moment).is_open is opening.is_open
    then = opening_at(tuple(hours), calendar=calendar, now=opening.until)
    assert then.is_open is not opening.is_open
    between = now + (opening.until - now) / 2
    assert opening_at(tuple(hours), calendar=calendar, now=between).until == opening.until
