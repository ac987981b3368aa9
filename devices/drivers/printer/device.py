"""The receipt printer: probe, send, wait for its own acknowledgement, clean up. Blocking; for one thread.

Nothing is raised outward for what a printer does: unavailable is a state, not an error. A broken job is
cleared out of the printer before anything else is sent, or it would come out on the next visitor's paper.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from content.paper.layout import lay_out
from content.paper.slip import Slip
from devices.clock import Clock
from devices.drivers.health import Health, Level
from devices.drivers.links import Link, LinkLost
from devices.drivers.printer.codec import identifier_of
from devices.drivers.printer.condition import Outcome, PrintResult, Reason
from devices.drivers.printer.conversation import Conversation
from devices.drivers.printer.encode import PrintJob, encode_slip, separator
from devices.drivers.printer.glyphs import DotFont
from devices.drivers.printer.model import AckKind, ModelSheet
from devices.drivers.printer.outgoing import Outgoing

POLL_S = 0.5
POLL_WHILE_SENDING_S = 2.0
"""Sending stops for a question: asked more often, a slow line would carry questions instead of the slip."""
_MARGIN_S = 5.0
_SHORTEST_CLEAN_S = 1.0
_LINE_FACTOR = 1.3
_BITS_PER_BYTE = 10
_FIT = frozenset({Reason.NONE, Reason.NEAR_END})

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Run:
    """One job under way."""

    talk: Conversation
    outgoing: Outgoing
    identifier: bytes
    deadline: float
    asked_at: float

    def is_poll_due(self, now: float) -> bool:
        """Tell whether it is time to ask how the printer is."""
        return now - self.asked_at >= (
            POLL_S if self.outgoing.is_all_sent else POLL_WHILE_SENDING_S
        )


class PrinterDevice:
    """One printer behind a link that is opened when needed, and again after a loss."""

    def __init__(
        self, *, connect: Callable[[], Link], model: ModelSheet, font: DotFont, clock: Clock
    ) -> None:
        self._connect = connect
        self._model = model
        self._font = font
        self._clock = clock
        self._talk: Conversation | None = None
        self._holds_rest = True
        self._has_torso = False
        self._half_sent = 0
        self._jobs = 0
        self._health = Health(Level.DOWN, Reason.NO_DEVICE)
        self._health_lock = threading.Lock()

    @property
    def health(self) -> Health:
        """The last known health; may be read from any thread."""
        with self._health_lock:
            return self._health

    def distrust(self) -> None:
        """Note that an earlier process may have left half a slip on the strip: it is cut off first."""
        self._has_torso = True
        self._holds_rest = True
        self._half_sent = self._model.buffer

    def watch(self) -> Health:
        """Look how the printer is, and clean up what a broken job left as soon as that can be done."""
        try:
            self._ready()
        except LinkLost as lost:
            self._drop(Reason(lost.reason))
        return self.health

    def print_slip(self, slip: Slip) -> PrintResult:
        """Print one slip and say what became of it."""
        lines = lay_out(slip, columns=self._model.columns)
        job = encode_slip(lines, model=self._model, font=self._font)
        try:
            talk, condition = self._ready()
        except LinkLost as lost:
            self._drop(Reason(lost.reason))
            return PrintResult(Outcome.NOT_STARTED, Reason(lost.reason))
        if condition not in _FIT:
            return PrintResult(Outcome.NOT_STARTED, condition)
        result = self._run(talk, job)
        if result.outcome is not Outcome.PRINTED:
            logger.warning(
                "print job broken off",
                extra={"outcome": str(result.outcome), "reason": str(result.reason)},
            )
        return result

    def close(self) -> None:
        """Let the port go."""
        if self._talk is not None:
            self._talk.close()
            self._talk = None

    def _ready(self) -> tuple[Conversation, Reason]:
        """Open the link if need be, look, and clean up; return the conversation and the condition."""
        if self._talk is None:
            self._talk = Conversation(self._connect(), self._clock)
            self._talk.clear_buffers()  # at once: what it holds of a broken job must not come out meanwhile
            self._talk.drain(self._model.settle_s)
            self._talk.clear_buffers()  # and again: some boards hear nothing just after opening
        condition = self._condition(self._talk)
        if condition in _FIT and self._holds_rest:
            self._clean(self._talk)
        return self._talk, condition

    def _clean(self, talk: Conversation) -> None:
        """Drop what the printer still holds, and cut off what stands half printed on the strip.

        A printer that does not know how to drop waits for the rest of a half sent picture, and would take it from
        the next visitor's slip: it gets nothings instead, which mean nothing anywhere else.
        """
        talk.clear_buffers()
        if self._has_torso:
            data = bytes(self._half_sent) + separator(self._model)
            line_s = len(data) * _BITS_PER_BYTE / self._model.baud
            if not talk.send_all(data, _SHORTEST_CLEAN_S + line_s * _LINE_FACTOR):
                return
            talk.drain(
                line_s
            )  # a question asked while the line is busy would seem to be unanswered
        self._has_torso = self._holds_rest = False

    def _run(self, talk: Conversation, job: PrintJob) -> PrintResult:
        self._holds_rest = self._has_torso = True
        self._half_sent = min(self._model.buffer, max(map(len, job.pieces)))
        run = self._begin(talk, job)
        try:
            result = self._send_and_wait(run)
            if result.outcome is Outcome.PRINTED:
                self._holds_rest = self._has_torso = False
            else:
                self._has_torso = result.reason is not Reason.NO_ACK
                talk.clear_buffers()
                if result.reason is Reason.SILENT:
                    self._drop(Reason.SILENT)  # and with the link what it still holds of the job
        except LinkLost as lost:
            self._drop(Reason(lost.reason))
            result = PrintResult(Outcome.INTERRUPTED, Reason(lost.reason))
        return replace(result, paper_mm=job.height_mm * run.outgoing.share_sent)

    def _begin(self, talk: Conversation, job: PrintJob) -> _Run:
        self._jobs += 1
        identifier = identifier_of(self._jobs)
        pieces = (*job.pieces, talk.acknowledgement(self._model.ack, identifier))
        now = self._clock.monotonic()
        return _Run(
            talk=talk,
            outgoing=Outgoing(pieces, baud=self._model.baud, now=now),
            identifier=identifier,
            deadline=now + self._budget_s(job),
            asked_at=now,
        )

    def _send_and_wait(self, run: _Run) -> PrintResult:
        result: PrintResult | None = None
        while result is None and self._clock.monotonic() < run.deadline:
            result = self._step(run)
        return result or self._over_budget(run)

    def _step(self, run: _Run) -> PrintResult | None:
        """Send a slice or listen, then ask how the printer is if it is time; return the outcome if known."""
        if self._advance(run):
            near_end = self.health.reason == Reason.NEAR_END
            return PrintResult(Outcome.PRINTED, Reason.NEAR_END if near_end else Reason.NONE)
        now = self._clock.monotonic()
        if not run.is_poll_due(now) or not run.outgoing.may_ask(now):
            return None
        run.asked_at = now
        condition = self._condition(run.talk)
        if condition in _FIT and self._is_through_without_ack(run):
            return PrintResult(Outcome.UNCONFIRMED, Reason.NO_ACK)
        if condition in _FIT or condition is Reason.SILENT:
            return None
        return PrintResult(Outcome.INTERRUPTED, condition)

    def _advance(self, run: _Run) -> bool:
        """Send what is due, or listen; tell whether the acknowledgement has come."""
        now = self._clock.monotonic()
        due = run.outgoing.slice_due(now)
        is_held = run.is_poll_due(now) and run.outgoing.is_between
        if due and not is_held:
            taken = run.talk.send(due)
            run.outgoing.taken(taken, self._clock.monotonic())
            return False
        return run.talk.hear_acknowledgement(self._model.ack, run.identifier)

    def _is_through_without_ack(self, run: _Run) -> bool:
        """For a printer that acknowledges nothing: all sent, and time enough to have printed it."""
        is_late = self._clock.monotonic() > run.deadline - _MARGIN_S
        return self._model.ack is AckKind.NONE and run.outgoing.is_all_sent and is_late

    def _over_budget(self, run: _Run) -> PrintResult:
        condition = self._condition(run.talk)
        if condition in _FIT:
            # Healthy and everything taken, but no word: it does not know this acknowledgement.
            is_all_sent = run.outgoing.is_all_sent
            return PrintResult(Outcome.UNCONFIRMED, Reason.NO_ACK if is_all_sent else Reason.SILENT)
        is_silent = condition is Reason.SILENT
        return PrintResult(Outcome.UNCONFIRMED if is_silent else Outcome.INTERRUPTED, condition)

    def _budget_s(self, job: PrintJob) -> float:
        line = len(job.data) * _BITS_PER_BYTE / self._model.baud * _LINE_FACTOR
        return line + job.height_mm / self._model.speed_mm_s + _MARGIN_S

    def _condition(self, talk: Conversation) -> Reason:
        """Ask until two rounds agree, and remember the answer as health."""
        answer = talk.agreed_round()
        if answer is None:
            condition = Reason.SILENT
        elif answer.fault is not Reason.NONE:
            condition = answer.fault
        else:
            is_near_end = answer.is_near_end and self._model.has_near_end
            condition = Reason.NEAR_END if is_near_end else Reason.NONE
        self._set_health(condition)
        return condition

    def _drop(self, reason: Reason) -> None:
        self.close()
        self._holds_rest = True
        self._set_health(reason)

    def _set_health(self, reason: Reason) -> None:
        level = {Reason.NONE: Level.OK, Reason.NEAR_END: Level.WARN}.get(reason, Level.DOWN)
        with self._health_lock:
            known = self._health
            if (known.level, known.reason, known.since is None) == (level, str(reason), False):
                return
            self._health = Health(level, str(reason), self._clock.now())
        logger.info("printer health", extra={"level": str(level), "reason": str(reason)})
