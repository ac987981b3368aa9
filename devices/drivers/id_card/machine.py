"""Decide what to ask a card reader: find, select and read while a step asks for a card, else only its health.

Rules of this machine:
1. No card is looked for unless a step asks.
2. A card belongs to the step in which it was laid down. After a good read, and after a step that ended with a card
   on the reader, no card is read until the reader has found none twice running.
3. What arrives for a step that has ended is dropped.
"""

from dataclasses import dataclass
from enum import Enum, auto

from devices.drivers.attendant import Turn, line_time_s
from devices.drivers.health import Level
from devices.drivers.id_card.codec import (
    READ_REPLY_BYTES,
    Answer,
    CardText,
    Command,
    Deframer,
    Reply,
    command_bytes,
)
from devices.drivers.id_card.layouts import BadCard, IdCard, UnknownLayout, read_text
from devices.drivers.id_card.status import Status, Trouble, reader_fault
from devices.drivers.reasons import Reason

FIND_EVERY_S = 0.4
PROBE_EVERY_S = 1.5
_ANSWER_S = 1.0
_PROBE_ANSWER_S = 0.4
_SHORT_REPLY_BYTES = 32
_GONE_AFTER = 2
_SILENT_AFTER = 2
_TOLD_AFTER = 2


@dataclass(frozen=True, slots=True)
class Ask:
    """A step wants a card; steps are numbered by the caller."""

    step: int


@dataclass(frozen=True, slots=True)
class Stop:
    """The step has ended, whatever came of it."""


Order = Ask | Stop


@dataclass(frozen=True, slots=True)
class CardRead:
    """A card for the step. Its repr is masked."""

    step: int
    card: IdCard


@dataclass(frozen=True, slots=True)
class CardGone:
    """The card that lay on the reader has been taken away; the next one may come."""

    step: int


@dataclass(frozen=True, slots=True)
class TakeCardAway:
    """A card from before this step lies on the reader; it is not read."""

    step: int


@dataclass(frozen=True, slots=True)
class CardTrouble:
    """A card could not be read; devices.drivers.id_card.status.say has the sentences."""

    step: int
    status: int


Event = CardRead | CardGone | TakeCardAway | CardTrouble


class Stage(Enum):
    """What is being done."""

    PROBING = auto()
    TUNING = auto()
    RESTING = auto()
    FINDING = auto()
    SELECTING = auto()
    READING = auto()
    LEAVING = auto()


class Result(Enum):
    """What came of a command."""

    OK = auto()
    FOUND = auto()
    NONE = auto()
    CARD = auto()
    FAILED = auto()
    SILENT = auto()


_COMMANDS = {
    Stage.PROBING: Command.STATUS,
    Stage.TUNING: Command.MAX_RF_BYTES,
    Stage.RESTING: Command.STATUS,
    Stage.FINDING: Command.FIND,
    Stage.SELECTING: Command.SELECT,
    Stage.READING: Command.READ,
    Stage.LEAVING: Command.FIND,
}

TRANSITIONS = {
    (Stage.PROBING, Result.OK): Stage.TUNING,
    # Readers that do not know this command work without it.
    (Stage.TUNING, Result.OK): Stage.RESTING,
    (Stage.TUNING, Result.FAILED): Stage.RESTING,
    (Stage.TUNING, Result.SILENT): Stage.RESTING,
    (Stage.FINDING, Result.FOUND): Stage.SELECTING,
    (Stage.SELECTING, Result.OK): Stage.READING,
    (Stage.SELECTING, Result.FAILED): Stage.FINDING,
    (Stage.SELECTING, Result.SILENT): Stage.FINDING,
    (Stage.READING, Result.CARD): Stage.LEAVING,
    (Stage.READING, Result.FAILED): Stage.FINDING,
    (Stage.READING, Result.SILENT): Stage.FINDING,
}
"""What follows; where nothing stands, the same is asked again later."""

_AT_ONCE = frozenset({Stage.TUNING, Stage.SELECTING, Stage.READING})


@dataclass(frozen=True, slots=True)
class _Exchange:
    """A command that has been sent, for which step, and until when its answer counts."""

    command: Command
    step: int
    deadline: float

    def is_of_another(self, step: int) -> bool:
        """Tell whether it concerns a card and the step it was sent for has ended."""
        return self.command in {Command.FIND, Command.SELECT, Command.READ} and self.step != step


