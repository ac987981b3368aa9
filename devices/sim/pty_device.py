"""Puts any simulated device on a pseudo-terminal, with a small socket to pull its cable and play its user.

`<link>.ctl` takes one JSON object a line: {"cable": "out" | "in"}, or what the device itself obeys, or {}; each is
answered with the device's state. While the cable is out, the path is gone, as it is with a USB adapter.
"""

import contextlib
import random
import selectors
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from devices.clock import Clock
from devices.sim.control import ControlSocket, control_path
from devices.sim.lines import PtyLine

_STEP_S = 0.05
_READ = 4096
_MOST_UNSENT = 4096


class SimulatedDevice(Protocol):
    """A device without I/O: bytes in, bytes out, time passed in."""

    def receive(self, data: bytes, now: float) -> None:
        """Take what the host sent."""
        ...

    def step(self, now: float) -> None:
        """Let time pass."""
        ...

    def take_output(self) -> bytes:
        """Return what is to be sent to the host."""
        ...

    def obey(self, order: Mapping[str, object]) -> None:
        """Do what its user does; unknown orders are ignored."""
        ...

    def state(self) -> dict[str, object]:
        """Return what can be seen of it."""
        ...


@dataclass(frozen=True, slots=True)
class LineFaults:
    """What goes wrong on the line, as data; the default is a good line.

    Attributes:
        unplug_at_byte: the cable is pulled when the device has sent so many bytes.
        stall_at_byte: nothing more comes through after so many bytes.
        noise: share of sent bytes before which a random byte comes.
        piece: longest piece in which bytes arrive, 0 for any.
        is_dead: nothing comes through at all.
        seed: of the noise.
    """

    unplug_at_byte: int | None = None
    stall_at_byte: int | None = None
    noise: float = 0.0
    piece: int = 0
    is_dead: bool = False
    seed: int = 1


GOOD_LINE = LineFaults()


class FaultyLine:
    """What of a device's bytes gets through. Pure."""

    def __init__(self, faults: LineFaults) -> None:
        self._faults = faults
        self._random = random.Random(faults.seed)  # noqa: S311 - noise that can be had again
        self._sent = 0
        self.is_unplugged = False

    def through(self, data: bytes) -> bytes:
        """Return what comes out at the other end."""
        faults = self._faults
        out = bytearray()
        for byte in data:
            if faults.unplug_at_byte is not None and self._sent >= faults.unplug_at_byte:
                self.is_unplugged = True
                break
            is_stalled = faults.stall_at_byte is not None and self._sent >= faults.stall_at_byte
            self._sent += 1
            if faults.is_dead or is_stalled:
                continue
            if faults.noise and self._random.random() < faults.noise:
                out.append(self._random.randrange(256))
            out.append(byte)
        return bytes(out)


class PtyDevice:
    """One device at one path. `run` serves until `stop`; the path appears with it and goes with it."""

    def __init__(
        self,
        device: SimulatedDevice,
        *,
        link: Path,
        clock: Clock,
        faults: LineFaults = GOOD_LINE,
    ) -> None:
        self._device = device
        self._link = link
        self._clock = clock
        self._line = FaultyLine(faults)
        self._piece = faults.piece or _READ
        self._stopping = threading.Event()
        self._selector = selectors.DefaultSelector()
        self._wake_out, self._wake_in = socket.socketpair()
        self._selector.register(self._wake_out, selectors.EVENT_READ)
        self._unsent = b""
        self._control = ControlSocket(
            control_path(link), self._selector, obey=self._obey, state=self._state
        )
        self._cable = PtyLine(link, self._selector)

    @property
    def control_path(self) -> Path:
        """Where the control socket is."""
        return control_path(self._link)

    def stop(self) -> None:
        """End `run`; callable from a signal handler and from any thread."""
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._wake_in.send(b"x")

    def run(self) -> None:
        """Serve until stopped; then remove the path."""
        try:
            while not self._stopping.is_set():
                self._turn()
        finally:
            self._close()

    def _turn(self) -> None:
        for key, _ in self._selector.select(_STEP_S):
            self._control.serve(key.fileobj)
        now = self._clock.monotonic()
        self._device.receive(self._cable.take(_READ), now)
        self._device.step(now)
        said = self._device.take_output()
        if self._cable.is_in:
            self._say(said)

    def _say(self, said: bytes) -> None:
        """Send what the line takes. What nobody reads is dropped in the end, as on a true serial line."""
        self._unsent = (self._unsent + self._line.through(said))[-_MOST_UNSENT:]
        while self._unsent and (taken := self._cable.give(self._unsent[: self._piece])):
            self._unsent = self._unsent[taken:]
        if self._line.is_unplugged:
            self._line = FaultyLine(GOOD_LINE)
            self._unplug()

    def _unplug(self) -> None:
        self._cable.unplug()
        self._unsent = b""

    def _obey(self, order: Mapping[str, object]) -> None:
        match order:
            case {"cable": "out"}:
                self._unplug()
            case {"cable": "in"}:
                self._cable.plug_in()
            case _:
                self._device.obey(order)

    def _state(self) -> dict[str, object]:
        return {"cable": "in" if self._cable.is_in else "out", **self._device.state()}

    def _close(self) -> None:
        self._unplug()
        self._control.close()
        for one in (self._wake_in, self._wake_out):
            one.close()
        self._selector.close()
