"""The rounds see how much paper is left: it goes into the report, and a roll that ends soon is a fault in words."""

from datetime import date
from typing import Any, cast

from content.paper.slip import Slip
from devices.agent.faults import FaultBook
from devices.agent.front import Services
from devices.agent.report import Reporter
from devices.agent.rounds import Absences, Rounds
from devices.drivers.health import Health, Level
from devices.wire.messages import Paper, PrintedDay, Report, from_bytes, to_bytes
from tests.support.hand_clock import HandClock

DAY = PrintedDay("2026-11-23", 12, 1, 0, 1800)


class PaperSpool:
    """A spool of which only health and paper matter."""

    def __init__(self) -> None:
        self.left = Paper(20_000, 11, (DAY,))

    def submit(self, job_id: str, slip: Slip, now: int) -> None:
        raise AssertionError((job_id, slip, now))

    def reprint(self, job_id: str, slip: Slip, now: int) -> int:
        raise AssertionError((job_id, slip, now))

    def withdraw(self, job_id: str) -> None:
        raise AssertionError(job_id)

    def health(self) -> Health:
        return Health(Level.OK)

    def paper(self, today: date) -> Paper | None:
        del today
        return self.left

    def close(self) -> None:
        """Nothing to close."""


class EmptyOutbox:
    """Nothing waits."""

    def length(self) -> int:
        return 0

    def oldest(self) -> int:
        return 0

    def rejected(self) -> tuple[str, ...]:
        return ()


async def at_once(work: Any, *arguments: Any) -> Any:
    return work(*arguments)


class Terminal:
    """The rounds with real faults and a real report."""

    def __init__(self) -> None:
        clock = HandClock()
        self.spool = PaperSpool()
        self.faults = FaultBook(clock=clock, on_change=lambda: None)
        self.reporter = Reporter(
            device="hall-01", link=cast("Any", None), clock=clock, faults=self.faults.all
        )
        services = Services(
            outbox=cast("Any", EmptyOutbox()),
            sender=cast("Any", None),
            reporter=self.reporter,
            faults=self.faults,
            healer=cast("Any", None),
            spool=self.spool,
            disk=cast("Any", at_once),
            clock=clock,
        )
        self.rounds = Rounds(
            services,
            has_printer=True,
            absences=Absences((), clock=clock, faults=self.faults),
            present=frozenset,
            tell=lambda _: None,
        )

    @property
    def sentences(self) -> list[str]:
        return [fault.text for fault in self.faults.all()]


async def test_paper_and_tally_are_in_the_report_and_survive_the_wire() -> None:
    terminal = Terminal()

    await terminal.rounds.go()
    report = terminal.reporter.report()

    assert report.paper == terminal.spool.left
    assert from_bytes(to_bytes(report), Report) == report
    assert terminal.sentences == []


async def test_a_roll_that_ends_within_a_day_is_said_in_words_until_a_new_one_is_there() -> None:
    terminal = Terminal()
    terminal.spool.left = Paper(2_400, 1, (DAY,))
    await terminal.rounds.go()
    one_day = terminal.sentences
    terminal.spool.left = Paper(400, 0, (DAY,))
    await terminal.rounds.go()
    no_day = terminal.sentences
    terminal.spool.left = Paper(30_000, 16, (DAY,))
    await terminal.rounds.go()

    assert one_day == ["打印纸约剩 2 米，按近两周用量约够 1 天，请准备新纸卷。"]
    assert no_day == ["打印纸剩余不足 1 米，按近两周用量不足一天，请尽快更换纸卷。"]
    assert terminal.sentences == []


async def test_a_printer_that_has_not_printed_yet_is_not_called_short() -> None:
    terminal = Terminal()
    terminal.spool.left = Paper(0)

    await terminal.rounds.go()

    assert terminal.sentences == []


def test_a_report_of_an_agent_that_knows_nothing_of_paper_is_still_read() -> None:
    old = b'{"policy":1,"applied":{},"devices":{"printer":"ok"},"at":5}'

    assert from_bytes(old, Report).paper is None