class IdCardMachine:
    """See devices.drivers.attendant.Machine."""

    def __init__(self, *, baud: int) -> None:
        self._baud = baud
        self._deframer = Deframer()
        self._stage = Stage.PROBING
        self._exchange: _Exchange | None = None
        self._due = 0.0
        self._step = 0
        self._is_card_seen = False
        self._must_leave = False
        self._is_left_over = False
        self._times_gone = 0
        self._silences = 0
        self._is_known = False
        self._fault: Reason | None = None
        self._failures = 0
        self._told: int | None = None
        self._events: list[Event] = []

    @property
    def stage(self) -> Stage:
        """What is being done now."""
        return self._stage

    def opened(self, now: float) -> None:
        """Begin with the reader's own status."""
        self._deframer.clear()
        self._stage = Stage.PROBING
        self._exchange = None
        self._due = now
        self._silences = 0
        self._is_known = False
        self._fault = None

    def lost(self, now: float) -> None:
        """Forget what was under way; that a card must be taken away is not forgotten."""
        self.opened(now)

    def obey(self, order: Order, now: float) -> None:
        """Begin or end a step."""
        self._must_leave |= self._is_card_seen
        self._is_left_over = self._must_leave
        self._failures, self._told, self._times_gone = 0, None, 0
        match order:
            case Ask(step):
                self._step = step
                self._due = min(self._due, now)
            case Stop():
                self._step = 0
                self._deframer.clear()
        self._settle()

    def turn(self, heard: bytes, now: float) -> Turn[Event]:
        """Take replies, note silence, send what is due."""
        for reply in self._deframer.feed(heard):
            exchange = self._exchange
            if exchange is not None and _fits(exchange.command, reply):
                self._take(reply, exchange, now)
        if self._exchange is not None and now >= self._exchange.deadline:
            self._go_on(Result.SILENT, Trouble.NO_ANSWER, now)
        send = self._send(now) if self._exchange is None and now >= self._due else b""
        events, self._events = tuple(self._events), []
        level, reason = self._health()
        wait_s = (self._exchange.deadline if self._exchange else self._due) - now
        return Turn(send=send, events=events, level=level, reason=reason, wait_s=wait_s)

    def _send(self, now: float) -> bytes:
        command = _COMMANDS[self._stage]
        is_read = command is Command.READ
        line_s = line_time_s(READ_REPLY_BYTES if is_read else _SHORT_REPLY_BYTES, self._baud)
        answer_s = _PROBE_ANSWER_S if command is Command.STATUS else _ANSWER_S
        self._exchange = _Exchange(command, self._step, now + line_s + answer_s)
        self._deframer.clear()
        return command_bytes(command)

    def _take(self, reply: Reply, exchange: _Exchange, now: float) -> None:
        self._silences = 0
        self._is_known = True
        match reply:
            case Answer(status):
                self._note_fault(status)
                self._go_on(_result(status), status, now)
            case CardText(text):
                if exchange.step == self._step != 0:
                    self._deliver(text)
                self._go_on(Result.CARD, Status.OK, now)

    def _deliver(self, text: bytes) -> None:
        """Tell the step of its card, or why it cannot be used; either way it must be taken away."""
        self._must_leave = True
        try:
            card = read_text(text)
        except UnknownLayout:
            self._events.append(CardTrouble(self._step, Trouble.LAYOUT))
            return
        except BadCard:
            self._events.append(CardTrouble(self._step, Trouble.TEXT))
            return
        if card.is_number_true:
            self._events.append(CardRead(self._step, card))
        else:
            self._events.append(CardTrouble(self._step, Trouble.NUMBER))

    def _go_on(self, result: Result, status: int, now: float) -> None:
        """End the exchange and move to the next stage."""
        exchange, self._exchange = self._exchange, None
        stage = self._stage
        if result is Result.SILENT:
            self._silences += 1
        is_stale = exchange is not None and exchange.is_of_another(self._step)
        if is_stale and result in {Result.FOUND, Result.CARD}:
            self._must_leave = self._is_left_over = True
        if exchange is not None and exchange.command is Command.FIND:
            self._note_card(result)
        if stage in {Stage.SELECTING, Stage.READING} and result in {Result.FAILED, Result.SILENT}:
            self._note_failure(status)
        if not is_stale:
            self._stage = TRANSITIONS.get((stage, result), stage)
        self._settle()
        is_at_rest = self._stage is Stage.RESTING and result is not Result.SILENT
        pause = PROBE_EVERY_S if is_at_rest else FIND_EVERY_S
        self._due = now if self._stage in _AT_ONCE else now + pause

    def _settle(self) -> None:
        """Let what is asked decide: rest, wait for a card to be taken away, or look for one."""
        if self._stage in {Stage.PROBING, Stage.TUNING}:
            return
        if self._step == 0:
            self._stage = Stage.RESTING
        elif self._must_leave:
            self._stage = Stage.LEAVING
        elif self._stage in {Stage.RESTING, Stage.LEAVING}:
            self._stage = Stage.FINDING

    def _note_card(self, result: Result) -> None:
        """Keep what the reader sees: it has let go of a card when it found none twice running."""
        if result is Result.FOUND:
            if self._is_left_over and self._step:
                self._events.append(TakeCardAway(self._step))
                self._is_left_over = False
            self._is_card_seen = True
            self._times_gone = 0
            return
        if result is not Result.NONE:
            return
        self._times_gone += 1
        if self._times_gone >= _GONE_AFTER:
            if self._must_leave and self._is_card_seen and self._step:
                self._events.append(CardGone(self._step))
            self._is_card_seen = self._must_leave = self._is_left_over = False
            self._failures, self._told = 0, None

    def _note_failure(self, status: int) -> None:
        """Tell of a failure when it comes again, and once: the first is mostly a card not yet at rest."""
        self._failures += 1
        if self._failures >= _TOLD_AFTER and status != self._told and self._step:
            self._told = status
            self._events.append(CardTrouble(self._step, status))

    def _note_fault(self, status: int) -> None:
        fault = reader_fault(status)
        if fault is not None or status in {Status.OK, Status.FOUND, Status.NO_CARD}:
            self._fault = fault

    def _health(self) -> tuple[Level | None, str]:
        if self._silences >= _SILENT_AFTER:
            return Level.DOWN, Reason.SILENT
        if self._fault is not None:
            return Level.DOWN, self._fault
        return (Level.OK, "") if self._is_known else (None, "")


def _result(status: int) -> Result:
    match status:
        case Status.OK:
            return Result.OK
        case Status.FOUND:
            return Result.FOUND
        case Status.NO_CARD:
            return Result.NONE
        case _:
            return Result.FAILED


def _fits(command: Command, reply: Reply) -> bool:
    """Tell whether a reply can answer a command: a late one must not count for the next question."""
    if command is Command.READ:
        return isinstance(reply, CardText) or reply.status not in {Status.OK, Status.FOUND}
    if isinstance(reply, CardText):
        return False
    return (reply.status != Status.OK) if command is Command.FIND else reply.status != Status.FOUND
