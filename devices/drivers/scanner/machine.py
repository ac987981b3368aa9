"""Turn a scanner's bytes into scans. A scanner cannot be asked how it is: it is well while its port is open."""

from collections.abc import Callable
from dataclasses import dataclass

from devices.clock import Clock
from devices.drivers.attendant import Attendant, Turn, serial_port
from devices.drivers.scanner.codec import TRIGGER, TRIGGER_OFF, Repeats, Scan, Splitter

BAUD = 9600
_IDLE_S = 0.2


@dataclass(frozen=True, slots=True)
class Trigger:
    """Switch the light of a scanner that waits for a command; those that see by themselves ignore it."""

    is_on: bool


class ScannerMachine:
    """See devices.drivers.attendant.Machine."""

    def __init__(self) -> None:
        self._splitter = Splitter()
        self._repeats = Repeats()
        self._unsent = b""

    def opened(self, now: float) -> None:
        """Begin."""
        self.lost(now)

    def lost(self, now: float) -> None:
        """Forget half a scan: its rest will not come."""
        del now
        self._splitter.clear()
        self._unsent = b""

    def obey(self, order: Trigger, now: float) -> None:
        """Switch the light at the next turn."""
        del now
        self._unsent = TRIGGER if order.is_on else TRIGGER_OFF

    def turn(self, heard: bytes, now: float) -> Turn[Scan]:
        """Return the scans that are new."""
        scans = tuple(
            scan
            for scan in self._splitter.feed(heard, now)
            if not self._repeats.is_repeat(scan.text, now)
        )
        send, self._unsent = self._unsent, b""
        wait_s = self._splitter.wait_s(now)
        return Turn(send=send, events=scans, wait_s=_IDLE_S if wait_s is None else wait_s)


def open_scanner(
    path: str,
    *,
    clock: Clock,
    baud: int = BAUD,
    on_news: Callable[[], None] = lambda: None,
) -> Attendant[Trigger, Scan]:
    """Return a started scanner at a serial or USB-CDC port; that nothing is there yet is a state of health."""
    scanner: Attendant[Trigger, Scan] = Attendant(
        ScannerMachine(),
        name="scanner",
        port=serial_port(path, baud=baud),
        clock=clock,
        on_news=on_news,
    )
    scanner.start()
    return scanner
