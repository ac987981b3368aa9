"""Serves a simulated printer on a line, at the line's speed, with a control socket to pull its paper.

`<link>.ctl` takes one JSON object a line, {"paper": "out" | "in"}, {"cover": "open" | "closed"},
{"cable": "out" | "in"}, {"mend": true} for all of it, or {}, and answers each with the printer's state.
"""

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from devices.clock import Clock
from devices.sim.control import ControlSocket, control_path
from devices.sim.lines import Line, PacedLine, PtyLine
from devices.sim.printer.folder import SlipFolder
from devices.sim.printer.printer import SimulatedPrinter

_IDLE_S = 0.5
_SHORTEST_S = 0.002
_READ = 4096
_AHEAD = 1024
"""Bytes taken from the host ahead of the line's speed; the rest waits where the host can still take it back."""

MakeLine = Callable[[selectors.BaseSelector], Line]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the printer stands.

    Attributes:
        link: its path, or where it would be: the control socket is beside it.
        make_line: makes the line; a pseudo-terminal at `link` if None.
        baud: speed of the line, 0 for no limit.
        transcript: is told all that comes over the line, with the monotonic time at which it had arrived.
    """

    link: Path
    make_line: MakeLine | None = None
    baud: int = 0
    transcript: Callable[[bytes, float], None] | None = None


class PrinterHost:
    """One printer at one place. `run` serves until `stop`; the path appears with the host and goes with it."""

    def __init__(
        self, printer: SimulatedPrinter, place: Place, *, slips: SlipFolder, clock: Clock
    ) -> None:
        self._printer = printer
        self._slips = slips
        self._clock = clock
        self._stopping = threading.Event()
        self._selector = selectors.DefaultSelector()
        self._wake_out, self._wake_in = socket.socketpair()
        self._selector.register(self._wake_out, selectors.EVENT_READ)
        self._unsent = b""
        self._wire = PacedLine(place.baud)
        self._transcript = place.transcript
        make = place.make_line or (lambda selector: PtyLine(place.link, selector))
        self.control_path = control_path(place.link)
        self._control = ControlSocket(
            self.control_path, self._selector, obey=self._obey, state=self._state
        )
        self._cable = make(self._selector)

    @property
    def line(self) -> Line:
        """The line."""
        return self._cable

    def stop(self) -> None:
        """End `run`; callable from a signal handler and from any thread."""
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._wake_in.send(b"x")

    def run(self) -> None:
        """Serve until stopped; then remove the link."""
        try:
            while not self._stopping.is_set():
                self._turn()
        finally:
            self._close()

    def _turn(self) -> None:
        for key, _ in self._selector.select(self._timeout_s()):
            self._control.serve(key.fileobj)
            self._cable.serve(key.fileobj)
        self._take_bytes()
        for slip in self._printer.take_slips():
            self._slips.keep(slip, self._clock.now())
        self._answer()

    def _timeout_s(self) -> float:
        """Until the next byte or until the paper stops; with no room the waiting bytes must not spin the loop."""
        self._cable.listen(wanted=self._wire.waiting < _AHEAD)
        wakes = [self._printer.wake_at]
        if self._printer.room > 0:
            wakes.append(self._wire.next_at)
        now = self._clock.monotonic()
        soonest = min((at - now for at in wakes if at is not None), default=_IDLE_S)
        return min(max(soonest, _SHORTEST_S), _IDLE_S)

    def _take_bytes(self) -> None:
        now = self._clock.monotonic()
        if room := max(0, _AHEAD - self._wire.waiting):
            self._wire.put(self._cable.take(room), now)
        self._printer.step(now)
        arrived = self._wire.take(now, most=self._printer.room)
        if arrived and self._transcript is not None:
            self._transcript(arrived, self._wire.quiet_since)
        if arrived:
            self._printer.receive(arrived, now)

    def _answer(self) -> None:
        """Say what there is to say; a slip is in its folder before the printer says that it is through."""
        self._unsent += self._printer.take_replies()
        if self._unsent:
            self._unsent = self._unsent[self._cable.give(self._unsent) :]
        if self._printer.is_unplugged:
            self._unplug()

    def _unplug(self) -> None:
        self._cable.unplug()
        self._wire.drop()
        self._unsent = b""

    def _lose_what_is_sent(self) -> None:
        """A printer that hangs is mended by its switch; what is sent while it is off goes nowhere."""
        while self._cable.take(_READ):
            pass
        self._wire.drop()

    def _plug_in(self) -> None:
        self._printer.plug_in()
        self._cable.plug_in()

    def _obey(self, order: Mapping[str, object]) -> None:
        match order:
            case {"paper": "out"}:
                self._printer.take_paper()
            case {"paper": "in"}:
                self._printer.load_paper()
            case {"cover": "open" | "closed" as cover}:
                self._printer.set_cover(is_open=cover == "open")
            case {"cable": "out"}:
                self._unplug()
            case {"cable": "in"}:
                self._plug_in()
            case {"mend": True}:
                if self._printer.is_stalled:
                    self._lose_what_is_sent()
                self._printer.mend()
                self._plug_in()
            case _:
                pass

    def _state(self) -> dict[str, object]:
        return {
            "cable": "in" if self._cable.is_in else "out",
            "paper": "out" if self._printer.is_paper_out else "in",
            "cover": "open" if self._printer.is_cover_open else "closed",
            "slips": self._slips.count,
        }

    def _close(self) -> None:
        self._unplug()
        self._control.close()
        for one in (self._wake_in, self._wake_out):
            one.close()
        self._selector.close()
