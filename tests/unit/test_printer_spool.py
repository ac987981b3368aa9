"""The print spool: order, one printing a job, honest fates, and nothing left on disk."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from content.paper.slip import Slip
from devices.agent.spool import MAX_WAIT_S, Spool
from devices.drivers.health import Health, Level
from devices.drivers.printer.condition import Outcome, PrintResult, Reason
from tests.support.bench_printer import paper_of
from tests.support.hand_clock import HandClock

DEADLINE_S = 10


class FakePrinter:
    """Prints when it is let; `fate` is what it answers."""

    def __init__(self) -> None:
        self.printed: list[Slip] = []
        self.fate: PrintResult | Exception = PrintResult(Outcome.PRINTED)
        self.gate = threading.Event()
        self.gate.set()
        self.began = threading.Event()
        self.is_distrusted = False

    @property
    def health(self) -> Health:
        return Health(Level.OK)

    def watch(self) -> Health:
        return self.health

    def distrust(self) -> None:
        self.is_distrusted = True

    def print_slip(self, slip: Slip) -> PrintResult:
        self.began.set()
        assert self.gate.wait(DEADLINE_S)
        self.printed.append(slip)
        if isinstance(self.fate, Exception):
            raise self.fate
        return self.fate

    def close(self) -> None:
        self.gate.set()


class Desk:
    """A spool with its printer, its clock, and the outcomes it told."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = HandClock()
        self.printer = FakePrinter()
        self.told: list[tuple[str, Outcome, Reason]] = []
        self._news = threading.Condition()
        self.spool = Spool(path, printer=self.printer, clock=self.clock, on_outcome=self._tell)

    @property
    def now(self) -> int:
        return int(self.clock.now().timestamp())

    def _tell(self, job: str, outcome: Outcome, reason: Reason) -> None:
        with self._news:
            self.told.append((job, outcome, reason))
            self._news.notify_all()

    def wait_for(self, count: int) -> None:
        with self._news:
            assert self._news.wait_for(lambda: len(self.told) >= count, DEADLINE_S), self.told


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path / "agent.db")
    yield desk
    desk.spool.close()


def text_of(slip: Slip) -> str:
    return "".join(part.text for part in slip.parts)


def test_jobs_are_printed_in_order_and_each_outcome_is_told(desk: Desk) -> None:
    for number in range(5):
        desk.spool.submit(f"job-{number}", paper_of(f"第{number}张"), desk.now)

    desk.spool.start()
    desk.wait_for(5)

    assert [job for job, *_ in desk.told] == [f"job-{number}" for number in range(5)]
    assert all(f"第{n}张" in text_of(slip) for n, slip in enumerate(desk.printer.printed))


def test_the_same_job_submitted_twice_is_printed_once_and_told_twice(desk: Desk) -> None:
    desk.spool.start()
    desk.spool.submit("job", paper_of("一"), desk.now)
    desk.wait_for(1)

    desk.spool.submit("job", paper_of("一"), desk.now)
    desk.wait_for(2)

    assert len(desk.printer.printed) == 1
    assert desk.told == [("job", Outcome.PRINTED, Reason.NONE)] * 2


def test_a_job_that_was_being_printed_when_the_agent_died_is_unconfirmed_and_not_printed_again(
    desk: Desk, tmp_path: Path
) -> None:
    desk.printer.gate.clear()
    desk.spool.start()
    desk.spool.submit("job", paper_of("秘密申请"), desk.now)
    assert desk.printer.began.wait(DEADLINE_S)
    with sqlite3.connect(desk.path) as source, sqlite3.connect(tmp_path / "after.db") as target:
        source.backup(target)
    source.close()
    target.close()

    after = Desk(tmp_path / "after.db")
    after.spool.start()
    after.wait_for(1)
    after.spool.close()
    desk.printer.gate.set()

    assert after.told == [("job", Outcome.UNCONFIRMED, Reason.RESTARTED)]
    assert after.printer.printed == []
    assert after.printer.is_distrusted


def test_a_slip_that_waited_too_long_is_given_up_and_not_left_for_the_next_visitor(
    desk: Desk,
) -> None:
    desk.spool.submit("job", paper_of("一"), desk.now)
    desk.clock.advance(MAX_WAIT_S + 1)

    desk.spool.start()
    desk.wait_for(1)

    assert desk.told == [("job", Outcome.NOT_STARTED, Reason.EXPIRED)]
    assert desk.printer.printed == []


