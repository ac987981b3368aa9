"""Puts any simulated device on a TCP port of loopback: a NUT server, a sign or a converter with a network socket.

`<link>.ctl` takes orders as devices.sim.pty_device does; while the cable is out, nobody answers at the port.
"""

import contextlib
import selectors
import socket
import threading
from collections.abc import Mapping
from pathlib import Path

from devices.clock import Clock
from devices.sim.control import ControlSocket
from devices.sim.pty_device import SimulatedDevice

_STEP_S = 0.05
_READ = 4096
_LOOPBACK = "127.0.0.1"


class TcpDevice:
    """One device at one port. `run` serves until `stop`."""

    def __init__(self, device: SimulatedDevice, *, link: Path, port: int, clock: Clock) -> None:
        """Listen at the port, 0 for a free one."""
        self._device = device
        self._clock = clock
        self._stopping = threading.Event()
        self._selector = selectors.DefaultSelector()
        self._clients: set[socket.socket] = set()
        self._server: socket.socket | None = None
        self.port = port
        self._control = ControlSocket(
            link.with_name(link.name + ".ctl"),
            selector=self._selector,
            obey=self._obey,
            state=self._state,
        )
        self._plug_in()

    @property
    def control_path(self) -> Path:
        """Where the control socket is."""
        return self._control.path

    def stop(self) -> None:
        """End `run` within one step; callable from a signal handler and from any thread."""
        self._stopping.set()

    def run(self) -> None:
        """Serve until stopped."""
        try:
            while not self._stopping.is_set():
                self._turn()
        finally:
            self._unplug()
            self._control.close()
            self._selector.close()

    def _plug_in(self) -> None:
        if self._server is None:
            self._server = socket.create_server((_LOOPBACK, self.port))
            self.port = int(self._server.getsockname()[1])
            self._server.setblocking(False)
            self._selector.register(self._server, selectors.EVENT_READ)

    def _unplug(self) -> None:
        if self._server is not None:
            self._selector.unregister(self._server)
            self._server.close()
            self._server = None
        for client in tuple(self._clients):
            self._drop(client)

    def _turn(self) -> None:
        for key, _ in self._selector.select(_STEP_S):
            ready = key.fileobj
            if self._control.serve(ready):
                continue
            if ready is self._server:
                self._accept(self._server)
            elif isinstance(ready, socket.socket) and ready in self._clients:
                self._hear(ready)
        self._device.step(self._clock.monotonic())
        said = self._device.take_output()
        for client in tuple(self._clients) if said else ():
            self._say(client, said)

    def _accept(self, server: socket.socket) -> None:
        client, _ = server.accept()
        client.setblocking(False)
        self._clients.add(client)
        self._selector.register(client, selectors.EVENT_READ)

    def _hear(self, client: socket.socket) -> None:
        """Take what one client says; what the device answers is that client's."""
        try:
            data = client.recv(_READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._drop(client)
            return
        self._device.receive(data, self._clock.monotonic())
        self._say(client, self._device.take_output())

    def _say(self, client: socket.socket, said: bytes) -> None:
        with contextlib.suppress(OSError):
            client.sendall(said)

    def _drop(self, client: socket.socket) -> None:
        self._selector.unregister(client)
        self._clients.discard(client)
        client.close()

    def _obey(self, order: Mapping[str, object]) -> None:
        match order:
            case {"cable": "out"}:
                self._unplug()
            case {"cable": "in"}:
                self._plug_in()
            case _:
                self._device.obey(order)

    def _state(self) -> dict[str, object]:
        return {"cable": "in" if self._server is not None else "out", **self._device.state()}
