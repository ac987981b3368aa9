"""A link to an input device of the kernel, /dev/input/…, held alone: its keys reach no window and no console."""

import errno
import fcntl
import os
import select
from collections.abc import Callable

from devices.drivers.links import PIECE, LinkLost
from devices.drivers.reasons import Reason

FOLDER = "/dev/input/"
_EVIOCGRAB = 0x40044590
"""_IOW('E', 0x90, int) of linux/input.h."""


def take_alone(descriptor: int) -> None:
    """Have the kernel give the device's events to us and nobody else."""
    fcntl.ioctl(descriptor, _EVIOCGRAB, 1)


class InputLink:
    """See devices.drivers.links.Link. Nothing can be written to it."""

    def __init__(self, path: str, *, take: Callable[[int], None] = take_alone) -> None:
        """Open it.

        Raises:
            LinkLost: "absent" if it is not there or no input device, "busy" if another process holds it.
        """
        self._path = path
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise LinkLost(Reason.ABSENT, path) from error
        try:
            take(self._descriptor)
        except OSError as error:
            self.close()
            is_busy = error.errno == errno.EBUSY
            raise LinkLost(Reason.BUSY if is_busy else Reason.ABSENT, path) from error

    def write(self, data: bytes) -> int:
        """Take it as sent: a keypad is told nothing."""
        return len(data)

    def read(self, wait_s: float) -> bytes:
        """Return the events that have come, waiting at most so long for the first.

        Raises:
            LinkLost: "unplugged".
        """
        try:
            ready, _, _ = select.select([self._descriptor], [], [], wait_s)
            data = os.read(self._descriptor, PIECE) if ready else None
        except BlockingIOError:
            return b""
        except (OSError, ValueError) as error:
            raise LinkLost(Reason.UNPLUGGED, self._path) from error
        if data == b"":
            raise LinkLost(Reason.UNPLUGGED, self._path)
        return data or b""

    def close(self) -> None:
        """Let the device go; its keys are everybody's again."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)
