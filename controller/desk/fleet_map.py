"""Draw the sites of a zone as a map from their own coordinates: places in a picture, no tiles from anywhere. Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from controller.services.alert_rules import by_site
from controller.services.terminal_status import TerminalStatus
from controller.store.sites import Site

WIDTH, HEIGHT, MARGIN = 960.0, 560.0, 44.0
CELL = 30.0
"""Sites closer than this in the picture are drawn as one mark with their number."""
LEAST_SPAN = 0.01
"""Degrees: a zone of one site is not drawn from here to infinity."""
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Mark:
    """One mark: a site, or several that lie together.

    Attributes:
        x, y, r: in the picture.
        names: of its sites.
        region: of the first.
        terminals, ill: how many stand there, how many need somebody.
    """

    x: float
    y: float
    r: float
    names: tuple[str, ...]
    region: str
    terminals: int
    ill: int


@dataclass(frozen=True, slots=True)
class Region:
    """A region: the outline of its sites, and where its name stands."""

    code: str
    outline: str
    x: float
    y: float
    terminals: int
    ill: int


@dataclass(frozen=True, slots=True)
class FleetMap:
    """The picture, and the sites that cannot be in it yet."""

    marks: tuple[Mark, ...]
    regions: tuple[Region, ...]
    unplaced: tuple[tuple[str, int], ...]
    width: float = WIDTH
    height: float = HEIGHT


def draw(statuses: Iterable[TerminalStatus], sites: Mapping[str, Site]) -> FleetMap:
    """Return the map of these terminals; `unplaced` are sites without coordinates and their terminals."""
    found = by_site(statuses)
    placed = {name: site for name, site in sites.items() if name in found and _has_place(site)}
    points = _project(placed.values())
    marks = [_mark(points[name], [name], found) for name in placed]
    unplaced = sorted((name, len(ones)) for name, ones in found.items() if name not in placed)
    return FleetMap(_gathered(marks, found), _regions(points, found), tuple(unplaced))


def _has_place(site: Site) -> bool:
    return site.longitude is not None and site.latitude is not None


def _project(sites: Iterable[Site]) -> dict[str, Point]:
    """Return site -> place in the picture: equirectangular about the middle, good to a county's size."""
    places = {one.name: (one.longitude or 0.0, one.latitude or 0.0) for one in sites}
    if not places:
        return {}
    west, east = _span([longitude for longitude, _ in places.values()])
    south, north = _span([latitude for _, latitude in places.values()])
    narrow = max(math.cos(math.radians((south + north) / 2)), 0.05)
    scale = min(
        (WIDTH - 2 * MARGIN) / ((east - west) * narrow), (HEIGHT - 2 * MARGIN) / (north - south)
    )
    middle = (west + east) / 2, (south + north) / 2
    return {
        name: (
            WIDTH / 2 + (longitude - middle[0]) * narrow * scale,
            HEIGHT / 2 - (latitude - middle[1]) * scale,
        )
        for name, (longitude, latitude) in places.items()
    }


def _span(values: Sequence[float]) -> Point:
    low, high = min(values), max(values)
    missing = max(0.0, LEAST_SPAN - (high - low)) / 2
    return low - missing, high + missing


def _mark(
    point: Point, names: Sequence[str], found: Mapping[str, tuple[TerminalStatus, ...]]
) -> Mark:
    terminals = [one for name in names for one in found[name]]
    ill = sum(not one.green for one in terminals)
    radius = min(9.0 + 2.2 * math.sqrt(len(terminals)), CELL - 4)
    return Mark(*point, radius, tuple(names), terminals[0].region, len(terminals), ill)


def _gathered(
    marks: Iterable[Mark], found: Mapping[str, tuple[TerminalStatus, ...]]
) -> tuple[Mark, ...]:
    """Return the marks with those together that would lie on each other; the ill ones are drawn last."""
    cells: dict[tuple[int, int], list[Mark]] = {}
    for mark in sorted(marks, key=lambda one: one.names):
        cells.setdefault((int(mark.x // CELL), int(mark.y // CELL)), []).append(mark)
    together = []
    for ones in cells.values():
        x, y = (sum(values) / len(ones) for values in zip(*((m.x, m.y) for m in ones), strict=True))
        together.append(_mark((x, y), [name for one in ones for name in one.names], found))
    return tuple(sorted(together, key=lambda one: (one.ill > 0, one.names)))


def _regions(
    points: Mapping[str, Point], found: Mapping[str, tuple[TerminalStatus, ...]]
) -> tuple[Region, ...]:
    grouped: dict[str, list[str]] = {}
    for name in points:
        grouped.setdefault(found[name][0].region, []).append(name)
    return tuple(_region(code, names, points, found) for code, names in sorted(grouped.items()))


def _region(
    code: str,
    names: Sequence[str],
    points: Mapping[str, Point],
    found: Mapping[str, tuple[TerminalStatus, ...]],
) -> Region:
    corners = hull([points[name] for name in names])
    outline = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners)
    terminals = [one for name in names for one in found[name]]
    x = sum(point[0] for point in corners) / len(corners)
    top = min(point[1] for point in corners)
    ill = sum(not one.green for one in terminals)
    return Region(code, outline, x, max(top - 24, 16.0), len(terminals), ill)


def hull(points: Iterable[Point]) -> list[Point]:
    """Return the corners of the smallest outline about some points (Andrew's monotone chain)."""
    ordered = sorted(set(points))
    if len(ordered) < 3:  # noqa: PLR2004 - a line has no inside
        return ordered
    return [*_half(ordered), *_half(ordered[::-1])]


def _half(ordered: Sequence[Point]) -> list[Point]:
    corners: list[Point] = []
    for point in ordered:
        while len(corners) > 1 and _turn(corners[-2], corners[-1], point) <= 0:
            corners.pop()
        corners.append(point)
    return corners[:-1]


def _turn(a: Point, b: Point, c: Point) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
