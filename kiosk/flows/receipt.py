"""How far a request has come, by the code on its receipt. The agent asks the controller; nothing is kept."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from devices.ipc.messages import LookUp, Progress

if TYPE_CHECKING:
    from kiosk.flows.ports import Agent

PATIENCE_S = 8.0


class ReceiptState(StrEnum):
    """What the screen shows. AWAY: the controller is not reached, the phone may reach it."""

    CLOSED = "closed"
    ASKING = "asking"
    KNOWN = "known"
    UNKNOWN = "unknown"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """What the screen draws; `state_word`, `text`, `next_step` and `lines` are the controller's words."""

    state: ReceiptState = ReceiptState.CLOSED
    code: str = ""
    url: str = ""
    state_word: str = ""
    text: str = ""
    next_step: str = ""
    lines: tuple[tuple[str, str], ...] = ()


class ReceiptFlow:
    """One code at a time."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self._until = 0.0
        self.public_url = ""
        self.view = ReceiptView()

    def open(self, code: str, now: float) -> None:
        """Ask for a code."""
        url = f"{self.public_url}/r/{code}"
        is_sent = self._agent.send(LookUp(code=code))
        self._until = now + PATIENCE_S
        state = ReceiptState.ASKING if is_sent else ReceiptState.AWAY
        self.view = ReceiptView(state, code, url)

    def answered(self, message: Progress) -> None:
        """Take the answer to our code; one to another code is not ours."""
        view = self.view
        if view.state is ReceiptState.CLOSED or message.code != view.code:
            return
        if message.error:
            is_unknown = message.error == "unknown"
            state = ReceiptState.UNKNOWN if is_unknown else ReceiptState.AWAY
            self.view = ReceiptView(state, view.code, view.url)
            return
        self.view = ReceiptView(
            ReceiptState.KNOWN,
            view.code,
            view.url,
            message.state,
            message.text,
            message.next_step,
            message.lines,
        )

    def tick(self, now: float) -> None:
        """Stop waiting in time."""
        if self.view.state is ReceiptState.ASKING and now >= self._until:
            self.view = ReceiptView(ReceiptState.AWAY, self.view.code, self.view.url)

    def wipe(self) -> None:
        """Forget the code."""
        self.view = ReceiptView()
