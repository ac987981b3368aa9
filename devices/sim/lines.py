"""Where a simulated device can be plugged in: a pseudo-terminal at a path, or a TCP port.

A line is one end of a cable. `take` and `give` never wait; a selector says when there is something to take.
"""

import contextlib
import os
import selectors
import socket
import tty
from pathlib import Path
from typing import Protocol

_READ = 4096
_WINDOW = 4096
"""Network printers take little ahead of what they print."""


class Line(Protocol):
    """One end of a cable that can be pulled and put back."""

    @property
    def is_in(self) -> bool:
        """Tell whether the cable is plugged in."""
        ...

    def plug_in(self) -> None:
        """Put the cable in; nothing happens if it is."""
        ...

    def unplug(self) -> None:
        """Pull the cable; nothing happens if it is out."""
        ...

    def serve(self, ready: object) -> None:
        """Take in a caller, if it is a line that is called; anything else that is ready is not ours."""
        ...

    def listen(self, *, wanted: bool) -> None:
        """Say whether the selector is to report what comes in; it must not, while none can be taken."""
        ...

    def take(self, most: int) -> bytes:
        """Return what the host has sent, b"" for nothing."""
        ...

    def give(self, data: bytes) -> int:
        """Send to the host; return how many bytes were taken."""
        ...


class PtyLine:
    """A pseudo-terminal under a stable path. While the cable is out the path is gone, as with a USB adapter."""

    def __init__(self, link: Path, selector: selectors.BaseSelector) -> None:
        self._link = link
        self._selector = selector
        self._master = self._slave = -1
        self.plug_in()

    @property
    def is_in(self) -> bool:
        """See Line."""
        return self._master >= 0

    def plug_in(self) -> None:
        """See Line. A leftover path of a killed run is replaced."""
        if self.is_in:
            return
        # The device's end stays open here, or the master would hang up between two clients.
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._link.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._link.with_name(self._link.name + ".new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(self._slave))
        fresh.replace(self._link)
        self.listen(wanted=True)

    def unplug(self) -> None:
        """See Line."""
        if not self.is_in:
            return
        self.listen(wanted=False)
        self._link.unlink(missing_ok=True)
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1

    def serve(self, ready: object) -> None:
        """See Line: nobody calls here."""

    def listen(self, *, wanted: bool) -> None:
        """See Line."""
        if self.is_in:
            _listen(self._selector, self._master, wanted=wanted)

    def take(self, most: int) -> bytes:
        """See Line."""
        if self.is_in:
            with contextlib.suppress(BlockingIOError):
                return os.read(self._master, most)
        return b""

    def give(self, data: bytes) -> int:
        """See Line."""
        if self.is_in:
            with contextlib.suppress(BlockingIOError):
                return os.write(self._master, data)
        return 0


class TcpLine:
    """A port of a network printer: one client at a time, the others wait in the queue."""

    def __init__(
        self, port: int, selector: selectors.BaseSelector, *, host: str = "127.0.0.1"
    ) -> None:
        self._selector = selector
        self._address = (host, port)
        self._listener: socket.socket | None = None
        self._client: socket.socket | None = None
        self.plug_in()

    @property
    def port(self) -> int:
        """The port; stays the same when the cable is put back."""
        return self._address[1]

    @property
    def is_in(self) -> bool:
        """See Line."""
        return self._listener is not None

    def plug_in(self) -> None:
        """See Line."""
        if self._listener is not None:
            return
        self._listener = socket.create_server(self._address)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _WINDOW)
        self._listener.setblocking(False)
        self._address = self._listener.getsockname()
        self._selector.register(self._listener, selectors.EVENT_READ)

    def unplug(self) -> None:
        """See Line."""
        if self._listener is None:
            return
        self._drop()
        self._selector.unregister(self._listener)
        self._listener.close()
        self._listener = None

    def serve(self, ready: object) -> None:
        """See Line."""
        if ready is not self._listener or self._listener is None or self._client is not None:
            return
        with contextlib.suppress(BlockingIOError):
            self._client, _ = self._listener.accept()
            self._client.setblocking(False)
            self._selector.unregister(self._listener)
            self.listen(wanted=True)

    def listen(self, *, wanted: bool) -> None:
        """See Line."""
        if self._client is not None:
            _listen(self._selector, self._client, wanted=wanted)

    def take(self, most: int) -> bytes:
        """See Line. A client that has gone makes room for the next."""
        if self._client is None:
            return b""
        try:
            data = self._client.recv(min(most, _READ))
        except BlockingIOError:
            return b""
        except OSError:
            data = b""
        if not data:
            self._drop()
        return data

    def give(self, data: bytes) -> int:
        """See Line."""
        if self._client is not None:
            with contextlib.suppress(OSError):
                return self._client.send(data)
        return len(data)  # said to nobody

    def _drop(self) -> None:
        if self._client is None:
            return
        self.listen(wanted=False)
        self._client.close()
        self._client = None
        if self._listener is not None:
            self._selector.register(self._listener, selectors.EVENT_READ)


def _listen(selector: selectors.BaseSelector, what: int | socket.socket, *, wanted: bool) -> None:
    is_heard = what in selector.get_map()
    if wanted and not is_heard:
        selector.register(what, selectors.EVENT_READ)
    elif is_heard and not wanted:
        selector.unregister(what)


class PacedLine:
    """Bytes on their way over a serial line: they arrive one after the other at its speed. Pure.

    Args:
        baud: bits per second, ten to the byte; 0 for no limit.
    """

    BUFFER = 4096
    """What the host's driver holds before it makes the writer wait."""

    def __init__(self, baud: int) -> None:
        self._byte_s = 10 / baud if baud else 0.0
        self._waiting = bytearray()
        self._began = 0.0

    @property
    def room(self) -> int:
        """How many bytes the host's driver takes now."""
        return max(0, self.BUFFER - len(self._waiting))

    @property
    def waiting(self) -> int:
        """How many bytes are on the line."""
        return len(self._waiting)

    def put(self, data: bytes, now: float) -> None:
        """Put bytes on the line."""
        if not self._waiting:
            self._began = now
        self._waiting += data

    def take(self, now: float, *, most: int) -> bytes:
        """Return the bytes that have arrived, at most so many; the line waits while none are taken."""
        arrived = len(self._waiting)
        if self._byte_s:
            arrived = min(arrived, int((now - self._began) / self._byte_s + 1e-6))
        count = min(arrived, most)
        data = bytes(self._waiting[:count])
        del self._waiting[:count]
        is_held_up = count < arrived
        self._began = now if is_held_up else self._began + count * self._byte_s
        return data

    def drop(self) -> None:
        """Lose what is on the line: the cable was pulled."""
        self._waiting.clear()

    @property
    def quiet_since(self) -> float:
        """When the last byte taken had arrived."""
        return self._began

    @property
    def next_at(self) -> float | None:
        """When the next byte arrives; None if there is none on the line."""
        return self._began + self._byte_s if self._waiting else None
