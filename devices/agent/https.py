"""The controller's HTTPS interface for devices, with the terminal's client certificate.

The same envelopes and the same bytes as over MQTT, so that a network that only passes 443 loses nothing but
immediacy (wire.md 9.2).
"""

import base64
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from types import TracebackType
from typing import Self
from urllib.parse import quote

import aiohttp
import msgspec
from typing_extensions import override

from devices.agent import sentences
from devices.agent.config import Home
from devices.agent.key_updates import Missing
from devices.agent.ports import Page, TooMany, Unreachable
from devices.wire.jobs import Orders
from devices.wire.messages import Ack, BadMessage, Hello, Standing, Welcome, from_bytes, to_bytes
from devices.wire.search_model import ModelOffer

MOST_BYTES = 16 * 1024 * 1024
"""Largest answer: a page of 2 MB, or one line with the largest body."""
TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class _Answer:
    body: bytes
    headers: Mapping[str, str]


class NotThere(Unreachable):
    """This controller has no such address."""


class ClosingSocket(ssl.SSLSocket):
    """Closes itself when the handshake fails.

    paho-mqtt 2.2 leaves it to the garbage collector; drop this when its _ssl_wrap_socket closes.
    """

    @override
    def do_handshake(self, block: bool = False) -> None:
        """Shake hands, or close and raise."""
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def client_tls(home: Home) -> ssl.SSLContext:
    """Return the TLS settings of a terminal: only the zone's CA is trusted, our certificate is shown."""
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(home.authority))
    context.sslsocket_class = ClosingSocket
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(str(home.certificate), str(home.key))
    return context


