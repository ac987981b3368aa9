"""What the terminal remembers of orders, over a restart and a power cut: its last job and its desired shadow."""

import sqlite3
import threading
from dataclasses import dataclass

import msgspec

from devices.wire.jobs import Job, JobReport, JobState, Want

SCHEMA = """
CREATE TABLE IF NOT EXISTS last_job (
    slot INTEGER PRIMARY KEY CHECK (slot = 1), number INTEGER NOT NULL, kind TEXT NOT NULL, report BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS held_want (
    slot INTEGER PRIMARY KEY CHECK (slot = 1), version INTEGER NOT NULL, want BLOB NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class LastJob:
    """The newest job that was taken, and what was said of it last."""

    number: int
    kind: str
    report: JobReport


class OrderBook:
    """Keeps both in agent.db. May be called from any thread."""

    def __init__(self, store: sqlite3.Connection) -> None:
        self._store = store
        self._guard = threading.Lock()
        with self._guard:
            store.executescript(SCHEMA)

    def last(self) -> LastJob | None:
        """Return the newest job that was taken."""
        with self._guard:
            row = self._store.execute("SELECT number, kind, report FROM last_job").fetchone()
        if row is None:
            return None
        return LastJob(row[0], row[1], msgspec.json.decode(row[2], type=JobReport))

    def note(self, job: Job, report: JobReport) -> None:
        """Keep a job and how far it is, before anything is done or said."""
        with self._guard:
            self._store.execute(
                "INSERT OR REPLACE INTO last_job VALUES (1, ?, ?, ?)",
                (job.number, job.kind, msgspec.json.encode(report)),
            )

    def revise(self, report: JobReport) -> None:
        """Keep a new report of the newest job."""
        with self._guard:
            self._store.execute("UPDATE last_job SET report = ?", (msgspec.json.encode(report),))

    def end_interrupted(self) -> None:
        """Judge a job in whose middle the agent ended: a reboot was done by that, anything else failed."""
        last = self.last()
        if last is None or last.report.state.is_final:
            return
        is_done = last.kind == "reboot" and last.report.state is JobState.RUNNING
        state, why = (JobState.DONE, "") if is_done else (JobState.FAILED, "interrupted")
        self.revise(JobReport(last.report.id, state, last.report.ver + 1, why))

    def want(self) -> Want | None:
        """Return the desired shadow."""
        with self._guard:
            row = self._store.execute("SELECT want FROM held_want").fetchone()
        return msgspec.json.decode(row[0], type=Want) if row else None

    def keep_want(self, want: Want) -> None:
        """Keep a new desired shadow."""
        with self._guard:
            self._store.execute(
                "INSERT OR REPLACE INTO held_want VALUES (1, ?, ?)",
                (want.version, msgspec.json.encode(want)),
            )
