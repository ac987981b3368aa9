"""A sign shows one text. What it shall show is remembered, so that it is shown again after a loss."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from devices.clock import Clock
from devices.drivers.attendant import Attendant, Port, Turn, line_time_s, serial_port
from devices.drivers.health import Health, Level
from devices.drivers.reasons import Reason
from devices.drivers.text_sign import bx
from devices.drivers.text_sign.bx import Verdict

BX_BAUD = 57600
PLAIN_BAUD = 9600
_ANSWER_S = 1.0
_PROBE_EVERY_S = 60.0
_RETRY_S = 1.0
_SILENT_AFTER = 2
_MOST_PLAIN_BYTES = 1024
_IDLE_S = 0.2


class TextSign(Protocol):
    """What the terminal asks of any sign."""

    @property
    def health(self) -> Health:
        """The last known health."""
        ...

    def show(self, text: str) -> None:
        """Show this from now on, "" for nothing. Returns at once; never raises."""
        ...

    def close(self) -> None:
        """Let the port go."""
        ...


class Speech(Protocol):
    """How a kind of sign is spoken to. Pure."""

    @property
    def has_answer(self) -> bool:
        """Whether the sign says what became of a text."""
        ...

    def clear(self) -> None:
        """Forget half an answer."""
        ...

    def say(self, text: str) -> bytes:
        """Return the bytes that show a text."""
        ...

    def hear(self, data: bytes) -> tuple[Verdict, ...]:
        """Return the answers that these bytes complete."""
        ...


class BxSpeech:
    """ONBON BX font cards."""

    has_answer = True

    def __init__(self, sign: bx.Sign) -> None:
        self._sign = sign
        self._deframer = bx.Deframer()

    def clear(self) -> None:
        """See Speech."""
        self._deframer.clear()

    def say(self, text: str) -> bytes:
        """See Speech."""
        data = bx.show_data(text, self._sign)
        return bx.frame_bytes(bx.Frame(self._sign.address, bx.HOST, data))

    def hear(self, data: bytes) -> tuple[Verdict, ...]:
        """See Speech."""
        answers = (bx.read_answer(frame) for frame in self._deframer.feed(data))
        return tuple(answer for answer in answers if answer is not None)


class PlainSpeech:
    """Signs that show a line that ends with CR and say nothing."""

    has_answer = False

    def clear(self) -> None:
        """See Speech."""

    def say(self, text: str) -> bytes:
        """See Speech. A control character inside would end the line, or worse: it becomes a space."""
        line = "".join(sign if sign.isprintable() else " " for sign in text)
        return line.encode("gb18030")[:_MOST_PLAIN_BYTES] + b"\r"

    def hear(self, data: bytes) -> tuple[Verdict, ...]:
        """See Speech."""
        del data
        return ()


@dataclass(frozen=True, slots=True)
class Show:
    """Order to show a text."""

    text: str


class SignMachine:
    """See devices.drivers.attendant.Machine. It has no events: what counts is health."""

    def __init__(self, speech: Speech, *, baud: int) -> None:
        self._speech = speech
        self._baud = baud
        self._text: str | None = None
        self._due: float | None = None
        self._deadline: float | None = None
        self._silences = 0
        self._verdict: Verdict | None = None

    def opened(self, now: float) -> None:
        """Show again what is to be shown: the sign may have been without power."""
        self.lost(now)
        self._due = now if self._text is not None else None

    def lost(self, now: float) -> None:
        """Forget what was under way."""
        del now
        self._speech.clear()
        self._due = self._deadline = self._verdict = None
        self._silences = 0

    def obey(self, order: Show, now: float) -> None:
        """Show a text as soon as the sign has answered to the one before."""
        if order.text != self._text or self._verdict is not Verdict.SHOWN:
            self._text, self._due = order.text, now

    def turn(self, heard: bytes, now: float) -> Turn[Verdict]:
        """Take answers, note silence, send what is due."""
        for verdict in self._speech.hear(heard):
            if self._deadline is not None:
                self._answered(verdict, now)
        if self._deadline is not None and now >= self._deadline:
            self._deadline = None
            self._silences += 1
            self._again(now + _RETRY_S)
        send = b""
        if self._deadline is None and self._due is not None and now >= self._due:
            send = self._send(now)
        level, reason = self._health()
        return Turn(send=send, level=level, reason=reason, wait_s=_IDLE_S)

    def _send(self, now: float) -> bytes:
        self._due = None
        data = self._speech.say(self._text or "")
        if self._speech.has_answer:
            self._deadline = now + line_time_s(len(data), self._baud) + _ANSWER_S
        return data

    def _answered(self, verdict: Verdict, now: float) -> None:
        self._deadline, self._verdict, self._silences = None, verdict, 0
        # The same text again is the only question that every card of this family answers.
        self._again(now + _PROBE_EVERY_S)

    def _again(self, at: float) -> None:
        """Send once more at a time, unless a new text waits already."""
        if self._due is None:
            self._due = at

    def _health(self) -> tuple[Level | None, str]:
        if not self._speech.has_answer:
            return Level.OK, ""
        if self._silences >= _SILENT_AFTER:
            return Level.DOWN, Reason.SILENT
        match self._verdict:
            case None:
                return (None, "") if self._text is not None else (Level.OK, "")
            case Verdict.SHOWN:
                return Level.OK, ""
            case Verdict.REFUSED:
                return Level.WARN, Reason.REFUSED


class AttendedSign:
    """A TextSign in a thread of its own."""

    def __init__(
        self,
        speech: Speech,
        *,
        port: Port,
        clock: Clock,
        on_news: Callable[[], None] = lambda: None,
    ) -> None:
        """Make it; see devices.drivers.attendant.Attendant."""
        self.attendant: Attendant[Show, Verdict] = Attendant(
            SignMachine(speech, baud=port.baud),
            name="text_sign",
            port=port,
            clock=clock,
            on_news=on_news,
        )

    @property
    def health(self) -> Health:
        """See TextSign."""
        return self.attendant.health

    def show(self, text: str) -> None:
        """See TextSign."""
        self.attendant.order(Show(text))

    def start(self) -> None:
        """Begin."""
        self.attendant.start()

    def close(self) -> None:
        """See TextSign."""
        self.attendant.close()


def open_bx_sign(
    path: str,
    *,
    clock: Clock,
    sign: bx.Sign | None = None,
    baud: int = BX_BAUD,
    on_news: Callable[[], None] = lambda: None,
) -> AttendedSign:
    """Return a started ONBON sign at a serial port."""
    attended = AttendedSign(
        BxSpeech(sign or bx.Sign()),
        port=serial_port(path, baud=baud),
        clock=clock,
        on_news=on_news,
    )
    attended.start()
    return attended


def open_plain_sign(
    path: str,
    *,
    clock: Clock,
    baud: int = PLAIN_BAUD,
    on_news: Callable[[], None] = lambda: None,
) -> AttendedSign:
    """Return a started sign that takes lines of text."""
    attended = AttendedSign(
        PlainSpeech(), port=serial_port(path, baud=baud), clock=clock, on_news=on_news
    )
    attended.start()
    return attended
