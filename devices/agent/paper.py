"""How much paper is left, for how many days, and what was printed on each day. No personal data: counts alone.

A new roll is seen, not announced: paper that was out or low is there again. At the first start the roll is taken
for a new one.
"""

import sqlite3
from dataclasses import dataclass
from datetime import date, timedelta

from devices.drivers.printer.condition import Outcome, PrintResult, Reason
from devices.drivers.printer.model import ModelSheet
from devices.wire.messages import Paper, PrintedDay

LOOK_BACK_DAYS = 14
REPORTED_DAYS = 7
KEEP_DAYS = 400

_SCHEMA = """
CREATE TABLE IF NOT EXISTS paper_day (
  day TEXT PRIMARY KEY,
  printed INTEGER NOT NULL DEFAULT 0,
  broken INTEGER NOT NULL DEFAULT 0,
  refused INTEGER NOT NULL DEFAULT 0,
  used_mm REAL NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS paper_roll (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  used_mm REAL NOT NULL,
  low_at_mm REAL,
  was_out INTEGER NOT NULL
) STRICT;
INSERT OR IGNORE INTO paper_roll (one, used_mm, was_out) VALUES (1, 0, 0);
"""


@dataclass(frozen=True, slots=True)
class _Roll:
    """The roll in the printer; `low_at_mm` is what had been used when the sensor first saw its end."""

    used_mm: float
    low_at_mm: float | None
    was_out: bool


class PaperBook:
    """Keeps count in the agent's database. The caller holds the lock."""

    def __init__(self, database: sqlite3.Connection, model: ModelSheet) -> None:
        self._database = database
        self._model = model
        database.executescript(_SCHEMA)

    def count(self, result: PrintResult, today: date) -> None:
        """Count one job's outcome and what it took off the roll."""
        column = _COLUMNS[result.outcome]
        self._database.execute(
            f"INSERT INTO paper_day (day, {column}, used_mm) VALUES (?, 1, ?) ON CONFLICT (day)"  # noqa: S608 - of three
            f" DO UPDATE SET {column} = {column} + 1, used_mm = used_mm + excluded.used_mm",
            (today.isoformat(), result.paper_mm),
        )
        self._database.execute("UPDATE paper_roll SET used_mm = used_mm + ?", (result.paper_mm,))
        oldest = (today - timedelta(days=KEEP_DAYS)).isoformat()
        self._database.execute("DELETE FROM paper_day WHERE day < ?", (oldest,))

    def look(self, reason: str) -> None:
        """Take in how the printer is: it tells when a roll ends and when a new one is there."""
        roll = self._roll()
        match reason:
            case Reason.PAPER_OUT if not roll.was_out:
                self._database.execute("UPDATE paper_roll SET was_out = 1")
            case Reason.NEAR_END if roll.low_at_mm is None and not roll.was_out:
                self._database.execute("UPDATE paper_roll SET low_at_mm = used_mm")
            case Reason.NEAR_END | Reason.NONE if roll.was_out:
                self._load()
            case Reason.NONE if roll.low_at_mm is not None:
                self._load()
            case _:
                pass

    def forecast(self, today: date) -> Paper:
        """Return what is left and for how many days at the use of the last two weeks, with the daily tally."""
        left = self._left_mm()
        daily = self._daily_mm(today)
        return Paper(
            left_mm=round(left),
            days_left=int(left / daily) if daily else None,
            days=self._days(today),
        )

    def _load(self) -> None:
        self._database.execute("UPDATE paper_roll SET used_mm = 0, low_at_mm = NULL, was_out = 0")

    def _roll(self) -> _Roll:
        used, low_at, was_out = self._database.execute(
            "SELECT used_mm, low_at_mm, was_out FROM paper_roll"
        ).fetchone()
        return _Roll(used, low_at, bool(was_out))

    def _left_mm(self) -> float:
        """The sensor knows better than the count: rolls are of many lengths, and some are put in half used."""
        roll = self._roll()
        if roll.was_out:
            return 0.0
        left = self._model.roll_mm - roll.used_mm
        if roll.low_at_mm is not None:
            left = self._model.near_end_mm - (roll.used_mm - roll.low_at_mm)
        return max(0.0, left)

    def _daily_mm(self, today: date) -> float:
        """Mean use a calendar day: a hall that is closed at weekends lasts longer."""
        since = today - timedelta(days=LOOK_BACK_DAYS - 1)
        first, used = self._database.execute(
            "SELECT min(day), sum(used_mm) FROM paper_day WHERE day >= ?", (since.isoformat(),)
        ).fetchone()
        if first is None:
            return 0.0
        return float(used) / ((today - date.fromisoformat(first)).days + 1)

    def _days(self, today: date) -> tuple[PrintedDay, ...]:
        since = today - timedelta(days=REPORTED_DAYS - 1)
        rows = self._database.execute(
            "SELECT day, printed, broken, refused, used_mm FROM paper_day WHERE day >= ? ORDER BY day",
            (since.isoformat(),),
        ).fetchall()
        return tuple(
            PrintedDay(day, printed, broken, refused, round(used))
            for day, printed, broken, refused, used in rows
        )


_COLUMNS = {
    Outcome.PRINTED: "printed",
    Outcome.INTERRUPTED: "broken",
    Outcome.UNCONFIRMED: "broken",
    Outcome.NOT_STARTED: "refused",
}
