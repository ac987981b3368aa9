"""Draw a terminal's last days: when it had a link, when something was wrong. Pure.

Made from its history alone; the time before its first line is drawn as not known, not as good.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from controller.store.terminals import Happening, HistoryLine
from devices.clock import CHINA

WIDTH = 960.0
LEFT = 8.0


class Health(StrEnum):
    """How a terminal was."""

    UNKNOWN = "unknown"
    WELL = "well"
    FAULTY = "faulty"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time of one kind: place and width in the picture, and unix seconds for its words."""

    health: Health
    x: float
    width: float
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Tick:
    """A midnight: its place, and the day that begins there."""

    x: float
    word: str


@dataclass(frozen=True, slots=True)
class HealthPlot:
    """The picture. `away_s` and `faulty_s` are sums in seconds; `known_s` is what is known at all."""

    stretches: tuple[Stretch, ...]
    ticks: tuple[Tick, ...]
    known_s: int
    away_s: int
    faulty_s: int

    @property
    def well_share(self) -> float:
        """Share of the known time in which nothing was wrong, in percent; 0 if nothing is known."""
        good = self.known_s - self.away_s - self.faulty_s
        return 100 * good / self.known_s if self.known_s else 0.0


def plot(history: Iterable[HistoryLine], *, begin: int, now: int) -> HealthPlot:
    """Return the picture of the time from `begin` to `now` (unix seconds).

    Args:
        history: lines in any order; those before `begin` tell how things stood then.
        begin: where the picture begins.
        now: where it ends.
    """
    stretches = _merged(_stretches(sorted(history, key=lambda one: one.at), begin=begin, now=now))
    scale = (WIDTH - 2 * LEFT) / max(now - begin, 1)
    drawn = tuple(
        Stretch(health, LEFT + (start - begin) * scale, (end - start) * scale, start, end)
        for health, start, end in stretches
    )
    known = sum(one.end - one.begin for one in drawn if one.health is not Health.UNKNOWN)
    away, faulty = (
        sum(one.end - one.begin for one in drawn if one.health is kind)
        for kind in (Health.AWAY, Health.FAULTY)
    )
    return HealthPlot(drawn, _ticks(begin, now, scale), known, away, faulty)


def _stretches(
    history: Sequence[HistoryLine], *, begin: int, now: int
) -> list[tuple[Health, int, int]]:
    found: list[tuple[Health, int, int]] = []
    at, online, faults = begin, None, set[str]()
    for line in history:
        moment = min(max(line.at, begin), now)
        found.append((_health(online, faults), at, moment))
        at = moment
        match line.what:
            case Happening.ONLINE | Happening.LOST:
                online = line.what is Happening.ONLINE
            case Happening.FAULT:
                faults.add(line.detail)
            case Happening.CLEARED:
                faults.discard(line.detail)
            case Happening.ENROLLED:
                online, faults = None, set()
            case _:
                online = False
    found.append((_health(online, faults), at, now))
    return found


def _health(online: bool | None, faults: set[str]) -> Health:  # noqa: FBT001 - three-valued on purpose
    if online is None:
        return Health.UNKNOWN
    if not online:
        return Health.AWAY
    return Health.FAULTY if faults else Health.WELL


def _merged(stretches: Iterable[tuple[Health, int, int]]) -> list[tuple[Health, int, int]]:
    merged: list[tuple[Health, int, int]] = []
    for health, start, end in stretches:
        if end <= start:
            continue
        if merged and merged[-1][0] is health:
            merged[-1] = (health, merged[-1][1], end)
        else:
            merged.append((health, start, end))
    return merged


def _ticks(begin: int, now: int, scale: float) -> tuple[Tick, ...]:
    day = datetime.fromtimestamp(begin, CHINA).replace(hour=0, minute=0, second=0, microsecond=0)
    ticks = []
    while (day := day + timedelta(days=1)).timestamp() < now:
        ticks.append(Tick(LEFT + (day.timestamp() - begin) * scale, f"{day.month}/{day.day}"))
    return tuple(ticks)
