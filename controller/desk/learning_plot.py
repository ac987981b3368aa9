"""Draw what the search reached on each judged set, night after night. Pure.

A point is what was in force after that night: a refused model moves nothing. Nights without a comparison leave a gap.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from controller.learning.gate import Outcome
from controller.store.nights import Night

WIDTH, HEIGHT = 960.0, 260.0
LEFT, RIGHT, TOP, BOTTOM = 44.0, 210.0, 16.0, 34.0
SETS = ("staff", "opened", "titles", "sentences")
LABEL_GAP = 24.0
MOST_TICKS = 8


@dataclass(frozen=True, slots=True)
class Point:
    """What a set reached in one night; `is_new` where a new model was published."""

    x: float
    y: float
    value: float
    is_new: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One set: its points, and the place of its name beside the last of them."""

    name: str
    points: tuple[Point, ...]
    label_y: float

    @property
    def path(self) -> str:
        """Return the polyline."""
        return " ".join(f"{one.x:.1f},{one.y:.1f}" for one in self.points)


@dataclass(frozen=True, slots=True)
class Tick:
    """A night below the picture: its place and its day."""

    x: float
    word: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A night whose model was refused, or that broke off."""

    x: float
    outcome: str


@dataclass(frozen=True, slots=True)
class LearningPlot:
    """The picture: a line a set, days, refusals, and the lines of 0, a half and 1."""

    lines: tuple[Line, ...]
    ticks: tuple[Tick, ...]
    refusals: tuple[Refusal, ...]
    levels: tuple[tuple[float, str], ...]


def plot(nights: Sequence[Night]) -> LearningPlot:
    """Return the picture of nights, the newest first."""
    shown = list(reversed(nights))
    step = (WIDTH - LEFT - RIGHT) / max(1, len(shown) - 1)
    places = {night.day: LEFT + at * step for at, night in enumerate(shown)}
    lines = [Line(name, _points(name, shown, places), 0.0) for name in SETS]
    every = -(-len(shown) // MOST_TICKS) or 1
    return LearningPlot(
        _labelled([line for line in lines if line.points]),
        tuple(Tick(places[night.day], _day(night.day)) for night in shown[::every]),
        tuple(
            Refusal(places[night.day], night.outcome)
            for night in shown
            if night.outcome in {Outcome.REFUSED, Outcome.FAILED}
        ),
        tuple((_height(value), f"{value:g}") for value in (0.0, 0.5, 1.0)),
    )


def _points(name: str, shown: Sequence[Night], places: dict[int, float]) -> tuple[Point, ...]:
    points = []
    for night in shown:
        reached = night.scores.get(name)
        if reached is not None:
            is_new = night.outcome == Outcome.PUBLISHED
            value = reached.after if is_new else reached.before
            points.append(Point(places[night.day], _height(value), value, is_new))
    return tuple(points)


def _labelled(lines: Sequence[Line]) -> tuple[Line, ...]:
    """Return the lines with their names beside them, none on top of another."""
    placed, last = [], -LABEL_GAP
    for line in sorted(lines, key=lambda one: one.points[-1].y):
        last = max(line.points[-1].y, last + LABEL_GAP)
        placed.append(Line(line.name, line.points, last))
    over = max(0.0, last - (HEIGHT - BOTTOM + LABEL_GAP / 2))
    return tuple(Line(one.name, one.points, one.label_y - over) for one in placed)


def _height(value: float) -> float:
    return TOP + (1 - value) * (HEIGHT - TOP - BOTTOM)


def _day(day: int) -> str:
    return f"{day // 100 % 100}/{day % 100}"
