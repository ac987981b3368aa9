"""An ID card fills in name and number: only while the step asks, and the card must be taken away again.

What the card says is handed on once and not kept here. The agent numbers nothing: the step's name is ours, and a card
that comes for another one belongs to a visitor who has gone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from devices.ipc.messages import CardSeen, CardWanted, DeviceHealth

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.flows.ports import Agent

DEVICE = "id_card"


class CardState(StrEnum):
    """What the visitor is told; NONE: this terminal has no reader."""

    NONE = "none"
    WAITING = "waiting"
    READ = "read"
    DONE = "done"
    TAKE_AWAY = "take_away"
    TROUBLE = "trouble"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class CardView:
    """What the form shows. `sentence` is the driver's own, where the state has none."""

    state: CardState = CardState.NONE
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Who the card belongs to."""

    name: str = field(repr=False)
    number: str = field(repr=False)


_STATES = {
    "gone": CardState.DONE,
    "take_away": CardState.TAKE_AWAY,
    "trouble": CardState.TROUBLE,
}


class CardFlow:
    """Asks for a card and says what becomes of it."""

    def __init__(self, agent: Agent, *, new_step: Callable[[], str]) -> None:
        self._agent = agent
        self._new_step = new_step
        self._step = ""
        self._is_there = False
        self._is_down = False
        self._sorry = ""
        self._seen = CardView(CardState.WAITING)

    @property
    def view(self) -> CardView:
        """What to show."""
        if not self._is_there:
            return CardView()
        if self._is_down:
            return CardView(CardState.DOWN, self._sorry)
        return self._seen

    @property
    def is_left(self) -> bool:
        """Whether the visitor's card still lies on the reader."""
        return self._seen.state is CardState.READ

    def health(self, health: DeviceHealth) -> None:
        """Take how the reader is; other devices' health is none of a card."""
        if health.device != DEVICE:
            return
        self._is_there = True
        self._is_down = health.level == "down"
        self._sorry = health.visitor

    def welcomed(self) -> None:
        """Ask anew: the agent has come back and knows nothing of a step."""
        self._step = ""

    def tick(self, *, is_asked: bool) -> None:
        """Begin or end to ask. A card that was read is watched until it has been taken away."""
        if not self._is_there:
            return
        wanted = is_asked or self.is_left
        if wanted and not self._step:
            step = self._new_step()
            if self._agent.send(CardWanted(step=step)):
                self._step = step
        elif self._step and not wanted:
            self._end()

    def seen(self, message: CardSeen) -> Person | None:
        """Take what became of a card; return whose it is when it was read."""
        if not self._step or message.step != self._step:
            return None
        if message.state == "read":
            self._seen = CardView(CardState.READ)
            return Person(message.name, message.number)
        state = _STATES.get(message.state)
        is_news = state is not CardState.DONE or self.is_left
        if state is not None:
            self._seen = CardView(
                state if is_news else CardState.WAITING,
                message.sentence,
            )
        return None

    def wipe(self) -> None:
        """Ask no more, whatever lies on the reader."""
        if self._step:
            self._end()
        self._seen = CardView(CardState.WAITING)

    def _end(self) -> None:
        self._step = ""
        self._agent.send(CardWanted(step=""))
        self._seen = CardView(CardState.WAITING)
