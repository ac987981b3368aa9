"""The control socket of a simulated device: one JSON object a line, each answered with the device's state."""

import contextlib
import json
import selectors
import socket
from collections.abc import Callable, Mapping
from pathlib import Path

from devices.ipc.address import socket_address

_READ = 4096
_MOST_ORDER = 16384


def control_path(link: Path) -> Path:
    """Return where the control socket of the device at a path is."""
    return link.with_name(link.name + ".ctl")


class ControlSocket:
    """Listens at a path. `serve` handles what a selector found ready."""

    def __init__(
        self,
        path: Path,
        selector: selectors.BaseSelector,
        *,
        obey: Callable[[Mapping[str, object]], None],
        state: Callable[[], dict[str, object]],
    ) -> None:
        self.path = path
        self._selector = selector
        self._obey = obey
        self._state = state
        self._clients: dict[socket.socket, bytes] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self._server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with socket_address(path) as address:
            self._server.bind(address)
        self._server.listen(4)
        self._server.setblocking(False)
        selector.register(self._server, selectors.EVENT_READ)

    def serve(self, ready: object) -> bool:
        """Handle a ready file object; False if it is none of ours."""
        if ready is self._server:
            self._accept()
        elif isinstance(ready, socket.socket) and ready in self._clients:
            self._take_orders(ready)
        else:
            return False
        return True

    def close(self) -> None:
        """End, and take the path away."""
        for one in (*self._clients, self._server):
            self._selector.unregister(one)
            one.close()
        self._clients.clear()
        self.path.unlink(missing_ok=True)

    def _accept(self) -> None:
        client, _ = self._server.accept()
        client.setblocking(False)
        self._clients[client] = b""
        self._selector.register(client, selectors.EVENT_READ)

    def _take_orders(self, client: socket.socket) -> None:
        try:
            data = client.recv(_READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        *lines, rest = (self._clients[client] + data).split(b"\n")
        self._clients[client] = rest
        for line in lines:
            self._obey_line(line)
            with contextlib.suppress(OSError):
                client.sendall(json.dumps(self._state(), ensure_ascii=False).encode() + b"\n")
        if not data or len(rest) > _MOST_ORDER:
            self._selector.unregister(client)
            del self._clients[client]
            client.close()

    def _obey_line(self, line: bytes) -> None:
        try:
            order = json.loads(line)
        except ValueError:
            return
        if isinstance(order, dict):
            self._obey(order)
