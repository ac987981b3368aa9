"""When a terminal is green, and what is said when it is not."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from controller.services.terminal_status import (
    CAUSE_ZH,
    REPORT_STALE_S,
    Cause,
    Known,
    TerminalStatus,
    status_of,
)
from controller.store.terminals import KeptFault, KeptReport, Presence, Terminal
from devices.wire.messages import DeviceState, FeedMark, GlassMark, Report
from tests.support.zone_ca import FEED

NOW = 1_800_000_000
LINK = "ab" * 32
DESIRED = {FEED: (5, LINK)}
TERMINAL = Terminal(
    "hall-1", "一号大厅", "512299", True, (FEED,), ("kiosk", "signage-1"), "", "", "1", NOW - 99
)
GOOD = Report(
    policy=1,
    applied={FEED: FeedMark(5, LINK)},
    glass=(GlassMark("kiosk", {FEED: 5}), GlassMark("signage-1", {FEED: 5})),
    devices={"printer": "ok"},
)
FAULT = KeptFault("hall-1", "printer:paper_out", "printer", "请装纸。", NOW - 9, NOW)


def known(
    *,
    report: Report | None = GOOD,
    state: DeviceState | None = DeviceState.READY,
    received: int = NOW,
    faults: tuple[KeptFault, ...] = (),
    heard: bool = True,
    link_up: bool = True,
    terminal: Terminal = TERMINAL,
) -> Known:
    return Known(
        terminal=terminal,
        presence=Presence(state, "b", 1, NOW - 50) if state else None,
        report=KeptReport(report, received) if report else None,
        faults=faults,
        heard=heard,
        link_up=link_up,
    )


def judge(one: Known, desired: Mapping[str, tuple[int, str]] = DESIRED) -> TerminalStatus:
    return status_of(one, desired=desired, now=NOW)


def test_a_terminal_that_holds_and_shows_what_is_published_is_green() -> None:
    status = judge(known())

    assert status.green
    assert status.online
    assert status.printer == "ok"
    assert status.feeds[0].glass == {"kiosk": 5, "signage-1": 5}


def glass(kiosk: int, screen: int) -> Report:
    marks = (GlassMark("kiosk", {FEED: kiosk}), GlassMark("signage-1", {FEED: screen}))
    return replace(GOOD, glass=marks)


@pytest.mark.parametrize(
    ("one", "cause"),
    [
        (known(link_up=False), Cause.BROKER_DOWN),
        (known(state=None, report=None), Cause.NEVER_SEEN),
        (known(state=DeviceState.LOST), Cause.LOST),
        (known(state=DeviceState.SLEEPING), Cause.STOPPED),
        (known(heard=False), Cause.LOST),
        (known(report=None), Cause.STARTING),
        (known(received=NOW - REPORT_STALE_S - 1), Cause.SILENT),
        (known(faults=(FAULT,)), Cause.FAULT),
        (known(report=replace(GOOD, applied={FEED: FeedMark(4, LINK)})), Cause.BEHIND),
        (known(report=replace(GOOD, applied={})), Cause.BEHIND),
        (known(report=replace(GOOD, applied={FEED: FeedMark(5, "cd" * 32)})), Cause.FORKED),
        (known(report=replace(GOOD, applied={FEED: FeedMark(6, LINK)})), Cause.FORKED),
        (known(report=glass(5, 4)), Cause.SCREEN_BEHIND),
        (known(report=glass(4, 5)), Cause.SCREEN_BEHIND),
        (known(report=replace(GOOD, glass=GOOD.glass[:1])), Cause.SCREEN_MISSING),
        (known(report=replace(GOOD, glass=())), Cause.SCREEN_MISSING),
    ],
)
def test_anything_that_is_not_so_is_not_green(one: Known, cause: Cause) -> None:
    status = judge(one)

    assert (status.green, status.code) == (False, cause)
    assert status.cause
    assert status.next_step


def test_a_fault_says_its_own_next_step() -> None:
    assert judge(known(faults=(FAULT,))).next_step == "请装纸。"


def test_a_lost_terminal_keeps_the_marks_of_its_last_report() -> None:
    status = judge(known(state=DeviceState.LOST))

    assert not status.online
    assert status.since == NOW - 50
    assert status.feeds[0].applied == 5


def test_a_zone_that_has_published_nothing_can_be_green() -> None:
    empty = Report(policy=0, applied={}, glass=(GlassMark("kiosk", {}), GlassMark("signage-1", {})))

    assert judge(known(report=empty), {}).green


def test_a_feed_of_another_terminal_does_not_count() -> None:
    assert judge(known(), {**DESIRED, "village/1": (9, LINK)}).green


def test_every_cause_has_words() -> None:
    assert set(CAUSE_ZH) == set(Cause)
    assert all(text.endswith("。") for words in CAUSE_ZH.values() for text in words)
