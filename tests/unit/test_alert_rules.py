"""Who is told of what: one alert a site, in hours in which somebody can do something, and of its end only if told."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from controller.services.alert_rules import PATIENCE_S, NoticeKind, SiteNow, Step, is_open, step
from controller.services.alert_words import notice_of
from controller.services.terminal_status import Cause, TerminalStatus
from controller.store.alerts import KeptAlert
from controller.store.sites import OFFICE
from devices.clock import CHINA

MONDAY_10 = datetime(2026, 11, 23, 10, 0, tzinfo=CHINA)
MONDAY_20 = MONDAY_10.replace(hour=20)
SUNDAY_10 = MONDAY_10 - timedelta(days=1)
LATER = timedelta(seconds=PATIENCE_S)


def terminal(name: str, code: Cause = Cause.NONE) -> TerminalStatus:
    return TerminalStatus(
        id=name,
        site="示例村",
        region="519900",
        online=code not in {Cause.LOST, Cause.STOPPED},
        since=1,
        feeds=(),
        green=code is Cause.NONE,
        code=code,
        cause="终端已断开连接。",
        next_step="请检查电源和网线。",
        faults=(),
        printer="",
        devices={},
        outbox=0,
        last_report=1,
    )


def site(*codes: Cause) -> SiteNow:
    return SiteNow("示例村", OFFICE, tuple(terminal(f"t{n}", code) for n, code in enumerate(codes)))


def opened(now: datetime = MONDAY_10, *codes: Cause) -> KeptAlert:
    found = step(site(*(codes or (Cause.LOST,))), None, now=now).alert
    assert found is not None
    return found


def test_trouble_opens_an_alert_and_tells_nobody_yet() -> None:
    following = step(site(Cause.LOST, Cause.NONE, Cause.FAULT), None, now=MONDAY_10)

    assert following.notice is None
    assert following.alert is not None
    assert following.alert.trouble == {"t0": "lost", "t2": "fault"}


def test_trouble_that_stays_is_told_once_for_the_whole_site() -> None:
    first = step(site(Cause.LOST), opened(), now=MONDAY_10 + LATER)
    assert first.notice is NoticeKind.TROUBLE
    assert first.alert is not None
    told = replace(first.alert, told=1)

    again = step(site(Cause.LOST, Cause.LOST), told, now=MONDAY_10 + 2 * LATER)

    assert again.notice is None
    assert again.alert is not None
    assert set(again.alert.trouble) == {"t0", "t1"}


def test_trouble_that_passes_by_itself_is_nobodys_business() -> None:
    following = step(site(Cause.NONE), opened(), now=MONDAY_10 + LATER / 2)

    assert following.notice is None
    assert following.alert is not None
    assert following.alert.closed


def test_that_it_is_over_is_told_to_who_was_told() -> None:
    following = step(site(Cause.NONE), replace(opened(), told=1), now=MONDAY_10 + LATER)

    assert following.notice is NoticeKind.OVER


@pytest.mark.parametrize("now", [MONDAY_20, SUNDAY_10])
def test_nobody_is_told_while_nobody_is_there(now: datetime) -> None:
    assert not is_open(OFFICE, now)

    following = step(site(Cause.FAULT), opened(now, Cause.FAULT), now=now + LATER)

    assert following.notice is None


def test_what_began_at_night_is_told_when_the_site_opens() -> None:
    alert = opened(MONDAY_20 - timedelta(days=1), Cause.FAULT)

    assert step(site(Cause.FAULT), alert, now=MONDAY_10).notice is NoticeKind.TROUBLE


@pytest.mark.parametrize("code", [Cause.STOPPED, Cause.LOST, Cause.SCREEN_MISSING])
def test_what_is_switched_off_at_night_is_not_ill(code: Cause) -> None:
    assert step(site(code), None, now=MONDAY_20) == Step(None)


def test_what_was_ill_when_the_site_closed_is_not_well_because_it_is_dark() -> None:
    alert = replace(opened(), told=1)

    following = step(site(Cause.LOST), alert, now=MONDAY_20)

    assert following == Step(alert)


def test_a_snoozed_alert_is_not_told_until_it_wakes() -> None:
    until = int((MONDAY_10 + timedelta(hours=4)).timestamp())
    alert = replace(opened(), snoozed=until)

    during = step(site(Cause.LOST), alert, now=MONDAY_10 + timedelta(hours=3))
    after = step(site(Cause.LOST), alert, now=MONDAY_10 + timedelta(hours=4))

    assert (during.notice, after.notice) == (None, NoticeKind.TROUBLE)


def test_a_broker_that_is_away_says_nothing_of_any_site() -> None:
    told = replace(opened(), told=1)

    assert step(site(Cause.BROKER_DOWN), None, now=MONDAY_10) == Step(None)
    assert step(site(Cause.BROKER_DOWN), told, now=MONDAY_10) == Step(told)


def test_a_notice_says_where_what_and_what_to_do() -> None:
    alert = replace(opened(), id=7)

    notice = notice_of(
        NoticeKind.TROUBLE, alert, [terminal("t0", Cause.LOST)], link="https://zone.example/x"
    )

    assert notice.subject == "【需要处理】示例村：1 台终端异常"
    assert "· t0：终端的网络中断。请现场人员检查网线" in notice.text
    assert notice.text.endswith("https://zone.example/x")
    assert notice.terminals == {"t0": "network"}
