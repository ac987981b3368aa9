"""A network cable between a terminal and its controller that a test can pull: a TCP relay on loopback."""

import contextlib
import socket
import threading

PIECE = 65536


class Cable:
    """Relays one loopback port to another while it is plugged in."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._plugged = True
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def pull(self) -> None:
        """Cut every connection; new ones are cut at once."""
        with self._lock:
            self._plugged = False
            ends = list(self._open)
        for end in ends:
            _cut(end)

    def push(self) -> None:
        """Let connections through again."""
        with self._lock:
            self._plugged = True

    def close(self) -> None:
        self.pull()
        self._server.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                near.close()
                continue
            with self._lock:
                plugged = self._plugged
                self._open |= {near, far}
            if not plugged:
                _cut(near)
                _cut(far)
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._relay, args=(one, other), daemon=True).start()

    def _relay(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(PIECE):
                sink.sendall(piece)
        _cut(source)
        _cut(sink)
        with self._lock:
            self._open -= {source}
        source.close()


def _cut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
