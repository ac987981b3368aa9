"""The evaluator's promises, one by one."""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from content.disclosure.classes import DisclosureClass
from content.disclosure.record import DisclosureRecord
from content.programme.builtin import BUILT_IN, default_programme, faults_of
from content.programme.evaluate import ItemKind, Rule, Showing, choose_programme, evaluate
from content.programme.programme import OpeningHours, Programme, Region, Source

CHINA = ZoneInfo("Asia/Shanghai")
WORKDAYS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class FakeCalendar:
    rest: frozenset[date] = frozenset()
    made_up: frozenset[date] = frozenset()

    def is_workday(self, day: date) -> bool:
        return day in self.made_up or (day.isoweekday() <= 5 and day not in self.rest)


def document(number: int, title: str = "") -> DisclosureRecord:
    return DisclosureRecord(
        id=f"D{number:09d}",
        title=title or f"关于第{number}号事项的通知",
        document_number="",
        issuing_body="",
        written_on=None,
        published_on=date(2026, 11, 1),
        disclosure_class=DisclosureClass.PROACTIVE,
        region="512299",
        domain="",
        blocks=(),
    )


def programme(*hours: OpeningHours) -> Programme:
    return replace(default_programme("512299"), id="PROGRAMME1", hours=hours)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def shown(
    playing: Programme | None,
    moment: str,
    calendar: FakeCalendar = FakeCalendar(),
    documents: int = 3,
) -> Showing:
    papers = [document(n) for n in range(documents)]
    return evaluate(playing, calendar=calendar, now=at(moment), documents=papers, region="512299")


MORNING = OpeningHours(WORKDAYS, time(8, 30), time(12, 0))
AFTERNOON = OpeningHours(WORKDAYS, time(14, 0), time(17, 30))


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-23 08:29:59.999999", False),
        ("2026-11-23 08:30", True),
        ("2026-11-23 11:59:59.999999", True),
        ("2026-11-23 12:00", False),
        ("2026-11-22 10:00", False),
    ],
)
def test_a_window_holds_its_first_moment_and_not_its_last(moment: str, *, is_open: bool) -> None:
    assert shown(programme(MORNING, AFTERNOON), moment).is_open is is_open


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        ("2026-11-23 10:00", "2026-11-23 12:00"),
        ("2026-11-23 12:30", "2026-11-23 14:00"),
        ("2026-11-20 18:00", "2026-11-23 08:30"),
    ],
)
def test_until_is_the_moment_at_which_the_doors_change(moment: str, until: str) -> None:
    assert shown(programme(MORNING, AFTERNOON), moment).until == at(until)


def test_a_make_up_saturday_is_open_like_a_monday() -> None:
    calendar = FakeCalendar(made_up=frozenset({date(2026, 10, 10)}))

    assert shown(programme(MORNING), "2026-10-10 09:00", calendar).is_open
    assert not shown(programme(MORNING), "2026-10-11 09:00", calendar).is_open


def test_a_statutory_rest_day_is_closed_and_names_the_day_after_the_holiday() -> None:
    holiday = frozenset(date(2026, 10, day) for day in range(1, 9))

    result = shown(programme(MORNING), "2026-10-01 09:00", FakeCalendar(rest=holiday))

    assert not result.is_open
    assert result.until == at("2026-10-09 08:30")


def test_sunday_hours_hold_on_a_statutory_rest_day() -> None:
    sundays = OpeningHours((7,), time(9), time(11))
    calendar = FakeCalendar(rest=frozenset({date(2026, 10, 1)}))

    assert shown(programme(sundays), "2026-10-01 10:00", calendar).is_open


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-27 21:59", False),
        ("2026-11-27 22:00", True),
        ("2026-11-28 05:59", True),
        ("2026-11-28 06:00", False),
        ("2026-11-28 23:00", False),
        ("2026-11-23 03:00", False),
    ],
)
def test_a_night_window_belongs_to_the_day_on_which_it_starts(
    moment: str, *, is_open: bool
) -> None:
    night = OpeningHours(WORKDAYS, time(22), time(6))

    assert shown(programme(night), moment).is_open is is_open


def test_the_night_before_a_holiday_runs_into_the_holiday() -> None:
    night = OpeningHours(WORKDAYS, time(22), time(6))
    calendar = FakeCalendar(rest=frozenset({date(2026, 10, 1), date(2026, 10, 2)}))

    assert shown(programme(night), "2026-10-01 03:00", calendar).is_open
    assert not shown(programme(night), "2026-10-01 22:30", calendar).is_open


def test_the_night_before_a_holiday_is_explained_by_its_start_day() -> None:
    night = OpeningHours(WORKDAYS, time(22), time(6))

    reasons = shown(programme(night), "2026-11-28 03:00").reasons

    assert (Rule.WITHIN_HOURS, "2026-11-27") in {(one.rule, one.detail) for one in reasons}


