"""Turn a keypad's bytes into keys. A keypad cannot be asked how it is: it is well while its port is open."""

from typing import Protocol

from devices.drivers.attendant import Turn
from devices.drivers.keypad.codec import InputKeys, Key, LineKeys

BAUD = 9600
_IDLE_S = 0.2


class Reader(Protocol):
    """One of the codecs."""

    def clear(self) -> None:
        """Forget what is unfinished."""
        ...

    def feed(self, data: bytes, now: float) -> tuple[Key, ...]:
        """Return the keys that these bytes say were pressed."""
        ...


class KeypadMachine:
    """See devices.drivers.attendant.Machine. It takes no orders."""

    def __init__(self, *, is_input_device: bool = False) -> None:
        self._reader: Reader = InputKeys() if is_input_device else LineKeys()

    def opened(self, now: float) -> None:
        """Begin."""
        self.lost(now)

    def lost(self, now: float) -> None:
        """Forget half a record: its rest will not come."""
        del now
        self._reader.clear()

    def obey(self, order: None, now: float) -> None:
        """There is nothing to tell a keypad."""

    def turn(self, heard: bytes, now: float) -> Turn[Key]:
        """Return the keys that were pressed."""
        return Turn(events=self._reader.feed(heard, now), wait_s=_IDLE_S)
