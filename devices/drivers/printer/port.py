"""Where a receipt printer is: a serial port, a network port, or the kernel's USB printer file."""

import contextlib
import fcntl
import os
import select
import stat
from pathlib import Path

from devices.drivers.links import PIECE, Link, LinkLost, SerialLink
from devices.drivers.tcp_link import TcpLink

TCP = "tcp://"
_NETWORK_PORT = 9100


def open_port(place: str, *, baud: int) -> Link:
    """Open what terminal.toml names: "tcp://host[:9100]", "/dev/usb/lp0", or a serial device.

    Raises:
        LinkLost: "absent" if nothing is there, "busy" if another process holds it.
    """
    if place.startswith(TCP):
        host, _, port = place.removeprefix(TCP).rpartition(":")
        if not port.isdecimal():
            host, port = place.removeprefix(TCP), str(_NETWORK_PORT)
        return TcpLink(host, int(port), forgets_on_close=True)
    if _is_printer_file(place):
        return FileLink(place)
    return SerialLink(place, baud=baud, forgets_on_close=True)


def _is_printer_file(place: str) -> bool:
    """Tell a usblp file (major number 6 is lp, 180 is USB) from a terminal, whatever it is called."""
    try:
        known = Path(place).stat()
    except OSError:
        return False
    return stat.S_ISCHR(known.st_mode) and os.major(known.st_rdev) in _PRINTER_MAJORS


_PRINTER_MAJORS = frozenset({6, 180})


class FileLink:
    """A character device that is simply read and written, held alone; see devices.drivers.links.Link."""

    def __init__(self, path: str, *, write_timeout_s: float = 0.5) -> None:
        """Open the file.

        Raises:
            LinkLost: "absent" if it is not there, "busy" if another process holds it.
        """
        self._path = path
        self._write_timeout_s = write_timeout_s
        try:
            self._file = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_NOCTTY)
        except OSError as error:
            raise LinkLost(
                "busy" if isinstance(error, BlockingIOError) else "absent", path
            ) from error
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._file)
            raise LinkLost("busy", path) from error

    def write(self, data: bytes) -> int:
        """Send what the printer takes within the deadline."""
        try:
            _, ready, _ = select.select([], [self._file], [], self._write_timeout_s)
            return os.write(self._file, data) if ready else 0
        except BlockingIOError:
            return 0
        except (OSError, ValueError) as error:
            raise LinkLost("unplugged", self._path) from error

    def read(self, wait_s: float) -> bytes:
        """Return what has arrived; usblp says nothing as an empty read, so that is no loss."""
        try:
            ready, _, _ = select.select([self._file], [], [], wait_s)
            return os.read(self._file, PIECE) if ready else b""
        except BlockingIOError:
            return b""
        except (OSError, ValueError) as error:
            raise LinkLost("unplugged", self._path) from error

    def close(self) -> None:
        """Close the file; closing twice is harmless."""
        if self._file >= 0:
            with contextlib.suppress(OSError):
                os.close(self._file)
            self._file = -1
