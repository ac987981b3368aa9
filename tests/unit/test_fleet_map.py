"""The map and the plot: everything is drawn inside, nothing is better than it is known to be."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.desk.fleet_map import HEIGHT, WIDTH, draw, hull
from controller.desk.health_plot import Health, plot
from controller.services.terminal_status import Cause, TerminalStatus
from controller.store.sites import Site
from controller.store.terminals import Happening, HistoryLine
from tests.unit.test_alert_rules import terminal

DAY = 24 * 3600
NOW = 1_795_400_000


def at(name: str, code: Cause = Cause.NONE) -> TerminalStatus:
    return replace(terminal(f"t-{name}", code), site=name)


@given(
    st.lists(
        st.tuples(st.floats(-180, 180, width=32), st.floats(-85, 85, width=32)),
        min_size=1,
        max_size=40,
    )
)
def test_every_site_is_drawn_inside_the_picture(places: list[tuple[float, float]]) -> None:
    sites = {f"s{n}": Site(f"s{n}", *place) for n, place in enumerate(places)}

    drawn = draw([at(name) for name in sites], sites)

    assert sorted(name for mark in drawn.marks for name in mark.names) == sorted(sites)
    for mark in drawn.marks:
        assert mark.r <= mark.x <= WIDTH - mark.r
        assert mark.r <= mark.y <= HEIGHT - mark.r


def test_north_is_up_and_east_is_right() -> None:
    sites = {
        "south-west": Site("south-west", 106.0, 30.0),
        "north-east": Site("north-east", 106.5, 30.4),
    }

    drawn = draw([at(name) for name in sites], sites)

    low, high = (next(one for one in drawn.marks if one.names == (name,)) for name in sites)
    assert low.x < high.x
    assert low.y > high.y


def test_a_site_without_a_place_is_listed_and_not_lost() -> None:
    drawn = draw(
        [at("甲村"), at("乙村")], {"甲村": Site("甲村", 106.0, 30.0), "乙村": Site("乙村")}
    )

    assert [mark.names for mark in drawn.marks] == [("甲村",)]
    assert drawn.unplaced == (("乙村", 1),)


def test_one_ill_terminal_makes_its_mark_and_region_ill() -> None:
    sites = {name: Site(name, 106.0, 30.0 + n / 10) for n, name in enumerate("abc")}

    drawn = draw([at("a"), at("b", Cause.LOST), at("c")], sites)

    assert [(mark.names, mark.ill) for mark in drawn.marks][-1] == (("b",), 1)
    assert [region.ill for region in drawn.regions] == [1]


@given(st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=1, max_size=30))
def test_an_outline_goes_about_all_its_points(points: list[tuple[int, int]]) -> None:
    corners = hull([(float(x), float(y)) for x, y in points])

    for x, y in points:
        for (ax, ay), (bx, by) in zip(corners, [*corners[1:], corners[0]], strict=True):
            assert len(corners) < 3 or (bx - ax) * (y - ay) - (by - ay) * (x - ax) >= 0


def line(hours_ago: float, what: Happening, detail: str = "") -> HistoryLine:
    return HistoryLine("t", int(NOW - hours_ago * 3600), what, detail)


def test_the_time_before_the_first_word_is_not_known_and_not_good() -> None:
    drawn = plot([line(6, Happening.ONLINE)], begin=NOW - DAY, now=NOW)

    assert [one.health for one in drawn.stretches] == [Health.UNKNOWN, Health.WELL]
    assert drawn.known_s == 6 * 3600
    assert drawn.well_share == pytest.approx(100)


def test_what_happened_before_the_picture_tells_how_it_begins() -> None:
    drawn = plot([line(48, Happening.ONLINE), line(36, Happening.LOST)], begin=NOW - DAY, now=NOW)

    assert [one.health for one in drawn.stretches] == [Health.AWAY]
    assert drawn.well_share == 0


def test_a_fault_is_yellow_until_the_last_of_several_is_over() -> None:
    history = [
        line(20, Happening.ONLINE),
        line(12, Happening.FAULT, "a x"),
        line(10, Happening.FAULT, "b x"),
        line(8, Happening.CLEARED, "a x"),
        line(4, Happening.CLEARED, "b x"),
    ]

    drawn = plot(reversed(history), begin=NOW - DAY, now=NOW)

    assert [(one.health, (one.end - one.begin) // 3600) for one in drawn.stretches] == [
        (Health.UNKNOWN, 4),
        (Health.WELL, 8),
        (Health.FAULTY, 8),
        (Health.WELL, 4),
    ]
    assert drawn.faulty_s == 8 * 3600
