"""A terminal counts as reached only when every glass of it has said so."""

from dataclasses import replace

from controller.services.emergency_reach import reach_of
from controller.services.terminal_status import TerminalStatus
from devices.wire.messages import FeedMark, GlassMark
from tests.unit.test_terminals_status import GOOD, TERMINAL, judge, known

FEED = "emergency/512299"
DESIRED = {FEED: (2, "ab" * 32)}


def terminal(name: str, *, applied: int, kiosk: int, screen: int) -> TerminalStatus:
    report = replace(
        GOOD,
        applied={FEED: FeedMark(applied, "ab" * 32)},
        glass=(GlassMark("kiosk", {FEED: kiosk}), GlassMark("signage-1", {FEED: screen})),
    )
    here = replace(TERMINAL, id=name, feeds=(FEED,))
    return judge(known(report=report, terminal=here), DESIRED)


def test_one_glass_that_lags_is_a_place_to_call() -> None:
    all_there = terminal("hall-1", applied=2, kiosk=2, screen=2)
    screen_lags = terminal("hall-2", applied=2, kiosk=2, screen=1)
    not_applied = terminal("hall-3", applied=1, kiosk=1, screen=1)

    reach = reach_of((all_there, screen_lags, not_applied), feed=FEED)

    assert reach.shown == 1
    assert [one.id for one in reach.not_reached] == ["hall-2", "hall-3"]
    assert reach.total == 3


def test_a_terminal_without_the_feed_is_named() -> None:
    reach = reach_of((judge(known()),), feed=FEED)

    assert [one.id for one in reach.without] == ["hall-1"]
    assert (reach.shown, reach.total) == (0, 1)


def test_a_silent_terminal_is_not_reached() -> None:
    here = replace(TERMINAL, feeds=(FEED,))

    reach = reach_of((judge(known(report=None, terminal=here), DESIRED),), feed=FEED)

    assert len(reach.not_reached) == 1
