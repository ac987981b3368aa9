"""Opening hours: half-open windows that belong to the day on which they start.

A make-up workday counts as a Monday and a statutory rest day as a Sunday, so one weekly rule holds for the
whole year. The caller's `now` carries the hall's time zone; the windows are in that zone.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from content.programme.programme import OpeningHours

MONDAY, FRIDAY, SUNDAY = 1, 5, 7
HORIZON_DAYS = 60
"""How far ahead a change is looked for; the longest statutory holiday has nine days."""


class Calendar(Protocol):
    """Knows which days are worked, by the State Council's yearly notice."""

    def is_workday(self, day: date) -> bool:
        """Say whether offices work on this day."""
        ...


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open span [opens, closes); `day` is the day whose rule it follows."""

    day: date
    opens: datetime
    closes: datetime


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether a hall is open.

    Attributes:
        is_open: open at the asked moment.
        until: when that changes, None if not within the horizon.
        day: the day whose rule decided; the start day for a window past midnight.
    """

    is_open: bool
    until: datetime | None
    day: date


def acting_weekday(day: date, calendar: Calendar) -> int:
    """Return the ISO weekday that this day is treated as."""
    weekday = day.isoweekday()
    if calendar.is_workday(day):
        return weekday if weekday <= FRIDAY else MONDAY
    return weekday if weekday > FRIDAY else SUNDAY


def opening_at(hours: tuple[OpeningHours, ...], *, calendar: Calendar, now: datetime) -> Opening:
    """Say whether a hall with these hours is open now, and until when it stays so."""
    if not hours:
        return Opening(is_open=True, until=None, day=now.date())
    windows = windows_from(hours, calendar=calendar, now=now)
    first = next(windows, None)
    if first is None:
        return Opening(is_open=False, until=None, day=now.date())
    if first.opens > now:
        return Opening(is_open=False, until=first.opens, day=now.date())
    return Opening(is_open=True, until=_last_close(first, windows, now), day=first.day)


def windows_from(
    hours: tuple[OpeningHours, ...], *, calendar: Calendar, now: datetime
) -> Iterator[Window]:
    """Yield the windows that end after now, in order of opening, up to the horizon."""
    yesterday = now.date() - timedelta(days=1)
    for offset in range(HORIZON_DAYS + 1):
        day = yesterday + timedelta(days=offset)
        weekday = acting_weekday(day, calendar)
        today = [_window(rule, day, now) for rule in hours if weekday in rule.weekdays]
        yield from sorted((one for one in today if one.closes > now), key=lambda one: one.opens)


def _window(rule: OpeningHours, day: date, now: datetime) -> Window:
    ends = day if rule.closes > rule.opens else day + timedelta(days=1)
    return Window(
        day,
        datetime.combine(day, rule.opens, now.tzinfo),
        datetime.combine(ends, rule.closes, now.tzinfo),
    )


def _last_close(first: Window, later: Iterator[Window], now: datetime) -> datetime | None:
    """Return the end of the windows that touch or overlap; None if they run past the horizon."""
    closes = first.closes
    for window in later:
        if window.opens > closes:
            return closes
        closes = max(closes, window.closes)
    return closes if closes < now + timedelta(days=HORIZON_DAYS - 2) else None
