"""Question and answer with a printer over a link: status rounds, pieces, acknowledgement, clearing."""

from collections import deque

from devices.clock import Clock
from devices.drivers.links import Link
from devices.drivers.printer.codec import (
    BUFFER_CLEARED,
    CLEAR_BUFFERS,
    PAPER_STATUS_IN_ORDER,
    PROCESS_ID_HEADER,
    RECOVER_AND_CLEAR,
    Block,
    Demultiplexer,
    Frame,
    InOrder,
    Processed,
    Query,
    RealTime,
    ask,
    ask_process_id,
)
from devices.drivers.printer.condition import Round
from devices.drivers.printer.model import AckKind

ANSWER_S = 0.2
_SLICE_S = 0.02
_CLEARED = Block(PROCESS_ID_HEADER, bytes((BUFFER_CLEARED,)))
_IN_ORDER_QUESTIONS, _IN_ORDER_ANSWERS = 3, 2
"""An answer to GS r 1 carries no identifier: one byte of noise must not be taken for it, nor hide it."""
_MAX_ROUNDS = 8
_MAX_SILENT_ROUNDS = 2


class Conversation:
    """One open link with its demultiplexer. Frames that nobody asked for yet are kept in order."""

    def __init__(self, link: Link, clock: Clock) -> None:
        self._link = link
        self._clock = clock
        self._inbound = Demultiplexer()
        self._frames: deque[Frame] = deque(maxlen=256)

    def close(self) -> None:
        """Let the link go."""
        self._link.close()

    def send(self, data: bytes) -> int:
        """Send what the link takes now; take in what the printer says meanwhile."""
        taken = self._link.write(data)
        self._listen(0)
        return taken

    def send_all(self, data: bytes, within_s: float = 1.0) -> bool:
        """Send short data; tell whether all of it was taken in time."""
        deadline = self._clock.monotonic() + within_s
        while data and self._clock.monotonic() < deadline:
            data = data[self.send(data) :]
        return not data

    def drain(self, for_s: float) -> None:
        """Forget what comes in during so many seconds."""
        deadline = self._clock.monotonic() + for_s
        while (left := deadline - self._clock.monotonic()) > 0:
            self._link.read(min(left, _SLICE_S))
        self._inbound = Demultiplexer()
        self._frames.clear()

    def clear_buffers(self) -> None:
        """Have the printer drop all it has received; twice over, for printers that know one way only.

        What is sent before the printer says that it has cleared may be dropped too, so that is waited for.
        """
        self.send_all(CLEAR_BUFFERS + RECOVER_AND_CLEAR)
        deadline = self._clock.monotonic() + ANSWER_S
        while _CLEARED not in self._frames and self._clock.monotonic() < deadline:
            self._listen(_SLICE_S)
        self._frames.clear()

    def agreed_round(self) -> Round | None:
        """Return a round of status that was answered the same twice running; None if there is silence.

        Noise on the line is not a fault, and a late answer must not count for the next question.
        """
        last: Round | None = None
        silent = 0
        for _ in range(_MAX_ROUNDS):
            answer = self._round()
            if answer is None:
                silent += 1
                if silent >= _MAX_SILENT_ROUNDS:
                    return None
                continue
            if answer == last:
                return answer
            last = answer
        return None

    def _round(self) -> Round | None:
        """Ask all four questions, at once; one by one where a printer loses some that come so close together."""
        answers = self._ask(*Query)
        if answers and len(answers) < len(Query):
            answers = [bits for query in Query for bits in self._ask(query)[-1:]]
        if len(answers) == len(Query):
            return Round(*answers)
        self._listen(ANSWER_S)
        return None

    def _ask(self, *queries: Query) -> list[int]:
        self._listen(0)
        self._forget_real_time()
        self.send_all(b"".join(ask(query) for query in queries), ANSWER_S)
        deadline = self._clock.monotonic() + ANSWER_S
        answers: list[int] = []
        while len(answers) < len(queries) and self._clock.monotonic() < deadline:
            self._listen(_SLICE_S)
            answers = [frame.bits for frame in self._frames if isinstance(frame, RealTime)]
        return answers

    def _forget_real_time(self) -> None:
        kept = [frame for frame in self._frames if not isinstance(frame, RealTime)]
        self._frames.clear()
        self._frames.extend(kept)

    def acknowledgement(self, kind: AckKind, identifier: bytes) -> bytes:
        """Return what to append to a job so that the printer says when it is through."""
        self._frames.clear()
        match kind:
            case AckKind.PROCESS_ID:
                return ask_process_id(identifier)
            case AckKind.PAPER_STATUS:
                return PAPER_STATUS_IN_ORDER * _IN_ORDER_QUESTIONS
            case AckKind.NONE:
                return b""

    def hear_acknowledgement(self, kind: AckKind, identifier: bytes) -> bool:
        """Listen for a moment; tell whether this job's acknowledgement is among what has come."""
        self._listen(_SLICE_S)
        match kind:
            case AckKind.PROCESS_ID:
                return Processed(identifier) in self._frames
            case AckKind.PAPER_STATUS:
                answers = [f for f in self._frames if isinstance(f, InOrder) and not f.is_out]
                return len(answers) >= _IN_ORDER_ANSWERS
            case AckKind.NONE:
                return False

    def _listen(self, wait_s: float) -> None:
        self._frames.extend(self._inbound.feed(self._link.read(wait_s)))