def test_what_waits_for_a_visitor_who_has_gone_is_withdrawn_and_what_is_being_printed_comes_out(
    desk: Desk,
) -> None:
    desk.printer.gate.clear()
    desk.spool.start()
    desk.spool.submit("first", paper_of("一"), desk.now)
    assert desk.printer.began.wait(DEADLINE_S)
    desk.spool.submit("second", paper_of("欧阳**"), desk.now)

    for job in ("first", "second", "never heard of"):
        desk.spool.withdraw(job)
    desk.printer.gate.set()
    desk.wait_for(2)
    desk.spool.submit("third", paper_of("三"), desk.now)
    desk.wait_for(3)

    assert ["三" in text_of(slip) for slip in desk.printer.printed] == [False, True]
    assert ("second", Outcome.NOT_STARTED, Reason.EXPIRED) in desk.told
    assert not [
        path for path in desk.path.parent.iterdir() if "欧阳**".encode() in path.read_bytes()
    ]


@pytest.mark.parametrize(
    "fate",
    [
        PrintResult(Outcome.PRINTED),
        PrintResult(Outcome.INTERRUPTED, Reason.PAPER_OUT),
        PrintResult(Outcome.NOT_STARTED, Reason.COVER_OPEN),
        RuntimeError("a mistake of ours"),
    ],
    ids=["printed", "interrupted", "not started", "driver failed"],
)
def test_whatever_its_fate_nothing_of_a_slip_is_left_in_any_file(
    desk: Desk, fate: PrintResult | Exception
) -> None:
    desk.printer.fate = fate
    desk.spool.start()
    desk.spool.submit(
        "job", paper_of("欧阳**", "查询码SECRETCODE1", key="receipt:SECRETCODE1"), desk.now
    )
    desk.wait_for(1)

    files = list(desk.path.parent.iterdir())

    assert desk.path in files
    for secret in ("欧阳**".encode(), b"SECRETCODE1"):
        assert not [path.name for path in files if secret in path.read_bytes()]


def test_a_driver_that_raises_does_not_stop_the_spool(desk: Desk) -> None:
    desk.printer.fate = RuntimeError("a mistake of ours")
    desk.spool.start()
    desk.spool.submit("one", paper_of("一"), desk.now)
    desk.wait_for(1)

    desk.printer.fate = PrintResult(Outcome.PRINTED)
    desk.spool.submit("two", paper_of("二"), desk.now)
    desk.wait_for(2)

    assert [outcome for _, outcome, _ in desk.told] == [Outcome.UNCONFIRMED, Outcome.PRINTED]


def test_printing_again_is_marked_and_counted(desk: Desk) -> None:
    slip = paper_of("一")
    desk.spool.start()
    desk.spool.submit("one", slip, desk.now)
    desk.wait_for(1)

    copies = [desk.spool.reprint(job, slip, desk.now) for job in ("two", "three")]
    desk.wait_for(3)

    assert copies == [1, 2]
    assert "【补打 2】" in text_of(desk.printer.printed[2])


def test_a_slip_of_which_nothing_came_out_is_printed_unmarked_when_asked_for_again(
    desk: Desk,
) -> None:
    desk.printer.fate = PrintResult(Outcome.NOT_STARTED, Reason.PAPER_OUT)
    desk.spool.start()
    desk.spool.submit("one", paper_of("一"), desk.now)
    desk.wait_for(1)
    desk.printer.fate = PrintResult(Outcome.PRINTED)

    copies = [
        desk.spool.reprint("two", paper_of("一"), desk.now),
        desk.spool.reprint("never heard of", paper_of("二", key="test:2"), desk.now),
    ]
    desk.wait_for(3)

    assert copies == [0, 0]
    assert not any("补打" in text_of(slip) for slip in desk.printer.printed)


def test_the_count_of_copies_survives_a_restart(desk: Desk) -> None:
    desk.spool.start()
    desk.spool.submit("one", paper_of("一"), desk.now)
    desk.wait_for(1)
    desk.spool.close()

    after = Desk(desk.path)
    after.spool.start()
    copy = after.spool.reprint("two", paper_of("一"), after.now)
    after.wait_for(1)
    after.spool.close()
    desk.spool = Spool(
        desk.path, printer=desk.printer, clock=desk.clock, on_outcome=lambda *_: None
    )

    assert copy == 1
    assert "【补打 1】" in text_of(after.printer.printed[0])


def test_jobs_that_wait_at_a_restart_are_printed_once_and_in_order(desk: Desk) -> None:
    for number in range(3):
        desk.spool.submit(f"job-{number}", paper_of(f"第{number}张"), desk.now)
    desk.spool.close()

    after = Desk(desk.path)
    after.spool.start()
    after.wait_for(3)
    after.spool.close()
    last = Desk(desk.path)
    last.spool.start()
    last.spool.submit("job-1", paper_of("第1张"), last.now)
    last.wait_for(1)
    last.spool.close()
    desk.spool = Spool(
        desk.path, printer=desk.printer, clock=desk.clock, on_outcome=lambda *_: None
    )

    assert [job for job, *_ in after.told] == ["job-0", "job-1", "job-2"]
    assert len(after.printer.printed) == 3
    assert last.printer.printed == []
