"""A driver and its simulated device on a memory link; the clock moves only when one of them waits."""

from collections.abc import Callable
from typing import Any

from devices.drivers.attendant import Attendant, Port
from devices.drivers.links import LinkLost, MemoryLink
from devices.sim.pty_device import GOOD_LINE, FaultyLine, LineFaults, SimulatedDevice
from tests.support.hand_clock import HandClock

STEP_S = 0.01


class DeviceBench:
    """The simulated device, the cable, and what attends the other end of it."""

    def __init__(
        self, device: SimulatedDevice, *, faults: LineFaults = GOOD_LINE, baud: int = 115200
    ) -> None:
        self.clock = HandClock()
        self.device = device
        self.is_there = True
        self.is_busy = False
        self.opened = 0
        self.news = 0
        self.port = Port(self._connect, is_there=lambda: self.is_there, baud=baud)
        self._line = FaultyLine(faults)
        self._stopped_taking = False

    def hear_news(self) -> None:
        self.news += 1

    def stop_taking(self) -> None:
        """The device takes no byte more, but stays plugged in."""
        self._stopped_taking = True

    def attendant(self, machine: Any, *, name: str = "device") -> Attendant[Any, Any]:
        return Attendant(
            machine, name=name, port=self.port, clock=self.clock, on_news=self.hear_news
        )

    def run(self, attendant: Attendant[Any, Any], seconds: float) -> None:
        """Let so much time pass."""
        end = self.clock.monotonic() + seconds
        while self.clock.monotonic() < end:
            wait_s = attendant.attend()
            self.clock.advance(min(wait_s, max(end - self.clock.monotonic(), 0.0)))
            self.clock.advance(0.0001)

    def run_until(
        self, attendant: Attendant[Any, Any], is_done: Callable[[], bool], within_s: float = 20.0
    ) -> None:
        end = self.clock.monotonic() + within_s
        while not is_done():
            assert self.clock.monotonic() < end, "what the test waits for did not come"
            self.run(attendant, STEP_S)

    def _connect(self) -> MemoryLink:
        if not self.is_there:
            raise LinkLost("absent", "bench")
        if self.is_busy:
            raise LinkLost("busy", "bench")
        self.opened += 1
        return MemoryLink(self)

    def take(self, data: bytes) -> int:
        self._check()
        if self._stopped_taking:
            self.clock.advance(0.5)
            return 0
        self.device.receive(data, self.clock.monotonic())
        return len(data)

    def give(self, wait_s: float) -> bytes:
        end = self.clock.monotonic() + wait_s
        while True:
            self._check()
            self.device.step(self.clock.monotonic())
            said = self._line.through(self.device.take_output())
            if said or self.clock.monotonic() >= end:
                return said
            self.clock.advance(min(STEP_S, end - self.clock.monotonic()))

    def _check(self) -> None:
        if not self.is_there:
            raise LinkLost("unplugged", "bench")
