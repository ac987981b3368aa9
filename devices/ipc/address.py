"""Addresses of unix sockets whose path may be longer than the 107 bytes that the kernel takes."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LONGEST = 100


@contextmanager
def socket_address(path: Path) -> Iterator[str]:
    """Yield an address for bind or connect; a long path goes through an open folder handle."""
    if len(os.fsencode(path)) <= LONGEST:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
