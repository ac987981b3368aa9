"""A NUT server in this process that speaks the documented lines; the test says how the supply is."""

import contextlib
import socket
import threading


class FakeNut:
    """Answers GET VAR and LIST UPS on a free port of loopback."""

    def __init__(self, status: str = "OL CHRG", *, ups: str = "zone-ups") -> None:
        self.status = status
        self.error = ""
        self.is_mute = False
        self._ups = ups
        self._open: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Cut the connections, as a restart of the service does."""
        for client in self._open:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def close(self) -> None:
        # Closing alone does not end an accept that is under way; a shutdown does.
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.cut()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            self._open.append(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), client, client.makefile("rb") as lines:
            for line in lines:
                if not self.is_mute:
                    client.sendall(self.answer(line.decode().split()).encode())

    def answer(self, words: list[str]) -> str:
        match words:
            case ["LIST", "UPS"]:
                listed = f'UPS {self._ups} "a \\"good\\" one"\n' if self._ups else ""
                return f"BEGIN LIST UPS\n{listed}END LIST UPS\n"
            case ["GET", "VAR", ups, "ups.status"] if self.error or ups != self._ups:
                return f"ERR {self.error or 'UNKNOWN-UPS'}\n"
            case ["GET", "VAR", ups, "ups.status"]:
                return f'VAR {ups} ups.status "{self.status}"\n'
            case _:
                return "ERR UNKNOWN-COMMAND\n"
