"""The print spool: jobs in order, each printed at most once, its paper's text gone once its fate is known.

A job holds its slip only until its outcome; then the slip is erased, the file's free pages are overwritten
(secure_delete) and the write-ahead log is emptied. What remains is the job's id, fate and a hash of its key.

Nothing is printed for an empty room: a job that could not begin within MAX_WAIT_S is given up, and one that
was being printed when the agent died is UNCONFIRMED. No job is ever printed again by itself.
"""

import hashlib
import logging
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

import msgspec

from content.paper.slip import Slip, slip_from_fields, slip_to_fields
from content.paper.slips import as_reprint
from devices.agent.paper import PaperBook
from devices.clock import Clock
from devices.drivers.health import Health
from devices.drivers.printer.condition import Outcome, PrintResult, Reason
from devices.drivers.printer.device import PrinterDevice
from devices.drivers.printer.glyphs import DotFont, house_fonts
from devices.drivers.printer.model import PAPER_58_MM, ModelSheet
from devices.drivers.printer.port import open_port
from devices.wire.messages import Paper

MAX_WAIT_S = 30
"""A visitor waits no longer; what came out later would be found by the next one."""

WATCH_S = 1.0
KEEP_FATES_S = 7 * 24 * 3600

_WAITING, _PRINTING = "waiting", "printing"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS spool (
  place INTEGER PRIMARY KEY AUTOINCREMENT,
  job TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL,
  reason TEXT NOT NULL DEFAULT '',
  key_hash TEXT NOT NULL,
  copy INTEGER NOT NULL DEFAULT 0,
  slip BLOB,
  submitted_at INTEGER NOT NULL
) STRICT;
"""

logger = logging.getLogger(__name__)


class Printer(Protocol):
    """What the spool asks of devices.drivers.printer.device.PrinterDevice. Called from its thread only."""

    @property
    def health(self) -> Health:
        """The last known health, from any thread."""
        ...

    def watch(self) -> Health:
        """Look how the printer is."""
        ...

    def distrust(self) -> None:
        """Cut off what an earlier process may have left half printed."""
        ...

    def print_slip(self, slip: Slip) -> PrintResult:
        """Print a slip, blocking, and say what became of it."""
        ...

    def close(self) -> None:
        """Let the port go."""
        ...


OnOutcome = Callable[[str, Outcome, Reason], None]
"""Called with job id, outcome and reason, from the spool's thread or from submit's."""


@dataclass(frozen=True, slots=True)
class _Job:
    job_id: str
    slip: Slip
    submitted_at: int


class Spool:
    """The queue in the agent's database, and the thread that works it off."""

    def __init__(
        self,
        path: Path,
        *,
        printer: Printer,
        clock: Clock,
        on_outcome: OnOutcome,
        model: ModelSheet = PAPER_58_MM,
    ) -> None:
        self._printer = printer
        self._clock = clock
        self._on_outcome = on_outcome
        self._lock = threading.Lock()
        self._stirred = threading.Event()
        self._stopping = False
        self._thread: threading.Thread | None = None
        self._log_needs_emptying = True
        self._database = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=10
        )
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
            self._database.execute(f"PRAGMA {pragma}").fetchall()
        self._database.executescript(_SCHEMA)
        self._paper = PaperBook(self._database, model)

    def start(self) -> None:
        """Begin to print, after reporting what an earlier process left unfinished."""
        self._thread = threading.Thread(target=self._work, name="spool", daemon=True)
        self._thread.start()

    def close(self, within_s: float = 30.0) -> None:
        """Finish the slip that is being printed and end; waiting jobs stay in the database."""
        self._stopping = True
        self._stirred.set()
        if self._thread is not None:
            self._thread.join(within_s)
        self._printer.close()
        with self._lock:
            self._database.close()

    def submit(self, job_id: str, slip: Slip, now: int) -> None:
        """Take a job. The same id again is the same job: its outcome, if known, is told once more.

        Args:
            job_id: made by the user interface.
            slip: what to print.
            now: unix seconds.
        """
        known = self._fate(job_id)
        if known is not None:
            self._tell(job_id, *known)
            return
        self._store(job_id, slip, copy=0, now=now)

    def withdraw(self, job_id: str) -> None:
        """Give up a job that has not begun: who asked for it has gone, and the next visitor must not get it."""
        with self._lock:
            done = self._database.execute(
                "UPDATE spool SET state = ?, reason = ?, slip = NULL WHERE job = ? AND state = ?",
                (str(Outcome.NOT_STARTED), str(Reason.EXPIRED), job_id, _WAITING),
            )
            self._log_needs_emptying |= done.rowcount > 0
        if done.rowcount:
            self._tell(job_id, Outcome.NOT_STARTED, Reason.EXPIRED)
            self._stirred.set()

    def reprint(self, job_id: str, slip: Slip, now: int) -> int:
        """Print a slip again because somebody asked for it; return n of the 补打 n that marks it.

        Of a slip that has not come out here in the last week, not even in part, this is no copy: it is printed
        unmarked, and 0 returned.
        """
        with self._lock:
            (last,) = self._database.execute(
                "SELECT max(copy) FROM spool WHERE key_hash = ? AND state <> ?",
                (_hash(slip.key), str(Outcome.NOT_STARTED)),
            ).fetchone()
        if last is None:
            self.submit(job_id, slip, now)
            return 0
        copy = int(last) + 1
        self._store(job_id, as_reprint(slip, copy), copy=copy, now=now)
        return copy

    def paper(self, today: date) -> Paper:
        """Return what is left of the paper and what was printed of late."""
        with self._lock:
            return self._paper.forecast(today)

    def health(self) -> Health:
        """Return how the printer is, as last seen."""
        return self._printer.health

    def _store(self, job_id: str, slip: Slip, *, copy: int, now: int) -> None:
        blob = msgspec.msgpack.encode(slip_to_fields(slip))
        with self._lock:
            self._database.execute(
                "DELETE FROM spool WHERE slip IS NULL AND submitted_at < ?", (now - KEEP_FATES_S,)
            )
            self._database.execute(
                "INSERT OR IGNORE INTO spool (job, state, key_hash, copy, slip, submitted_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (job_id, _WAITING, _hash(slip.key), copy, blob, now),
            )
        self._stirred.set()

    def _fate(self, job_id: str) -> tuple[Outcome, Reason] | None:
        with self._lock:
            row = self._database.execute(
                "SELECT state, reason FROM spool WHERE job = ? AND slip IS NULL", (job_id,)
            ).fetchone()
        return (Outcome(row[0]), Reason(row[1])) if row else None

    def _report_broken_off(self) -> None:
        """Between two jobs none is being printed: one that is marked so was broken off."""
        with self._lock:
            rows = self._database.execute(
                "SELECT job FROM spool WHERE state = ? ORDER BY place", (_PRINTING,)
            ).fetchall()
        for (job_id,) in rows:
            self._printer.distrust()
            self._finish(job_id, PrintResult(Outcome.UNCONFIRMED, Reason.RESTARTED))

    def _work(self) -> None:
        while not self._stopping:
            try:
                self._report_broken_off()
                self._work_off()
                self._look_at_paper(self._printer.watch())
                self._empty_log()
            except (
                Exception
            ):  # the supervisor of this thread: a thread that dies prints nothing more
                logger.exception("spool round failed")
            self._stirred.wait(WATCH_S)
            self._stirred.clear()

    def _look_at_paper(self, health: Health) -> None:
        with self._lock:
            self._paper.look(health.reason)

    def _work_off(self) -> None:
        while not self._stopping and (job := self._next()) is not None:
            self._finish(job.job_id, self._print(job))

    def _print(self, job: _Job) -> PrintResult:
        if self._clock.now().timestamp() - job.submitted_at > MAX_WAIT_S:
            return PrintResult(Outcome.NOT_STARTED, Reason.EXPIRED)
        try:
            return self._printer.print_slip(job.slip)
        except (
            Exception
        ):  # whatever it is, the visitor must hear that paper is not to be waited for
            logger.exception("printer driver failed")
            self._printer.distrust()
            return PrintResult(Outcome.UNCONFIRMED, Reason.DRIVER)

    def _next(self) -> _Job | None:
        """Take the oldest waiting job and mark it, durably, as being printed."""
        with self._lock:
            row = self._database.execute(
                "SELECT job, slip, submitted_at FROM spool WHERE state = ? ORDER BY place LIMIT 1",
                (_WAITING,),
            ).fetchone()
            if row is None:
                return None
            self._database.execute("UPDATE spool SET state = ? WHERE job = ?", (_PRINTING, row[0]))
        return _Job(row[0], slip_from_fields(msgspec.msgpack.decode(row[1])), row[2])

    def _finish(self, job_id: str, result: PrintResult) -> None:
        """Write the fate, count it, erase the slip, and tell."""
        with self._lock:
            self._paper.count(result, self._clock.now().date())
            self._database.execute(
                "UPDATE spool SET state = ?, reason = ?, slip = NULL WHERE job = ?",
                (str(result.outcome), str(result.reason), job_id),
            )
            self._log_needs_emptying = True
        self._empty_log()
        self._tell(job_id, result.outcome, result.reason)

    def _empty_log(self) -> None:
        """Truncate the write-ahead log; while a reader is at it, the next round tries again."""
        if not self._log_needs_emptying:
            return
        with self._lock:
            try:
                busy, *_ = self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except sqlite3.OperationalError:
                return
            self._log_needs_emptying = bool(busy)

    def _tell(self, job_id: str, outcome: Outcome, reason: Reason) -> None:
        self._on_outcome(job_id, outcome, reason)


def _hash(key: str) -> str:
    """A key may hold a receipt code, which opens a request's page: only its hash is kept."""
    return hashlib.sha256(key.encode()).hexdigest()


def open_spool(
    database: Path,
    port: str,
    *,
    clock: Clock,
    on_outcome: OnOutcome,
    model: ModelSheet = PAPER_58_MM,
) -> Spool:
    """Return a started spool for the receipt printer at a serial port.

    Args:
        database: the agent's database.
        port: what devices.drivers.printer.port opens; that nothing is there yet is a state of health, not an error.
        clock: the time.
        on_outcome: called from the spool's thread.
        model: the printer's sheet.
    """
    printer = PrinterDevice(
        connect=lambda: open_port(port, baud=model.baud),
        model=model,
        font=DotFont(house_fonts()),
        clock=clock,
    )
    spool = Spool(database, printer=printer, clock=clock, on_outcome=on_outcome, model=model)
    spool.start()
    return spool
