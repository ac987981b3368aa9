"""A simulated SDT reader: commands in, replies out, cards and faults as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from devices.drivers.id_card.codec import (
    Answer,
    Command,
    Deframer,
    answer_bytes,
    card_bytes,
)
from devices.drivers.id_card.status import Status

_SAM_ID = bytes.fromhex("0500 0100 c5263501 01000000 00000000")
"""05.01-20260549-…: of no real module."""


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """What goes wrong; the default is a healthy reader.

    Attributes:
        statuses: what is answered to a command instead of the truth.
        times: how often each of them is, before all is well; 0 for ever.
        unknown: commands that are not answered at all.
        says_found_again: goes on seeing a card that has been read; many readers do not until it is laid down anew.
    """

    statuses: Mapping[Command, int] = field(default_factory=dict)
    times: int = 0
    unknown: frozenset[Command] = frozenset()
    says_found_again: bool = True


class SimulatedReader:
    """See devices.sim.pty_device.SimulatedDevice. Orders: {"card": "resident"}, {"card": ""}."""

    def __init__(self, cards: Mapping[str, bytes], plan: FaultPlan | None = None) -> None:
        self._cards = cards
        self._plan = plan or FaultPlan()
        self._given = dict.fromkeys(self._plan.statuses, 0)
        self._inbound = Deframer()
        self._out = bytearray()
        self._card = ""
        self._is_selected = False
        self._was_read = False
        self.asked: list[Command] = []

    def receive(self, data: bytes, now: float) -> None:
        """Answer what is asked."""
        del now
        for command in self._inbound.feed_commands(data):
            self.asked.append(command)
            if command not in self._plan.unknown:
                self._out += self._answer(command)

    def step(self, now: float) -> None:
        """Nothing happens by itself."""

    def take_output(self) -> bytes:
        """Return the replies."""
        out = bytes(self._out)
        self._out.clear()
        return out

    def obey(self, order: Mapping[str, object]) -> None:
        """Lay a card down, or take it away."""
        name = order.get("card")
        if isinstance(name, str) and (name in self._cards or not name):
            self.lay(name)

    def lay(self, name: str) -> None:
        """Lay the card of this name on the reader, "" takes it away."""
        self._card = name
        self._is_selected = self._was_read = False

    def state(self) -> dict[str, object]:
        """Return what lies on it."""
        return {"card": self._card, "cards": sorted(self._cards)}

    def _answer(self, command: Command) -> bytes:
        wrong = self._plan.statuses.get(command)
        if wrong is not None and (not self._plan.times or self._given[command] < self._plan.times):
            self._given[command] += 1
            return answer_bytes(Answer(wrong))
        match command:
            case Command.STATUS | Command.RESET | Command.MAX_RF_BYTES:
                return answer_bytes(Answer(Status.OK))
            case Command.SAM_ID:
                return answer_bytes(Answer(Status.OK, _SAM_ID))
            case Command.FIND:
                return self._find()
            case Command.SELECT:
                self._is_selected = bool(self._card)
                return answer_bytes(
                    Answer(Status.OK, bytes(8)) if self._card else Answer(Status.SELECT_FAILED)
                )
            case Command.READ | Command.READ_WITH_FINGERPRINT:
                return self._read()
            case Command.READ_NEWEST_ADDRESS:
                return answer_bytes(Answer(Status.NO_SUCH_ITEM))

    def _find(self) -> bytes:
        is_seen = self._card and (self._plan.says_found_again or not self._was_read)
        self._is_selected = False
        return answer_bytes(Answer(Status.FOUND, bytes(4)) if is_seen else Answer(Status.NO_CARD))

    def _read(self) -> bytes:
        if not self._card or not self._is_selected:
            return answer_bytes(Answer(Status.READ_FAILED))
        self._was_read = True
        return card_bytes(self._cards[self._card])
