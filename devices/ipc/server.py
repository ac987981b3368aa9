"""The agent's side of the socket: several UIs, JSON lines, nobody can stall the agent.

A UI that floods, sends lines that are too long or stops reading is dropped; it connects again.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from devices.ipc.address import socket_address
from devices.ipc.messages import (
    MAX_LINE,
    BadLine,
    Hello,
    ToAgent,
    ToUi,
    Welcome,
    encode_line,
    read_to_agent,
)

logger = logging.getLogger(__name__)

MOST_WAITING = 200
"""Messages that may wait for a UI before it counts as gone."""
MOST_BAD_LINES = 20
STOP_S = 2.0

OnMessage = Callable[["UiConnection", ToAgent], Awaitable[None]]
OnLeft = Callable[["UiConnection"], None]


class UiConnection:
    """One connected UI. `name` and `pid` are what it said in its Hello."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self.name = ""
        self.pid = 0
        self._writer = writer
        self._waiting: asyncio.Queue[ToUi] = asyncio.Queue(MOST_WAITING)

    def send(self, message: ToUi) -> bool:
        """Queue a message; a UI that no longer reads is dropped and False returned."""
        try:
            self._waiting.put_nowait(message)
        except asyncio.QueueFull:
            logger.warning("ui stopped reading", extra={"ui": self.name})
            self.drop()
            return False
        return True

    def drop(self) -> None:
        """End the connection at once."""
        self._writer.transport.abort()

    async def write_out(self) -> None:
        """Write what waits until the connection ends."""
        with suppress(ConnectionError):
            while True:
                # Nothing is bound to a name here: the last message would live until the next one comes.
                self._writer.write(encode_line(await self._waiting.get()))
                await self._writer.drain()


class UiServer:
    """Listens on a unix socket that only this user may open (mode 0600)."""

    def __init__(
        self, path: Path, *, welcome: Welcome, on_message: OnMessage, on_left: OnLeft
    ) -> None:
        self._path = path
        self._welcome = welcome
        self._on_message = on_message
        self._on_left = on_left
        self._connections: set[UiConnection] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Begin to listen. A socket file left by a killed agent is replaced."""
        self._path.unlink(missing_ok=True)
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            with socket_address(self._path) as address:
                bound.bind(address)
        finally:
            os.umask(before)
        self._server = await asyncio.start_unix_server(self._accept, sock=bound, limit=MAX_LINE)

    async def stop(self) -> None:
        """Stop listening, drop all UIs and remove the socket file."""
        if self._server is not None:
            self._server.close()
        for connection in tuple(self._connections):
            connection.drop()
        if self._tasks:
            # Dropped connections end by themselves; only what hangs in a message is cancelled.
            _, late = await asyncio.wait(self._tasks, timeout=STOP_S)
            for task in late:
                task.cancel()
        self._path.unlink(missing_ok=True)

    def broadcast(self, message: ToUi) -> None:
        """Send to every UI that said hello."""
        for connection in tuple(self._connections):
            if connection.name:
                connection.send(message)

    def send(self, name: str, message: ToUi) -> None:
        """Send to the UI of this name, if it is here."""
        for connection in tuple(self._connections):
            if connection.name == name:
                connection.send(message)

    def names(self) -> frozenset[str]:
        """Return the names of the UIs that are here."""
        return frozenset(one.name for one in self._connections if one.name)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        connection = UiConnection(writer)
        self._connections.add(connection)
        writing = asyncio.create_task(connection.write_out(), name="ui write")
        try:
            await self._read(connection, reader)
        except (ConnectionError, ValueError, asyncio.IncompleteReadError):
            # ValueError: a line over the limit. Its text is not logged: it may hold a citizen's words.
            logger.warning("ui connection broken", extra={"ui": connection.name})
        finally:
            writing.cancel()
            self._connections.discard(connection)
            connection.drop()
            if connection.name:
                self._on_left(connection)

    async def _read(self, connection: UiConnection, reader: asyncio.StreamReader) -> None:
        bad = 0
        while bad < MOST_BAD_LINES:
            line = await reader.readline()
            if not line.endswith(b"\n"):
                return
            try:
                message = read_to_agent(line)
            except BadLine:
                bad += 1
                logger.warning("line not understood", extra={"ui": connection.name})
                continue
            await self._take(connection, message)
            del line, message  # a citizen's words must not live until the next line comes

    async def _take(self, connection: UiConnection, message: ToAgent) -> None:
        if isinstance(message, Hello):
            connection.name, connection.pid = message.ui, message.pid
            connection.send(self._welcome)
        if connection.name:
            await self._on_message(connection, message)
