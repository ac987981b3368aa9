"""Count working days 工作日: weekdays, less public holidays, plus make-up workdays 调休上班.

The State Council publishes each year's holidays the autumn before. Terms of the regulations count working days
from the day after (政府信息公开条例, articles 30 to 34; day 1 is the next working day). A term that runs into a
year without a published notice is provisional: it is counted on plain weekdays and must be counted again.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

_SATURDAY = 5
_LONGEST_TERM = 2000


@dataclass(frozen=True, slots=True)
class Counted:
    """A day that was counted out.

    Attributes:
        day: the day.
        provisional: it passes through a year whose holidays are not published.
    """

    day: date
    provisional: bool


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """Which days are worked.

    Attributes:
        exceptions: days that differ from plain weekdays or are named in a notice; True is a working day.
        published_years: years whose notice is in the data.
    """

    exceptions: Mapping[date, bool]
    published_years: frozenset[int]

    def is_workday(self, day: date) -> bool:
        """Tell whether the day is worked; a weekday is, where no notice says otherwise."""
        return self.exceptions.get(day, day.weekday() < _SATURDAY)

    def is_published(self, day: date) -> bool:
        """Tell whether the notice for the day's year is in the data."""
        return day.year in self.published_years

    def add_workdays(self, day: date, count: int) -> Counted:
        """Return the working day that is `count` working days after the day, which itself does not count.

        Args:
            day: the day that starts the term.
            count: 0 to 2000 working days; 0 is the day itself.

        Raises:
            ValueError: the count is outside of that.
        """
        if not 0 <= count <= _LONGEST_TERM:
            raise ValueError(f"a term of {count} working days cannot be counted")
        current, left = day, count
        provisional = not self.is_published(day)
        while left:
            current += timedelta(days=1)
            left -= self.is_workday(current)
            provisional = provisional or not self.is_published(current)
        return Counted(current, provisional)

    def workdays_between(self, start: date, end: date) -> int:
        """Return how many working days lie after `start` up to and with `end`; negative if `end` is earlier."""
        if end < start:
            return -self.workdays_between(end, start)
        days = (start + timedelta(days=step) for step in range(1, (end - start).days + 1))
        return sum(self.is_workday(day) for day in days)


def china_calendar() -> WorkCalendar:
    """Return the calendar of the State Council's notices, as the chinesecalendar package carries them."""
    from chinese_calendar import constants

    off = dict.fromkeys(constants.holidays, False)
    worked = dict.fromkeys(constants.workdays, True)
    return WorkCalendar({**off, **worked}, frozenset(day.year for day in constants.holidays))
