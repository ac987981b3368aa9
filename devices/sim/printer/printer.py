"""The simulated printer: bytes in, replies and printed slips out. No I/O; time is given by the caller.

Like a real one it holds what it cannot print: out of paper, the rest of a job waits in the buffer and comes
out when paper is loaded, unless it was told to drop it.
"""

import random
from collections import deque

from devices.drivers.printer.codec import BUFFER_CLEARED, PROCESS_ID_HEADER, ErrorCause, Query
from devices.drivers.printer.glyphs import DotFont
from devices.drivers.printer.model import AckKind, ModelSheet
from devices.sim.printer.faults import HEALTHY, FaultPlan
from devices.sim.printer.mechanism import Mechanism, Question
from devices.sim.printer.strip import DOTS_PER_MM, PrintedSlip, Strip
from devices.sim.printer.tokenizer import RealTimeFilter, take_command

_REAL_TIME = 0x12
_TORN_AFTER_S = 1.0
_NEW_ROLL_MM = 50_000.0


class SimulatedPrinter:
    """One printer with a 24-dot font and ESC/POS status; what else it has and knows its model's sheet says."""

    def __init__(
        self,
        *,
        model: ModelSheet,
        font: DotFont,
        plan: FaultPlan = HEALTHY,
        speed_mm_s: float = 150.0,
        seed: int = 0,
    ) -> None:
        self._model = model
        self._plan = plan
        self._speed_mm_s = speed_mm_s
        self._random = random.Random(seed)  # noqa: S311 - noise on a line, not a secret
        self._strip = Strip(dots=model.dots, font=font)
        self._filter = RealTimeFilter()
        self._buffer = bytearray()
        self._replies = bytearray()
        self._slips: deque[PrintedSlip] = deque()
        self._received = 0
        self._unplug_at_byte = plan.unplug_at_byte
        self._busy_until = 0.0
        self._paper_mm = plan.paper_mm
        self._moved_mm = 0.0
        self._awaits_rest = True  # a tall picture may be longer than the buffer
        self._is_cover_open = plan.cover_opens_at_mm == 0
        self._mechanism = Mechanism(self._strip, model)

    @property
    def is_unplugged(self) -> bool:
        """Tell whether the plan has pulled the cable."""
        at = self._unplug_at_byte
        return at is not None and self._received >= at

    @property
    def is_stalled(self) -> bool:
        """Tell whether the plan has it hang."""
        at = self._plan.stall_at_byte
        return at is not None and self._received >= at

    @property
    def is_paper_out(self) -> bool:
        """Tell whether there is no paper under the head."""
        return self._paper_mm <= 0

    @property
    def is_cover_open(self) -> bool:
        """Tell whether the cover is open."""
        return self._is_cover_open

    @property
    def errors(self) -> ErrorCause:
        """What has happened to it by its plan."""
        at = self._plan.error_at_mm
        return self._plan.error if at is not None and self._moved_mm >= at else ErrorCause(0)

    @property
    def is_offline(self) -> bool:
        """Tell whether it cannot print now."""
        return self.is_paper_out or self._is_cover_open or bool(self.errors)

    @property
    def room(self) -> int:
        """How many bytes it takes now: while offline it takes all, and drops what the buffer cannot hold."""
        if self.is_stalled:
            return 0
        if self.is_offline or self._awaits_rest:
            return self._model.buffer
        return max(0, self._model.buffer - len(self._buffer))

    def receive(self, data: bytes, now: float) -> None:
        """Take bytes from the line."""
        self._received += len(data)
        if self._plan.is_dead or self.is_stalled:
            return
        for kept, command in self._filter.feed(data):
            self._keep(kept)
            if command:
                self._real_time(command)
        self.step(now)

    def _keep(self, data: bytes) -> None:
        limit = 2 * self._model.buffer if self.is_offline else len(self._buffer) + len(data)
        self._buffer += data[: max(0, limit - len(self._buffer))]
        self._awaits_rest = False

    def step(self, now: float) -> None:
        """Do what can be done up to now."""
        while not self.is_offline and not self.is_stalled and now >= self._busy_until:
            command = take_command(self._buffer)
            self._awaits_rest = command is None
            if command is None:
                self._tear(now)
                return
            self._moved(self._mechanism.execute(command), now)
            if self._mechanism.take_cut() and self._model.has_cutter:
                self._leave(was_cut=True)
            self._answer_in_order()

    @property
    def wake_at(self) -> float | None:
        """When a step has something to do, or None if nothing happens by itself."""
        if self.is_offline or self.is_stalled:
            return None
        if self._buffer and not self._awaits_rest:
            return self._busy_until
        is_to_be_torn = not self._model.has_cutter and not self._strip.is_blank
        return self._busy_until + _TORN_AFTER_S if is_to_be_torn else None

    def _tear(self, now: float) -> None:
        """Let the visitor tear off what stands out of a printer without a cutter, when it has been still."""
        is_still = not self._buffer and now >= self._busy_until + _TORN_AFTER_S
        if is_still and not self._model.has_cutter:
            self._leave(was_cut=False)

    def take_replies(self) -> bytes:
        """Return what it says, once."""
        replies, self._replies = bytes(self._replies), bytearray()
        return replies

    def take_slips(self) -> tuple[PrintedSlip, ...]:
        """Return the slips that have left it, once."""
        slips = tuple(self._slips)
        self._slips.clear()
        return slips

    def plug_in(self) -> None:
        """Put the cable back; what it holds it still holds."""
        self._unplug_at_byte = None

    def mend(self) -> None:
        """Let the keeper put everything right. What is in its buffer is still there, as in a printer at its worst."""
        self._plan = FaultPlan(ignores_clearing=self._plan.ignores_clearing)
        self.plug_in()
        self.set_cover(is_open=False)
        if self._is_near_end or self.is_paper_out:
            self.load_paper()

    def load_paper(self) -> None:
        """Put in a fresh roll; what stands on the old strip goes out with it."""
        self._leave(was_cut=False)
        self._paper_mm = _NEW_ROLL_MM
        self._tell_change()

    def take_paper(self) -> None:
        """Pull the paper."""
        self._paper_mm = 0.0
        self._tell_change()

    def set_cover(self, *, is_open: bool) -> None:
        """Open or close the cover."""
        self._is_cover_open = is_open
        self._tell_change()

    def _real_time(self, command: bytes) -> None:
        match command[1]:
            case 0x04:
                self._say(bytes((self._status(command[2]),)))
            case _ if self._plan.ignores_clearing:
                pass
            case 0x05:
                if command[2] == 2:  # noqa: PLR2004 - DLE ENQ 2
                    self._clear()
            case _:
                self._clear()
                self._say(bytes((PROCESS_ID_HEADER, BUFFER_CLEARED, 0)))

    def _clear(self) -> None:
        self._buffer.clear()
        self._strip.forget_line()

    def _status(self, query: int) -> int:
        match Query(query) if query in list(Query) else Query.ERROR_CAUSE:
            case Query.PRINTER:
                return _REAL_TIME | (0x08 if self.is_offline else 0)
            case Query.OFFLINE_CAUSE:
                cover = 0x04 if self._is_cover_open else 0
                error = 0x40 if self.errors else 0
                return _REAL_TIME | cover | error | (0x20 if self.is_paper_out else 0)
            case Query.ROLL:
                near = 0x0C if self._is_near_end else 0
                return _REAL_TIME | near | (0x60 if self.is_paper_out else 0)
            case Query.ERROR_CAUSE:
                return _REAL_TIME | self.errors

    @property
    def _is_near_end(self) -> bool:
        return self._model.has_near_end and self._paper_mm < self._plan.near_end_mm

    def _paper_bits(self) -> int:
        near = 0x03 if self._is_near_end else 0
        return near | (0x0C if self.is_paper_out else 0)

    def _tell_change(self) -> None:
        if self._mechanism.auto_mask:
            first = 0x10 | (0x08 if self.is_offline else 0) | (0x20 if self._is_cover_open else 0)
            self._say(bytes((first, 0, self._paper_bits(), 0)))

    def _say(self, data: bytes) -> None:
        if self._plan.noise and self._random.random() < self._plan.noise:
            self._replies.append(self._random.randrange(256))
        self._replies += data

    def _answer_in_order(self) -> None:
        for answer in self._mechanism.take_answers():
            if answer is Question.AUTO:
                self._tell_change()
            elif answer is Question.IDENTITY:
                self._say(b"_SIMULATED\x00")
            elif answer is Question.PAPER:
                if self._knows(AckKind.PROCESS_ID, AckKind.PAPER_STATUS):
                    self._say(bytes((self._paper_bits(),)))
            elif self._knows(AckKind.PROCESS_ID):
                self._say(answer)

    def _knows(self, *kinds: AckKind) -> bool:
        return self._plan.has_acknowledgement and self._model.ack in kinds

    def _moved(self, dots: int, now: float) -> None:
        if not dots:
            return
        mm = dots / DOTS_PER_MM
        self._busy_until = max(now, self._busy_until) + mm / self._speed_mm_s
        was_near = self._paper_bits()
        self._paper_mm -= mm
        before, self._moved_mm = self._moved_mm, self._moved_mm + mm
        opens = self._plan.cover_opens_at_mm
        if opens is not None and before < opens <= self._moved_mm:
            self._is_cover_open = True
        if self.is_offline or self._paper_bits() != was_near:
            self._tell_change()

    def _leave(self, *, was_cut: bool) -> None:
        slip = self._strip.leave(was_cut=was_cut)
        if slip is not None:
            self._slips.append(slip)
