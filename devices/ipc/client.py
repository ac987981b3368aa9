"""The UI's side of the socket: one plain thread and two queues, so that Kivy's loop never waits.

`send` never keeps a message for later: what was typed by a visitor must not outlive the visit. A UI that
gets False says so on screen and, if the visitor tries again, sends the same key again.
"""

import logging
import os
import select
import socket
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path

from devices.ipc.address import socket_address
from devices.ipc.messages import MAX_LINE, BadLine, Hello, ToAgent, ToUi, encode_line, read_to_ui

logger = logging.getLogger(__name__)

MOST_KEPT = 1000
"""Messages from the agent that are kept for a UI that does not drain."""
FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 5.0
CHUNK = 65536


class Disconnected(Exception):
    """The agent is not there, or has gone."""


class UiClient:
    """Keeps a connection to the agent and says who we are each time it is made."""

    def __init__(self, path: Path, *, ui: str) -> None:
        self._path = path
        self._ui = ui
        self._arrived: deque[ToUi] = deque(maxlen=MOST_KEPT)
        self._outgoing: deque[bytes] = deque()
        self._guard = threading.Lock()
        self._connected = False
        self._stopping = threading.Event()
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)
        self._thread = threading.Thread(target=self._run, name=f"ipc {ui}", daemon=True)

    @property
    def connected(self) -> bool:
        """Whether the agent is there now."""
        return self._connected

    def start(self) -> None:
        """Begin to connect; returns at once, also when the agent is away."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and the connection."""
        self._stopping.set()
        self._wake()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        self._wake_read.close()
        self._wake_write.close()

    def send(self, message: ToAgent) -> bool:
        """Send a message, or return False if the agent is away: then it was not sent and is not kept."""
        line = encode_line(message)
        if len(line) > MAX_LINE:
            return False
        with self._guard:
            if not self._connected:
                return False
            self._outgoing.append(line)
        self._wake()
        return True

    def drain(self, limit: int = 50) -> list[ToUi]:
        """Return what has arrived, oldest first, at most `limit` messages."""
        taken: list[ToUi] = []
        with suppress(IndexError):
            while len(taken) < limit:
                taken.append(self._arrived.popleft())
        return taken

    def _wake(self) -> None:
        with suppress(OSError):
            self._wake_write.send(b"\0")

    def _run(self) -> None:
        wait = FIRST_WAIT_S
        while not self._stopping.is_set():
            try:
                with self._connect() as link:
                    wait = FIRST_WAIT_S
                    self._talk(link)
            except (OSError, Disconnected):
                pass
            finally:
                self._forget()
            self._stopping.wait(wait)
            wait = min(wait * 2, LONGEST_WAIT_S)

    def _connect(self) -> socket.socket:
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            link.settimeout(5)
            with socket_address(self._path) as address:
                link.connect(address)
            link.sendall(encode_line(Hello(ui=self._ui, pid=os.getpid())))
            link.setblocking(False)
        except OSError:
            link.close()
            raise
        with self._guard:
            self._connected = True
        return link

    def _forget(self) -> None:
        with self._guard:
            if self._connected and not self._stopping.is_set():
                logger.warning("agent lost", extra={"ui": self._ui})
            self._connected = False
            self._outgoing.clear()

    def _talk(self, link: socket.socket) -> None:
        unread, unsent = bytearray(), bytearray()
        while not self._stopping.is_set():
            writing = [link] if unsent or self._outgoing else []
            readable, writable, _ = select.select([link, self._wake_read], writing, [])
            if self._wake_read in readable:
                self._wake_read.recv(CHUNK)
            if link in readable:
                self._receive(link, unread)
            if link in writable:
                while self._outgoing:
                    unsent += self._outgoing.popleft()
                del unsent[: link.send(unsent)]

    def _receive(self, link: socket.socket, unread: bytearray) -> None:
        data = link.recv(CHUNK)
        if not data:
            raise Disconnected
        unread += data
        *lines, rest = bytes(unread).split(b"\n")
        unread[:] = rest
        for line in lines:
            try:
                self._arrived.append(read_to_ui(line))
            except BadLine:
                logger.warning("line not understood", extra={"ui": self._ui})
        if len(rest) > MAX_LINE:
            raise Disconnected
