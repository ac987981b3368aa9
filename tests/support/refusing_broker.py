"""A broker as small as can be that refuses subscriptions as a cluster does that has just lost a node."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

CONNECT, PUBLISH, SUBSCRIBE, PINGREQ = 0x10, 0x30, 0x80, 0xC0
REFUSED = 0x80


@dataclass
class RefusingBroker:
    """Grants filters at QoS 0 alone; what is in `never` it never grants.

    Attributes:
        asked: what was subscribed, packet by packet: (filter, QoS) pairs.
        said: topics of what was published.
        answers_connect: whether it answers CONNECT, or hangs up.
    """

    never: frozenset[str] = frozenset()
    port: int = 0
    answers_connect: bool = True
    asked: list[list[tuple[str, int]]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    connections: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                first, body = await _packet(reader)
                answer = self._answer(first, body)
                if answer is None:
                    return
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()

    def _answer(self, first: int, body: bytes) -> bytes | None:
        match first & 0xF0:
            case kind if kind == CONNECT:
                return b"\x20\x02\x00\x00" if self.answers_connect else None
            case kind if kind == PUBLISH:
                size = int.from_bytes(body[:2], "big")
                self.said.append(body[2 : 2 + size].decode())
                return b"\x40\x02" + body[2 + size : 4 + size]
            case kind if kind == SUBSCRIBE:
                filters = _filters(body[2:])
                self.asked.append(filters)
                codes = bytes(self._code(topic, qos) for topic, qos in filters)
                return b"\x90" + bytes([2 + len(codes)]) + body[:2] + codes
            case kind if kind == PINGREQ:
                return b"\xd0\x00"
            case _:
                return b""

    def _code(self, topic: str, qos: int) -> int:
        return REFUSED if qos or topic in self.never else 0


async def _packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first = (await reader.readexactly(1))[0]
    length = shift = 0
    while True:
        byte = (await reader.readexactly(1))[0]
        length |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            return first, await reader.readexactly(length)


def _filters(body: bytes) -> list[tuple[str, int]]:
    found = []
    while body:
        size = int.from_bytes(body[:2], "big")
        found.append((body[2 : 2 + size].decode(), body[2 + size]))
        body = body[3 + size :]
    return found


@asynccontextmanager
async def refusing_broker(
    *, tls: ssl.SSLContext, never: frozenset[str] = frozenset(), answers_connect: bool = True
) -> AsyncIterator[RefusingBroker]:
    """Run one on a free port of loopback."""
    broker = RefusingBroker(never, answers_connect=answers_connect)
    server = await asyncio.start_server(broker.serve, "127.0.0.1", 0, ssl=tls)
    broker.port = int(server.sockets[0].getsockname()[1])
    try:
        yield broker
    finally:
        server.close()