class HttpsUpstream:
    """Asks the controller over HTTPS. Use as an async context manager."""

    def __init__(self, api_url: str, *, tls: ssl.SSLContext) -> None:
        self._url = api_url.rstrip("/")
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = self._new_session()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def hello(self, hello: Hello) -> Welcome | None:
        """See devices.agent.ports.Upstream."""
        try:
            answer = await self._ask("POST", "/hello", to_bytes(hello))
            return from_bytes(answer.body, Welcome)
        except NotThere:
            return None
        except BadMessage as error:
            raise Unreachable("answer to hello is not a Welcome") from error

    async def log_page(self, feed: str, start: int) -> Page:
        """See devices.agent.ports.Upstream."""
        return await self._page(f"/f/{feed}/log?from={start}")

    async def plain_page(self, feed: str, start: int) -> Page:
        """See devices.agent.ports.Upstream."""
        return await self._page(f"/f/{feed}/log?from={start}&plain=1")

    async def newest_entry(self, feed: str, record: str) -> bytes:
        """See devices.agent.ports.Upstream."""
        try:
            return (await self._ask("GET", f"/f/{feed}/r/{quote(record, safe='')}")).body
        except NotThere:
            return b""

    async def blob(self, sha256: str, *, start: int, sink: Callable[[bytes], None]) -> None:
        """See devices.agent.ports.Upstream."""
        if self._session is None:
            raise Unreachable("not open")
        path, wanted = f"/b/{sha256}", {"Range": f"bytes={start}-"}
        try:
            async with self._session.get(
                self._url + path,
                headers=wanted if start else None,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=None, connect=10, sock_read=TIMEOUT_S),
            ) as response:
                _check_status(
                    response.status, path, response.headers, expected=_PARTIAL if start else _WHOLE
                )
                async for piece in response.content.iter_chunked(65536):
                    sink(piece)
        except (aiohttp.ClientError, TimeoutError, ssl.SSLError, ConnectionError) as error:
            what = f"{type(error).__name__} at {path}"
            raise Unreachable(what, sentence=_sentence(error)) from error

    async def search_model(self) -> ModelOffer | None:
        """See devices.agent.search_model.ModelSource."""
        try:
            answer = await self._ask("GET", "/search-model")
            return from_bytes(answer.body, ModelOffer)
        except NotThere:
            return None
        except BadMessage as error:
            raise Unreachable("answer is not an offer of a search model") from error

    async def _page(self, path: str) -> Page:
        answer = await self._ask("GET", path)
        try:
            lines = msgspec.msgpack.decode(answer.body, type=tuple[bytes, ...])
            head = base64.b64decode(answer.headers.get("X-Head", ""), validate=True)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise Unreachable("page of the log cannot be read") from error
        return Page(lines, head)

    async def trust_file(self, name: str) -> bytes:
        """See devices.agent.key_updates.TrustFiles."""
        try:
            return (await self._ask("GET", f"/t/{name}")).body
        except NotThere as error:
            raise Missing(name) from error

    async def post(self, envelope: bytes) -> Ack:
        """See devices.agent.ports.Upstream."""
        answer = await self._ask("POST", "/up", envelope)
        try:
            return from_bytes(answer.body, Ack)
        except BadMessage as error:
            raise Unreachable("answer to an envelope is not an Ack") from error

    async def say(self, rest: str, payload: bytes) -> None:
        """See devices.agent.ports.Upstream."""
        await self._ask("POST", f"/up/{rest}", payload)

    async def orders(self) -> Orders:
        """See devices.agent.ports.Upstream."""
        answer = await self._ask("GET", "/orders")
        try:
            return from_bytes(answer.body, Orders)
        except BadMessage as error:
            raise Unreachable("answer is not orders") from error

    async def bring(self, job: str, data: bytes) -> str:
        """See devices.agent.ports.Upstream."""
        answer = await self._ask("PUT", f"/job/{job}/result", data)
        try:
            return str(msgspec.json.decode(answer.body, type=dict[str, str])["sha256"])
        except (msgspec.MsgspecError, KeyError) as error:
            raise Unreachable("answer to a result is not a hash") from error

    async def standing(self, code: str) -> Standing | None:
        """See devices.agent.lookup.StandingSource."""
        try:
            answer = await self._ask("GET", f"/r/{code}")
            return from_bytes(answer.body, Standing)
        except NotThere:
            return None
        except BadMessage as error:
            raise Unreachable("answer to a receipt's code is not a Standing") from error

    async def renew(self, csr: bytes) -> bytes:
        """Hand over a certificate request; return the certificate to use from now on, PEM."""
        return (await self._ask("POST", "/renew", csr)).body

    async def reconnect(self) -> None:
        """Begin anew, so that the next request shows the certificate that the TLS settings hold now."""
        old, self._session = self._session, self._new_session()
        if old is not None:
            await old.close()

    def _new_session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._tls, limit=4),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S, connect=10),
        )

    async def _ask(self, method: str, path: str, body: bytes | None = None) -> _Answer:
        if self._session is None:
            raise Unreachable("not open")
        kind = {"Content-Type": "application/json"} if body is not None else None
        try:
            async with self._session.request(
                method,
                self._url + path,
                data=BytesIO(body) if body else body,
                headers=kind,
                allow_redirects=False,
            ) as response:
                _check_status(response.status, path, response.headers)
                return _Answer(await _read(response), response.headers)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            what = f"{type(error).__name__} at {path}"
            raise Unreachable(what, sentence=_sentence(error)) from error


_WHOLE = frozenset({HTTPStatus.OK, HTTPStatus.NO_CONTENT})
_PARTIAL = frozenset({HTTPStatus.PARTIAL_CONTENT})


def _check_status(
    status: int,
    path: str,
    headers: Mapping[str, str],
    *,
    expected: frozenset[HTTPStatus] = _WHOLE,
) -> None:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        wait = headers.get("Retry-After", "")
        raise TooMany(int(wait) if wait.isascii() and wait.isdigit() else 1)
    if status in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}:
        raise NotThere(path)
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise Unreachable(f"status {status} at {path}", sentence=sentences.CERTIFICATE_REFUSED)
    if status not in expected:
        raise Unreachable(f"status {status} at {path}")


def _sentence(error: Exception) -> str:
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return sentences.API_UNTRUSTED
        case ssl.SSLError() | aiohttp.ClientConnectorSSLError():
            return sentences.CERTIFICATE_REFUSED
        case _:
            return sentences.API_UNREACHABLE


async def _read(response: aiohttp.ClientResponse) -> bytes:
    data = bytearray()
    async for chunk in response.content.iter_chunked(65536):
        data += chunk
        if len(data) > MOST_BYTES:
            raise Unreachable("answer is too large")
    return bytes(data)
