"""Give an order to a simulated device through its control socket. Blocks: for threads, commands and tests."""

import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from content.errors import PeerError
from devices.ipc.address import socket_address

PATIENCE_S = 3.0
_CHUNK = 65536


class NoDevice(PeerError):
    """No simulated device listens at this path."""


def give_order(control: Path, order: Mapping[str, object]) -> dict[str, Any]:
    """Give an order and return the device's state; {} only asks.

    Raises:
        NoDevice: nobody is there, or it does not answer.
    """
    line = json.dumps(dict(order), ensure_ascii=False).encode() + b"\n"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(PATIENCE_S)
            with socket_address(control) as address:
                client.connect(address)
            client.sendall(line)
            return _state(client)
    except (OSError, ValueError) as error:
        raise NoDevice(str(control)) from error


def _state(client: socket.socket) -> dict[str, Any]:
    answer = b""
    while not answer.endswith(b"\n"):
        data = client.recv(_CHUNK)
        if not data:
            raise OSError("closed")
        answer += data
    state: dict[str, Any] = json.loads(answer)
    return state
