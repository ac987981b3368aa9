"""Set a presence radar up once, then listen to it."""

from collections.abc import Callable
from enum import Enum, auto

from devices.clock import Clock
from devices.drivers.attendant import Attendant, Turn, serial_port
from devices.drivers.health import Level
from devices.drivers.presence.codec import (
    Answer,
    Command,
    Deframer,
    Order,
    Range,
    Report,
    enable_bytes,
    order_bytes,
    range_bytes,
    read_range,
)
from devices.drivers.presence.judgement import Event, Judgement
from devices.drivers.reasons import Reason

BAUD = 256000
SILENT_AFTER_S = 2.0
_ANSWER_S = 0.5
_TURN_S = 0.1
WANTED = Range(moving_gate=4, still_gate=4, hold_s=0)
"""Four gates are 3 m. The module's own hold of 5 s is switched off: it would come on top of ours."""


class Stage(Enum):
    """What is being done."""

    ENABLING = auto()
    READING = auto()
    SETTING = auto()
    ENDING = auto()
    LISTENING = auto()


_SENT = {
    Stage.ENABLING: enable_bytes(),
    Stage.READING: order_bytes(Command.READ_PARAMETERS),
    Stage.SETTING: range_bytes(WANTED),
    Stage.ENDING: order_bytes(Command.END),
}
_AWAITED = {
    Stage.ENABLING: Command.ENABLE,
    Stage.READING: Command.READ_PARAMETERS,
    Stage.SETTING: Command.SET_RANGE,
    Stage.ENDING: Command.END,
}


class PresenceMachine:
    """See devices.drivers.attendant.Machine. It takes no orders."""

    def __init__(self, judgement: Judgement) -> None:
        self._judgement = judgement
        self._deframer = Deframer()
        self._stage = Stage.ENABLING
        self._is_sent = False
        self._deadline = 0.0
        self._heard_at = 0.0
        self._is_known = False

    def opened(self, now: float) -> None:
        """Begin with the settings; who is there is remembered from before."""
        self._deframer.clear()
        self._stage, self._is_sent = Stage.ENABLING, False
        self._heard_at = now
        self._is_known = False

    def lost(self, now: float) -> None:
        """See `opened`."""
        self.opened(now)

    def obey(self, order: None, now: float) -> None:
        """There are no orders."""

    def turn(self, heard: bytes, now: float) -> Turn[Event]:
        """Judge reports; go on with the settings."""
        events: list[Event] = []
        for frame in self._deframer.feed(heard):
            match frame:
                case Report():
                    self._heard_at, self._is_known = now, True
                    event = self._judgement.judge(frame, now)
                    events += [event] if event is not None else []
                case Answer():
                    self._heard_at = now
                    self._take(frame)
                case Order():
                    pass  # an echo of our own
        if self._is_sent and now >= self._deadline:
            self._give_up()
        level, reason = self._health(now)
        send = self._send(now)
        return Turn(send=send, events=tuple(events), level=level, reason=reason, wait_s=_TURN_S)

    def _send(self, now: float) -> bytes:
        if self._is_sent or self._stage is Stage.LISTENING:
            return b""
        self._is_sent, self._deadline = True, now + _ANSWER_S
        return _SENT[self._stage]

    def _take(self, answer: Answer) -> None:
        if not self._is_sent or answer.command != _AWAITED.get(self._stage):
            return
        match self._stage:
            case Stage.ENABLING:
                self._enter(Stage.READING if answer.is_ok else Stage.ENDING)
            case Stage.READING:
                # Its flash is written only when something is to be changed.
                self._enter(Stage.ENDING if read_range(answer) in {WANTED, None} else Stage.SETTING)
            case Stage.SETTING:
                self._enter(Stage.ENDING)
            case Stage.ENDING | Stage.LISTENING:
                self._enter(Stage.LISTENING)

    def _give_up(self) -> None:
        """A module that takes no settings is used as it is; it must be let out of configuration all the same."""
        self._enter(Stage.LISTENING if self._stage is Stage.ENDING else Stage.ENDING)

    def _enter(self, stage: Stage) -> None:
        self._stage, self._is_sent = stage, False

    def _health(self, now: float) -> tuple[Level | None, str]:
        if now - self._heard_at > SILENT_AFTER_S:
            return Level.DOWN, Reason.SILENT
        return (Level.OK, "") if self._is_known else (None, "")


def open_presence(
    path: str,
    *,
    clock: Clock,
    near_cm: int = 120,
    baud: int = BAUD,
    on_news: Callable[[], None] = lambda: None,
) -> Attendant[None, Event]:
    """Return a started radar at a serial port; that nothing is there yet is a state of health."""
    radar: Attendant[None, Event] = Attendant(
        PresenceMachine(Judgement(near_cm=near_cm, far_cm=near_cm + 50)),
        name="presence",
        port=serial_port(path, baud=baud),
        clock=clock,
        on_news=on_news,
    )
    radar.start()
    return radar
