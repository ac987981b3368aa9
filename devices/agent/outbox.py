"""What citizens left and the controller has not yet acknowledged. Durable, sealed, exactly once.

wire.md 9.3: one transaction keeps the sealed envelope under its idempotency key; only then the screen may say
已保存. A row goes only when the controller has said ok or dup; a rejected one stays for a person.
"""

import logging
import sqlite3
import threading
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from content.codes import code_from
from content.requests.form import RequestForm
from content.search.tally import Count, SearchLog, Tap
from devices.agent import sentences
from devices.agent.sealing import BadKey, Sealer, envelope_key
from devices.ipc.messages import Counted, Submitted
from devices.wire.messages import Ack, AckResult, BadMessage, Envelope, from_bytes, to_bytes

logger = logging.getLogger(__name__)

LOG = "log"
"""The kind of envelope that carries search counts."""
MOST_BYTES = 64 * 1024
"""Largest envelope (wire.md 9.2)."""


@dataclass(frozen=True, slots=True)
class Row:
    """An envelope that waits: its key, kind and JSON bytes."""

    key: str
    kind: str
    envelope: bytes


class Outbox:
    """Keeps sealed envelopes in agent.db. May be called from any thread."""

    def __init__(self, store: sqlite3.Connection, *, sealer: Sealer, attended: bool) -> None:
        self._store = store
        self._sealer = sealer
        self._attended = attended
        self._sequence = 0
        self._guard = threading.Lock()

    @property
    def device(self) -> str:
        """Whose outbox it is: common name of the certificate."""
        return self._sealer.device

    def submit(self, key: str, form: dict[str, object], now: int) -> Submitted:
        """Keep a request and return its receipt code, or a sentence that says it was not kept.

        Args:
            key: the UI's submission key; the same key is the same submission for ever.
            form: JSON form of content.requests.form.RequestForm.
            now: unix seconds.
        """
        try:
            whole = envelope_key(self._sealer.device, key)
            body = self._body(whole, msgspec.convert(form, type=RequestForm), now)
        except (BadKey, msgspec.ValidationError):
            return Submitted(key=key, error=sentences.FORM_UNREADABLE)
        return self._keep(key, whole, body, now)

    def keep_counts(self, key: str, counted: Counted, now: int) -> bool:
        """Keep a batch of search counts to be sent; False if it could not be kept, which harms nobody.

        Args:
            key: made once for this batch.
            counted: the batch.
            now: unix seconds.
        """
        log = SearchLog(
            counted.day,
            tuple(Count(*one) for one in counted.counts),
            tuple(Tap(*one) for one in counted.taps),
        )
        whole = envelope_key(self._sealer.device, key)
        return not self._keep(key, whole, msgspec.json.encode(log), now, kind=LOG).error

    def sign_anew(self) -> int:
        """Sign again what an earlier key of this terminal signed; return how many.

        After a new pairing over an old folder the controller knows the new key alone. What was sealed stays
        as it is, so the controller still finds an envelope that it has taken in already.
        """
        with self._guard:
            rows = self._store.execute("SELECT envelope FROM outbox").fetchall()
            old = [one for (data,) in rows if (one := _readable(data)) is not None]
            # An envelope of another id is not ours to sign: the controller rejects it to a person.
            ours = [one for one in old if one.device == self._sealer.device]
            fresh = [self._sealer.sign(one) for one in ours if not self._sealer.has_signed(one)]
            for one in fresh:
                self._store.execute(
                    "UPDATE outbox SET envelope = ?, rejected = 0 WHERE key = ?",
                    (to_bytes(one), one.key),
                )
        return len(fresh)

    def waiting(self) -> tuple[Row, ...]:
        """Return what is to be sent, oldest first."""
        with self._guard:
            rows = self._store.execute(
                "SELECT key, kind, envelope FROM outbox WHERE rejected = 0 ORDER BY at, key"
            ).fetchall()
        return tuple(Row(*row) for row in rows)

    def settle(self, ack: Ack) -> bool:
        """Do what the controller's answer asks for; False if the row is not (or no longer) here."""
        if ack.result is AckResult.LATER:
            return False
        with self._guard:
            if ack.result is AckResult.REJECTED:
                done = self._store.execute(
                    "UPDATE outbox SET rejected = 1, why = ? WHERE key = ?", (ack.why, ack.key)
                )
                return done.rowcount > 0
            done = self._store.execute("DELETE FROM outbox WHERE key = ?", (ack.key,))
            self._tidy()
            return done.rowcount > 0

    def length(self) -> int:
        """Return how many requests are here, the rejected ones among them; the diary's pages do not count."""
        return self._number("SELECT count(*) FROM outbox WHERE kind = 'req'")

    def rejected(self) -> tuple[str, ...]:
        """Return the keys that the controller rejected."""
        with self._guard:
            rows = self._store.execute(
                "SELECT key FROM outbox WHERE rejected = 1 AND kind = 'req'"
            ).fetchall()
        return tuple(key for (key,) in rows)

    def oldest(self) -> int:
        """Return the unix second of the oldest waiting request, 0 for none."""
        return self._number(
            "SELECT coalesce(min(at), 0) FROM outbox WHERE rejected = 0 AND kind = 'req'"
        )

    def _body(self, key: str, form: RequestForm, now: int) -> bytes:
        return msgspec.json.encode(
            {
                "code": code_from(key),
                "form": form,
                "filed_at": now,
                "attended": self._attended,
                "terminal": self._sealer.device,
            }
        )

    def _keep(self, key: str, whole: str, body: bytes, now: int, *, kind: str = "req") -> Submitted:
        with self._guard:
            self._sequence += 1
            envelope = self._sealer.seal(
                body, key=whole, kind=kind, at=now, sequence=self._sequence
            )
            data = to_bytes(envelope)
            if len(data) > MOST_BYTES:
                return Submitted(key=key, error=sentences.FORM_TOO_LONG)
            try:
                self._insert(whole, now, data, kind=kind)
            except sqlite3.Error as error:
                # Disk full, read-only or damaged: the visitor must know that nothing was kept.
                cause = getattr(error, "sqlite_errorname", "")
                logger.exception("request not kept", extra={"cause": cause})
                sorry = sentences.NOT_KEPT if self._attended else sentences.NOT_KEPT_ALONE
                return Submitted(key=key, error=sorry)
        return Submitted(key=key, code=code_from(whole))

    def _insert(self, key: str, now: int, data: bytes, *, kind: str) -> None:
        self._store.execute("BEGIN IMMEDIATE")
        try:
            # A retry of the UI finds its row; what was kept first stays.
            self._store.execute(
                "INSERT INTO outbox (key, kind, at, envelope) VALUES (?, ?, ?, ?)"
                " ON CONFLICT (key) DO NOTHING",
                (key, kind, now, data),
            )
            self._store.execute("COMMIT")
        except sqlite3.Error:
            if self._store.in_transaction:
                self._store.execute("ROLLBACK")
            raise

    def _tidy(self) -> None:
        """Empty the write-ahead log with the outbox, so that not even sealed bytes stay behind."""
        if self._store.execute("SELECT 1 FROM outbox LIMIT 1").fetchone() is None:
            # The spool writes to the same file: while it is at it, the next time will do.
            with suppress(sqlite3.OperationalError):
                self._store.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _number(self, query: str) -> int:
        with self._guard:
            (number,) = self._store.execute(query).fetchone()
        return int(number)


def _readable(data: bytes) -> Envelope | None:
    """Return an envelope; None for one that the disk has damaged: the controller rejects it to a person."""
    try:
        return from_bytes(data, Envelope)
    except BadMessage:
        return None
