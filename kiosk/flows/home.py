"""The first screen: three services, what is new, and how the terminal is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from devices.ipc.messages import Welcome
    from kiosk.flows.content import Content
    from kiosk.flows.rows import Row
    from kiosk.words import Words

NEWEST = 4


class HomeState(StrEnum):
    """What the list of new documents shows."""

    STARTING = "starting"
    EMPTY = "empty"
    READY = "ready"


@dataclass(frozen=True, slots=True)
class HomeView:
    """What the screen draws; the date changes with the day."""

    state: HomeState
    zone: str
    site: str
    date: str
    newest: tuple[Row, ...] = ()


class HomeFlow:
    """Reads the newest documents when told to."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._zone = ""
        self._site = ""
        self._newest: tuple[Row, ...] = ()
        self._state = HomeState.STARTING

    def welcome(self, welcome: Welcome) -> None:
        """Take the terminal's names."""
        self._zone = welcome.zone
        self._site = welcome.site

    def refresh(self, content: Content) -> None:
        """Read the newest documents."""
        from kiosk.flows.rows import row_of

        found = content.newest("document", limit=NEWEST)
        self._newest = tuple(row for one in found if (row := row_of(one, self._words)))
        self._state = HomeState.READY if self._newest else HomeState.EMPTY

    def view(self, now: datetime) -> HomeView:
        """Return what to draw."""
        return HomeView(
            self._state,
            self._zone or self._words("home.zone"),
            self._site,
            self._date(now),
            self._newest,
        )

    def _date(self, now: datetime) -> str:
        day = self._words("date.day", y=now.year, m=now.month, d=now.day)
        return f"{day}  {self._words(f'date.weekday.{now.isoweekday()}')}"
