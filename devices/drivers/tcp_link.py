"""A link over TCP: the UPS service, and signs with a network port."""

import contextlib
import select
import socket
import struct

from devices.drivers.links import PIECE, LinkLost

CONNECT_S = 3.0
_AT_ONCE = struct.pack("ii", 1, 0)


class TcpLink:
    """One connection; see devices.drivers.links.Link."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        write_timeout_s: float = 0.5,
        forgets_on_close: bool = False,
    ) -> None:
        """Connect.

        Args:
            host: name or address.
            port: number.
            write_timeout_s: how long one write waits for a peer that takes nothing.
            forgets_on_close: have the peer drop what it has not read when the connection is closed.

        Raises:
            LinkLost: "absent" if nobody answers there.
        """
        self._place = f"{host}:{port}"
        self._write_timeout_s = write_timeout_s
        try:
            self._socket = socket.create_connection((host, port), timeout=CONNECT_S)
        except OSError as error:
            raise LinkLost("absent", self._place) from error
        self._socket.setblocking(False)
        if forgets_on_close:
            # Closed with a zero linger a connection is reset, and what waits at either end is gone.
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)

    def write(self, data: bytes) -> int:
        """Send what the peer takes within the deadline."""
        try:
            _, ready, _ = select.select([], [self._socket], [], self._write_timeout_s)
            return self._socket.send(data) if ready else 0
        except BlockingIOError:
            return 0
        except (OSError, ValueError) as error:
            raise LinkLost("unplugged", self._place) from error

    def read(self, wait_s: float) -> bytes:
        """Return what has arrived."""
        try:
            ready, _, _ = select.select([self._socket], [], [], wait_s)
            if not ready:
                return b""
            data = self._socket.recv(PIECE)
        except BlockingIOError:
            return b""
        except (OSError, ValueError) as error:
            raise LinkLost("unplugged", self._place) from error
        if not data:
            raise LinkLost("unplugged", self._place)
        return data

    def close(self) -> None:
        """Close the connection; one that is gone already closes with an error that tells nothing new."""
        with contextlib.suppress(OSError):
            self._socket.close()
