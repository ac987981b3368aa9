"""Puts a simulated printer on a pseudo-terminal, with a small socket to pull its paper.

`<link>.ctl` takes one JSON object a line, {"paper": "out" | "in"} or {"cover": "open" | "closed"} or {}, and
answers each with the printer's state.
"""

import contextlib
import json
import os
import selectors
import socket
import threading
import tty
from pathlib import Path

from devices.clock import Clock
from devices.sim.printer.folder import SlipFolder
from devices.sim.printer.printer import SimulatedPrinter

_IDLE_S = 0.5
_READ = 1024
_MAX_ORDER = 4096


class PtyHost:
    """One printer at one path. `run` serves until `stop`; the path appears with the host and goes with it."""

    def __init__(
        self, printer: SimulatedPrinter, *, link: Path, slips: SlipFolder, clock: Clock
    ) -> None:
        self._printer = printer
        self._link = link
        self._slips = slips
        self._clock = clock
        self._stopping = threading.Event()
        self._selector = selectors.DefaultSelector()
        self._wake_out, self._wake_in = socket.socketpair()
        self._orders: dict[socket.socket, bytes] = {}
        # The printer's end of the line stays open here, or the master would hang up between two clients.
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._unsent = b""
        self._control = self._open_control()
        self._publish()

    @property
    def control_path(self) -> Path:
        """Where the control socket is."""
        return self._link.with_name(self._link.name + ".ctl")

    def _open_control(self) -> socket.socket:
        self._link.parent.mkdir(parents=True, exist_ok=True)
        self.control_path.unlink(missing_ok=True)
        control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        control.bind(str(self.control_path))
        control.listen(4)
        control.setblocking(False)
        return control

    def _publish(self) -> None:
        """Make the link; a leftover of a killed run is replaced."""
        fresh = self._link.with_name(self._link.name + ".new")
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(os.ttyname(self._slave))
        fresh.replace(self._link)

    def stop(self) -> None:
        """End `run`; callable from a signal handler and from any thread."""
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._wake_in.send(b"x")

    def run(self) -> None:
        """Serve until stopped, or until the plan pulls the cable; then remove the link."""
        self._selector.register(self._master, selectors.EVENT_READ)
        self._selector.register(self._control, selectors.EVENT_READ)
        self._selector.register(self._wake_out, selectors.EVENT_READ)
        try:
            while not self._stopping.is_set():
                self._turn()
        finally:
            self._close()

    def _turn(self) -> None:
        for key, _ in self._selector.select(self._timeout_s()):
            if key.fileobj is self._control:
                self._accept()
            elif isinstance(key.fileobj, socket.socket) and key.fileobj in self._orders:
                self._take_order(key.fileobj)
        if self._master >= 0:
            self._take_bytes()
        for slip in self._printer.take_slips():
            self._slips.keep(slip, self._clock.now())
        if self._master >= 0:
            self._answer()

    def _timeout_s(self) -> float:
        """Until the paper stops; with a full buffer the waiting bytes must not spin the loop."""
        if self._master >= 0:
            listening = self._master in self._selector.get_map()
            if self._printer.room > 0 and not listening:
                self._selector.register(self._master, selectors.EVENT_READ)
            elif self._printer.room == 0 and listening:
                self._selector.unregister(self._master)
        wake_at = self._printer.wake_at
        if wake_at is None:
            return _IDLE_S
        return min(max(wake_at - self._clock.monotonic(), 0.0), _IDLE_S)

    def _take_bytes(self) -> None:
        now = self._clock.monotonic()
        room = min(self._printer.room, _READ)
        if room:
            with contextlib.suppress(BlockingIOError):
                self._printer.receive(os.read(self._master, room), now)
        self._printer.step(now)

    def _answer(self) -> None:
        """Say what there is to say; a slip is in its folder before the printer says that it is through."""
        self._unsent += self._printer.take_replies()
        if self._unsent:
            with contextlib.suppress(BlockingIOError):
                self._unsent = self._unsent[os.write(self._master, self._unsent) :]
        if self._printer.is_unplugged:
            self._unplug()

    def _unplug(self) -> None:
        if self._master in self._selector.get_map():
            self._selector.unregister(self._master)
        os.close(self._master)
        os.close(self._slave)
        self._master = self._slave = -1
        self._link.unlink(missing_ok=True)

    def _accept(self) -> None:
        client, _ = self._control.accept()
        client.setblocking(False)
        self._orders[client] = b""
        self._selector.register(client, selectors.EVENT_READ)

    def _take_order(self, client: socket.socket) -> None:
        try:
            data = client.recv(_READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        waiting = self._orders[client] + data
        *lines, rest = waiting.split(b"\n")
        self._orders[client] = rest
        for line in lines:
            self._obey(line)
            with contextlib.suppress(OSError):
                client.sendall(json.dumps(self._state()).encode() + b"\n")
        if not data or len(rest) > _MAX_ORDER:
            self._selector.unregister(client)
            del self._orders[client]
            client.close()

    def _obey(self, line: bytes) -> None:
        try:
            order = json.loads(line)
        except ValueError:
            return
        match order:
            case {"paper": "out"}:
                self._printer.take_paper()
            case {"paper": "in"}:
                self._printer.load_paper()
            case {"cover": "open" | "closed" as cover}:
                self._printer.set_cover(is_open=cover == "open")
            case _:
                pass

    def _state(self) -> dict[str, object]:
        return {
            "paper": "out" if self._printer.is_paper_out else "in",
            "cover": "open" if self._printer.is_cover_open else "closed",
            "slips": self._slips.count,
        }

    def _close(self) -> None:
        if self._master >= 0:
            self._unplug()
        for client in (*self._orders, self._control, self._wake_in, self._wake_out):
            client.close()
        self._selector.close()
        self.control_path.unlink(missing_ok=True)
