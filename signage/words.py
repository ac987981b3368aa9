"""What the screen says, and how it words moments."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Self

from signage.kit.words import Words as KitWords

_FOLDER = Path(__file__).parent / "locale"


class Words(KitWords):
    """What the screen says."""

    @classmethod
    def load(cls, language: str = "zh_CN") -> Self:
        """Read a file of signage/locale."""
        return cls.read(_FOLDER, language)

    def way_to_help(self, *, attended: bool, phone: str) -> str:
        """Return where to go on: nobody is sent to staff where there are none."""
        if attended:
            return self("welcome.line_4")
        return self("welcome.alone_phone", phone=phone) if phone else self("welcome.alone")

    def day(self, key: str, day: date) -> str:
        """Return a text about a day."""
        weekday = self(f"weekday.{day.isoweekday()}")
        return self(key, y=day.year, m=day.month, d=day.day, weekday=weekday)

    def stale(self, since: datetime | None) -> str:
        """Return up to when the content is known to be complete."""
        if since is None:
            return self("stale_unknown")
        return self("stale", m=since.month, d=since.day, **_clock(since))

    def opening(self, opens: datetime | None, today: date) -> str:
        """Return when the doors open next."""
        if opens is None:
            return self("closed.no_opening")
        return self("closed.opens", day=self._opening_day(opens.date(), today), **_clock(opens))

    def _opening_day(self, day: date, today: date) -> str:
        if day == today:
            return self("closed.today")
        is_tomorrow = day - today == timedelta(days=1)
        return self.day("closed.tomorrow" if is_tomorrow else "closed.later", day)


def _clock(moment: datetime) -> dict[str, str]:
    return {"hh": f"{moment:%H}", "mm": f"{moment:%M}"}
