"""Links: how bytes reach a device. Opening, deadlines and loss are decided here; protocols are the codecs'."""

import contextlib
import os
import select
import termios
from pathlib import Path
from typing import Protocol

import serial

from content.errors import PeerError

PIECE = 4096


class LinkLost(PeerError):
    """The device is not there, is held by another process, or was unplugged; `reason` says which."""

    def __init__(self, reason: str, port: str = "") -> None:
        super().__init__(f"{reason}: {port}")
        self.reason = reason


class Link(Protocol):
    """An open two-way byte stream to a device."""

    def write(self, data: bytes) -> int:
        """Send; return how many bytes were accepted within the link's write deadline (0: it stalls).

        Raises:
            LinkLost: the device is gone.
        """
        ...

    def read(self, wait_s: float) -> bytes:
        """Return what has arrived, waiting at most so many seconds for the first byte.

        Raises:
            LinkLost: the device is gone.
        """
        ...

    def close(self) -> None:
        """Let the port go. Closing twice is harmless."""
        ...


class SerialLink:
    """A serial port, held alone.

    pyserial opens and configures the port. Reading and writing go to the descriptor: pyserial's write does not
    tell how much a stalled device has taken, and its errors after a hang-up are of three kinds.
    """

    def __init__(
        self,
        path: str,
        *,
        baud: int,
        write_timeout_s: float = 0.5,
        forgets_on_close: bool = False,
    ) -> None:
        """Open the port.

        Args:
            path: of the device.
            baud: speed of the line.
            write_timeout_s: how long one write waits for a device that takes nothing.
            forgets_on_close: drop what the device has not taken when the port is closed, instead of sending it
                whenever the device wakes up.

        Raises:
            LinkLost: "absent" if it is not there, "busy" if another process holds it.
        """
        self._path = path
        self._write_timeout_s = write_timeout_s
        self._forgets_on_close = forgets_on_close
        try:
            self._port = serial.Serial(path, baud, timeout=0, exclusive=True)
        except (OSError, ValueError) as error:
            raise LinkLost(_why_not_opened(path, error), path) from error

    def write(self, data: bytes) -> int:
        """Send what the device takes within the deadline."""
        try:
            descriptor = self._port.fileno()
            _, ready, _ = select.select([], [descriptor], [], self._write_timeout_s)
            return os.write(descriptor, data) if ready else 0
        except BlockingIOError:
            return 0
        except (OSError, ValueError) as error:
            raise LinkLost("unplugged", self._path) from error

    def read(self, wait_s: float) -> bytes:
        """Return what has arrived."""
        try:
            descriptor = self._port.fileno()
            ready, _, _ = select.select([descriptor], [], [], wait_s)
            if not ready:
                return b""
            data = os.read(descriptor, PIECE)
        except BlockingIOError:
            return b""
        except (OSError, ValueError) as error:
            raise LinkLost("unplugged", self._path) from error
        if not data:
            raise LinkLost("unplugged", self._path)
        return data

    def close(self) -> None:
        """Close the port; a port that is gone already closes with an error that tells nothing new."""
        if self._forgets_on_close:
            with contextlib.suppress(OSError, termios.error, serial.SerialException):
                self._port.reset_output_buffer()
        with contextlib.suppress(OSError):
            self._port.close()


def _why_not_opened(path: str, error: Exception) -> str:
    """Tell a missing device from one that another process holds: the commonest fault in the field."""
    if not Path(path).exists():
        return "absent"
    return "busy" if "lock" in str(error).lower() else "absent"


class Peer(Protocol):
    """The far end of a MemoryLink."""

    def take(self, data: bytes) -> int:
        """Take bytes; return how many."""
        ...

    def give(self, wait_s: float) -> bytes:
        """Return what the peer has said, letting up to `wait_s` seconds of its time pass."""
        ...


class MemoryLink:
    """A link to a peer in the same process: tests run whole devices on it without waiting."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._gone = False

    def unplug(self) -> None:
        """Pull the cable."""
        self._gone = True

    def write(self, data: bytes) -> int:
        """Hand the bytes to the peer."""
        if self._gone:
            raise LinkLost("unplugged", "memory")
        return self._peer.take(data)

    def read(self, wait_s: float) -> bytes:
        """Return what the peer said."""
        if self._gone:
            raise LinkLost("unplugged", "memory")
        return self._peer.give(wait_s)

    def close(self) -> None:
        """Nothing is held."""
