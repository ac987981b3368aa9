"""The control socket beside a simulated device: one JSON object a line, each answered with the device's state."""

import contextlib
import json
import selectors
import socket
from collections.abc import Callable, Mapping
from pathlib import Path

_READ = 4096
_MOST_ORDER = 16384


def control_path(link: Path) -> Path:
    """Return where the control socket of the device at a path is."""
    return link.with_name(link.name + ".ctl")


class ControlSocket:
    """Takes orders on a unix socket. `serve` is called with what a selector found ready."""

    def __init__(
        self,
        path: Path,
        selector: selectors.BaseSelector,
        *,
        obey: Callable[[Mapping[str, object]], None],
        state: Callable[[], dict[str, object]],
    ) -> None:
        self._path = path
        self._selector = selector
        self._obey = obey
        self._state = state
        self._waiting: dict[socket.socket, bytes] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen(4)
        self._listener.setblocking(False)
        selector.register(self._listener, selectors.EVENT_READ)

    def serve(self, ready: object) -> None:
        """Take a new client or what one of them says; anything else that is ready is not ours."""
        if ready is self._listener:
            self._accept()
        elif isinstance(ready, socket.socket) and ready in self._waiting:
            self._take_orders(ready)

    def close(self) -> None:
        """Send all clients away and remove the socket."""
        for one in (*self._waiting, self._listener):
            self._selector.unregister(one)
            one.close()
        self._waiting.clear()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        client.setblocking(False)
        self._waiting[client] = b""
        self._selector.register(client, selectors.EVENT_READ)

    def _take_orders(self, client: socket.socket) -> None:
        try:
            data = client.recv(_READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        *lines, rest = (self._waiting[client] + data).split(b"\n")
        self._waiting[client] = rest
        for line in lines:
            self._take_order(line)
            with contextlib.suppress(OSError):
                client.sendall(json.dumps(self._state(), ensure_ascii=False).encode() + b"\n")
        if not data or len(rest) > _MOST_ORDER:
            self._selector.unregister(client)
            del self._waiting[client]
            client.close()

    def _take_order(self, line: bytes) -> None:
        """Do what a line says; one that is not a JSON object is answered like an empty one."""
        try:
            order = json.loads(line)
        except ValueError:
            return
        if isinstance(order, dict):
            self._obey(order)