def test_touching_windows_are_one_opening() -> None:
    late = OpeningHours(WORKDAYS, time(12), time(14))

    assert shown(programme(MORNING, late, AFTERNOON), "2026-11-23 09:00").until == at(
        "2026-11-23 17:30"
    )


def test_equal_times_mean_the_whole_day_and_every_day_has_no_end() -> None:
    always = OpeningHours((1, 2, 3, 4, 5, 6, 7), time(0), time(0))

    result = shown(programme(always), "2026-11-23 00:00")

    assert result.is_open
    assert result.until is None


def test_closed_hours_show_the_closed_item_alone() -> None:
    result = shown(programme(MORNING), "2026-11-22 10:00")

    assert [one.items[0].kind for one in result.regions] == [ItemKind.CLOSED]


def test_no_programme_plays_the_built_in_one() -> None:
    result = shown(None, "2026-11-22 03:00")

    assert result.programme.id == BUILT_IN
    assert result.is_open
    assert result.reasons[0].rule is Rule.NONE_PUBLISHED


def test_no_documents_leave_no_region_empty() -> None:
    result = shown(None, "2026-11-22 03:00", documents=0)

    assert [one.items[0].kind for one in result.regions] == [ItemKind.WELCOME, ItemKind.LIST]
    assert result.reasons[-1].rule is Rule.NO_DOCUMENTS


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"regions": ()}, "no_regions"),
        ({"regions": (Region("a", 50, 0, 51, 10, Source.CLOCK),)}, "off_screen:a"),
        ({"regions": (Region("a", 0, 0, 0, 10, Source.CLOCK),)}, "off_screen:a"),
        ({"regions": (Region("a", 0, 0, 9, 9, Source.CLOCK, item_seconds=0),)}, "item_seconds:a"),
        ({"regions": (Region("a", 0, 0, 9, 9, Source.CLOCK, count=0),)}, "count:a"),
        (
            {
                "regions": (
                    Region("a", 0, 0, 60, 60, Source.CLOCK),
                    Region("b", 50, 50, 50, 50, Source.CLOCK),
                )
            },
            "overlap:a:b",
        ),
        ({"hours": (OpeningHours((), time(8), time(9)),)}, "weekdays"),
        ({"hours": (OpeningHours((0, 8), time(8), time(9)),)}, "weekdays"),
        ({"hours": (OpeningHours((1,), time(8, tzinfo=CHINA), time(9)),)}, "zoned_time"),
    ],
)
def test_a_malformed_programme_gives_way_to_the_built_in_one(
    change: dict[str, tuple[Region, ...]], fault: str
) -> None:
    broken = replace(programme(MORNING), **change)  # type: ignore[arg-type]

    result = shown(broken, "2026-11-22 03:00")

    assert fault in faults_of(broken)
    assert result.programme.id == BUILT_IN
    assert result.is_open
    assert (result.reasons[0].rule, result.reasons[0].subject) == (Rule.MALFORMED, "PROGRAMME1")


def test_the_default_programme_is_well_formed() -> None:
    assert faults_of(default_programme("512299")) == ()


def test_the_ticker_falls_back_to_the_newest_titles() -> None:
    assert shown(programme(), "2026-11-22 03:00", documents=2).ticker == (
        "关于第0号事项的通知",
        "关于第1号事项的通知",
    )
    own = replace(programme(), ticker=("请自觉排队", "  "))
    assert shown(own, "2026-11-22 03:00").ticker == ("请自觉排队",)


def test_the_nearest_division_wins_and_each_loser_is_told_why() -> None:
    county = replace(programme(), id="COUNTY0001", region="512299")
    older = replace(county, id="COUNTY0000")
    town = replace(programme(), id="TOWN000001", region="512299101")
    foreign = replace(programme(), id="FOREIGN001", region="110101")

    winner, reasons = choose_programme([county, older, foreign, town], region="512299101001")

    assert winner == town
    assert {(one.rule, one.subject) for one in reasons} == {
        (Rule.OTHER_REGION, "FOREIGN001"),
        (Rule.FARTHER_REGION, "COUNTY0001"),
        (Rule.FARTHER_REGION, "COUNTY0000"),
    }
    assert choose_programme([county, older], region="512299")[1][0].rule is Rule.OLDER
    assert choose_programme([foreign], region="512299")[0] is None


def test_the_hours_are_those_of_the_clock_that_asks() -> None:
    utc = at("2026-11-23 08:30").astimezone(ZoneInfo("UTC"))

    here = evaluate(
        programme(MORNING), calendar=FakeCalendar(), now=utc.astimezone(CHINA), documents=[]
    )

    assert here.is_open
    assert here.until == utc + timedelta(hours=3, minutes=30)
