"""What the terminal did, hour by hour: what its screens showed, how it was. Kept through any time without a link.

Counts of a running hour are rows of agent.db. An hour that is over moves, in one transaction, into a sealed envelope
of the outbox, which delivers it as it delivers a request: exactly once, however long that takes.
"""

import logging
import secrets
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from devices.agent.sealing import Sealer, envelope_key
from devices.wire.messages import to_bytes

logger = logging.getLogger(__name__)

PLAY, TELEMETRY = "play", "tele"
KINDS = (PLAY, TELEMETRY)
HOUR_S = 3600
MOST_ROWS = 200
"""Rows of one envelope: it stays far under 64 KiB."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS diary (
    kind TEXT NOT NULL, hour INTEGER NOT NULL, subject TEXT NOT NULL, count INTEGER NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (kind, hour, subject)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class DiaryRow:
    """One thing of one hour.

    Attributes:
        hour: unix seconds at which the hour began.
        subject: of a play "ui item version", of telemetry JSON.
        count: how often.
        first, last: unix seconds.
    """

    hour: int
    subject: str
    count: int
    first: int
    last: int


def is_record(key: str, *, device: str) -> bool:
    """Say whether an envelope's key names a page of the diary; the others are citizens'."""
    return key.startswith(tuple(f"{device}-{kind}-" for kind in KINDS))


class Diary:
    """Writes into agent.db. May be called from any thread."""

    def __init__(self, store: sqlite3.Connection, *, sealer: Sealer) -> None:
        self._store = store
        self._sealer = sealer
        self._guard = threading.Lock()
        self._sequence = 0
        store.executescript(SCHEMA)

    def note(self, kind: str, subject: str, now: int) -> None:
        """Count one more of something; a disk that takes nothing loses the count and stops nothing."""
        hour = now - now % HOUR_S
        try:
            with self._guard:
                self._store.execute(
                    "INSERT INTO diary VALUES (?, ?, ?, 1, ?, ?) ON CONFLICT (kind, hour, subject)"
                    " DO UPDATE SET count = count + 1, last = excluded.last",
                    (kind, hour, subject, now, now),
                )
        except sqlite3.Error as error:
            cause = getattr(error, "sqlite_errorname", "")
            logger.warning("diary not written", extra={"cause": cause})

    def has(self, kind: str, now: int) -> bool:
        """Say whether something of a kind was noted in the hour that runs."""
        with self._guard:
            row = self._store.execute(
                "SELECT 1 FROM diary WHERE kind = ? AND hour = ?", (kind, now - now % HOUR_S)
            ).fetchone()
        return row is not None

    def close_hours(self, now: int) -> int:
        """Put all hours that are over into envelopes; return how many envelopes that made."""
        made = 0
        for kind in KINDS:
            while self._close_some(kind, now):
                made += 1
        return made

    def _close_some(self, kind: str, now: int) -> bool:
        """Move the oldest rows of a kind into one envelope, all or nothing; False if none is over."""
        with self._guard:
            rows = self._store.execute(
                "SELECT hour, subject, count, first, last FROM diary WHERE kind = ? AND hour < ?"
                " ORDER BY hour, subject LIMIT ?",
                (kind, now - now % HOUR_S, MOST_ROWS),
            ).fetchall()
            if not rows:
                return False
            self._move(kind, [DiaryRow(*row) for row in rows], now)
        return True

    def _move(self, kind: str, rows: Sequence[DiaryRow], now: int) -> None:
        self._sequence += 1
        key = envelope_key(self._sealer.device, f"{kind}-{secrets.token_hex(12)}")
        body = msgspec.json.encode({"terminal": self._sealer.device, "rows": rows})
        envelope = self._sealer.seal(body, key=key, kind=kind, at=now, sequence=self._sequence)
        self._store.execute("BEGIN IMMEDIATE")
        try:
            self._store.execute(
                "INSERT INTO outbox (key, kind, at, envelope) VALUES (?, ?, ?, ?)",
                (key, kind, now, to_bytes(envelope)),
            )
            self._store.executemany(
                "DELETE FROM diary WHERE kind = ? AND hour = ? AND subject = ?",
                [(kind, row.hour, row.subject) for row in rows],
            )
            self._store.execute("COMMIT")
        except sqlite3.Error:
            if self._store.in_transaction:
                self._store.execute("ROLLBACK")
            raise
