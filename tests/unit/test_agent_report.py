"""What a terminal says of itself: nothing green that is not so, and each loss once."""

import logging

import pytest

from content.feed.verify import Reason
from devices.agent import sentences
from devices.agent.faults import MOST_FAULTS, FaultBook
from devices.agent.report import Reporter
from devices.agent.rounds import AWAY_S, Absences
from devices.agent.sentences import PERIPHERAL_ZH
from devices.drivers.printer.condition import Reason as PrinterReason
from devices.ipc.messages import Glass
from devices.wire import topics
from devices.wire.messages import FeedMark, Report, from_bytes
from tests.support.fake_link import START, FakeClock, FakeLink

FEED = "gov/519900"


class Desk:
    """A reporter and its parts."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.link = FakeLink()
        self.changes = 0
        self.faults = FaultBook(clock=self.clock, on_change=self._changed)
        self.reporter = Reporter(
            device="hall-01", link=self.link, clock=self.clock, faults=self.faults.all
        )

    def _changed(self) -> None:
        self.changes += 1

    def said(self) -> Report:
        assert self.reporter.publish()
        return from_bytes(self.link.retained[topics.report("hall-01")], Report)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_report_says_what_is_applied_drawn_and_wrong(desk: Desk) -> None:
    desk.reporter.applied = {FEED: FeedMark(7, "ab")}
    desk.reporter.drawn("kiosk", Glass(sequences={FEED: 6}, item="D000000001", version=2))
    desk.faults.note("printer:paper_out", "printer", "打印机缺纸。")

    report = desk.said()

    assert report.applied == {FEED: FeedMark(7, "ab")}
    assert (report.glass[0].ui, report.glass[0].sequences) == ("kiosk", {FEED: 6})
    assert report.glass[0].at == int(START.timestamp())
    assert [fault.code for fault in report.faults] == ["printer:paper_out"]


def test_a_ui_that_left_is_on_no_glass_any_more(desk: Desk) -> None:
    desk.reporter.drawn("kiosk", Glass(sequences={FEED: 7}))

    desk.reporter.ui_left("kiosk")

    assert desk.said().glass == ()


def test_a_report_stays_under_four_kilobytes_with_everything_wrong(desk: Desk) -> None:
    for number in range(200):
        subject = f"D{number:09d}"
        sentence = sentences.refused(Reason.DRAFTER_ALONE, subject, feed=FEED)
        desk.faults.note(f"entry_refused:{Reason.DRAFTER_ALONE}", subject, sentence)

    assert desk.reporter.publish()

    assert len(desk.faults.all()) == MOST_FAULTS
    assert len(desk.link.retained[topics.report("hall-01")]) <= 4096


def test_a_fault_is_logged_once_and_its_return_once(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(3):
        desk.faults.note("api_unreachable", "api", sentences.API_UNREACHABLE)
        desk.clock.pass_(60)
    for _ in range(3):
        desk.faults.clear("api_unreachable", "api")

    assert [record.message for record in caplog.records] == ["fault", "fault over"]
    assert desk.changes == 2


def test_a_fault_keeps_its_first_time(desk: Desk) -> None:
    desk.faults.note("a", "b", "一")
    desk.clock.pass_(60)
    desk.faults.note("a", "b", "二")

    (fault,) = desk.faults.all()
    assert (fault.text, fault.since) == ("二", int(START.timestamp()))


def test_a_screen_that_is_away_is_reported_and_its_return_clears_it(desk: Desk) -> None:
    absences = Absences(("kiosk", "signage-1"), clock=desk.clock, faults=desk.faults)
    absences.look(frozenset({"kiosk"}))
    assert desk.faults.all() == ()

    desk.clock.pass_(AWAY_S)
    absences.look(frozenset({"kiosk"}))
    assert [(one.code, one.subject) for one in desk.faults.all()] == [("ui_away", "signage-1")]

    absences.look(frozenset({"kiosk", "signage-1"}))
    assert desk.faults.all() == ()


def test_every_reason_of_the_printer_that_lasts_has_a_chinese_sentence() -> None:
    of_one_job = {PrinterReason.NONE, PrinterReason.EXPIRED, PrinterReason.RESTARTED}

    assert {str(reason) for reason in set(PrinterReason) - of_one_job} <= set(PERIPHERAL_ZH)


def test_nothing_is_published_without_a_link(desk: Desk) -> None:
    desk.link.connected = False

    assert not desk.reporter.publish()
