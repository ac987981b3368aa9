"""Print a slip and say honestly what became of it. When paper fails, the code on the screen stays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from content.paper.slip import Slip, slip_to_fields
from devices.ipc.messages import Print, Printed

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.flows.ports import Agent

PATIENCE_S = 30.0
"""How long an answer is waited for; the printer may still finish after that."""


class PrintState(StrEnum):
    """What a visitor is told. UNCONFIRMED: it may have printed, look before you try again."""

    IDLE = "idle"
    WAITING = "waiting"
    PRINTED = "printed"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    UNCONFIRMED = "unconfirmed"
    AWAY = "away"


_OUTCOMES = {
    "printed": PrintState.PRINTED,
    "not_started": PrintState.FAILED,
    "interrupted": PrintState.INTERRUPTED,
    "unconfirmed": PrintState.UNCONFIRMED,
}


@dataclass(frozen=True, slots=True)
class PrintView:
    """What the panel shows; `reason` is the driver's word, "" if none; `again`: this was a copy, marked 补打 n.

    `kind` is the slip's, so that the button that printed it offers another copy, and no other button does.
    """

    state: PrintState
    reason: str = ""
    again: bool = False
    kind: str = ""

    @property
    def may_print(self) -> bool:
        """Whether the button is live."""
        return self.state is not PrintState.WAITING


class PrintFlow:
    """One job at a time; a second tap while one runs does nothing.

    A slip printed once more is asked for as such: the agent counts the copies and marks each 补打 n.
    """

    def __init__(self, agent: Agent, *, new_job: Callable[[], str]) -> None:
        self._agent = agent
        self._new_job = new_job
        self._job = ""
        self._slip = ""
        self._printed: set[str] = set()
        self._until = 0.0
        self.view = PrintView(PrintState.IDLE)

    def start(self, slip: Slip, now: float) -> None:
        """Send the slip to the agent."""
        if self.view.state is PrintState.WAITING:
            return
        again = slip.key in self._printed
        self._job, self._slip = self._new_job(), slip.key
        sent = self._agent.send(Print(job=self._job, slip=slip_to_fields(slip), again=again))
        self._until = now + PATIENCE_S
        state = PrintState.WAITING if sent else PrintState.AWAY
        self.view = PrintView(state, again=again, kind=slip.kind.value)

    def answered(self, message: Printed) -> None:
        """Take the agent's answer; one to another job, or of another visitor, is not ours."""
        if message.job != self._job or not self._job:
            return
        state = _OUTCOMES.get(message.outcome, PrintState.UNCONFIRMED)
        self._ended(state, message.reason)

    def tick(self, now: float) -> bool:
        """Give up waiting in time; return whether the view changed."""
        if self.view.state is PrintState.WAITING and now >= self._until:
            self._ended(PrintState.UNCONFIRMED, "silent")
            return True
        return False

    def _ended(self, state: PrintState, reason: str) -> None:
        """Remember the slip if paper may have come out: the next one is a copy."""
        self.view = replace(self.view, state=state, reason=reason)
        if state is not PrintState.FAILED:
            self._printed.add(self._slip)

    def wipe(self) -> None:
        """Forget the job."""
        self._job = self._slip = ""
        self._printed.clear()
        self.view = PrintView(PrintState.IDLE)
