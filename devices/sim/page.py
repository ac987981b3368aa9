"""The control page of a simulated device: buttons that give it orders, and what can be seen of it.

Bound to loopback; an order needs the page's own token, so that another site open in the same browser cannot play
with the devices, and a foreign name for this address (DNS rebinding) is not answered.
"""

import hmac
import json
import secrets
import threading
from dataclasses import asdict
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from typing_extensions import override

from devices.sim.buttons import Panel
from devices.sim.orders import NoDevice, give_order

HTML = Path(__file__).with_name("page.html")
OWN_HOSTS = ("127.0.0.1", "localhost")
MOST_BODY = 8192


class ControlPage:
    """One page for one device; `start` returns at once."""

    def __init__(self, panel: Panel, *, control: Path, port: int = 0) -> None:
        """Bind; port 0 takes a free one.

        Raises:
            OSError: the port is taken.
        """
        self._panel = panel
        self._control = control
        self.token = secrets.token_urlsafe(24)
        self._server = ThreadingHTTPServer((OWN_HOSTS[0], port), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{OWN_HOSTS[0]}:{self._server.server_port}/"

    def start(self) -> None:
        """Serve in a thread."""
        self._thread.start()

    def close(self) -> None:
        """End."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def html(self) -> str:
        """Return the page."""
        data = json.dumps(
            {"token": self.token, "panel": asdict(self._panel)}, ensure_ascii=False
        ).replace("<", "\\u003c")
        return HTML.read_text("utf-8").replace("{{ data }}", data)

    def order(self, body: bytes) -> dict[str, object]:
        """Give the order that a browser sent.

        Raises:
            ValueError: not an order.
            NoDevice: the device has gone.
        """
        order = json.loads(body)
        if not isinstance(order, dict):
            raise TypeError("an order is an object")
        return give_order(self._control, order)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        page = self

        class Handler(_Handler):
            """Bound to this page."""

            site = page

        return Handler


class _Handler(BaseHTTPRequestHandler):
    """GET / and POST /order."""

    site: ControlPage

    def do_GET(self) -> None:
        """Show the page."""
        if not self._is_own_host() or self.path != "/":
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        self._answer(self.site.html().encode(), "text/html; charset=utf-8")

    def do_POST(self) -> None:
        """Take an order."""
        token = self.headers.get("X-Token", "")
        if not self._is_own_host() or not hmac.compare_digest(token, self.site.token):
            self.send_error(HTTPStatus.FORBIDDEN)
            return
        length = int(self.headers.get("Content-Length", "0"))
        try:
            state = self.site.order(self.rfile.read(min(length, MOST_BODY)))
        except (ValueError, TypeError):
            self.send_error(HTTPStatus.BAD_REQUEST)
        except NoDevice:
            self.send_error(HTTPStatus.SERVICE_UNAVAILABLE)
        else:
            body = json.dumps(state, ensure_ascii=False).encode()
            self._answer(body, "application/json; charset=utf-8")

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what is scanned is nobody's business."""

    def _is_own_host(self) -> bool:
        return self.headers.get("Host", "").rpartition(":")[0] in OWN_HOSTS

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Frame-Options", "DENY")
        self.end_headers()
        self.wfile.write(body)
