"""A broker, an HTTPS interface, a clock and a controller's intake in memory, for tests of the agent."""

import base64
import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from nacl.public import PrivateKey, SealedBox

from content.feed.entry import LogLine, SignedHead, head_to_bytes, line_to_bytes
from devices.agent.ports import Page, TooMany, Unreachable
from devices.wire.jobs import Orders
from devices.wire.messages import Ack, AckResult, Envelope, Hello, Welcome, from_bytes

START = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)


class FakeClock:
    """Time that moves when it is told to."""

    def __init__(self) -> None:
        self.elapsed = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        return self.elapsed

    def pass_(self, seconds: float) -> None:
        self.elapsed += seconds


class FakeLink:
    """Keeps what was published; `connected` is what the test says."""

    def __init__(self, *, connected: bool = True) -> None:
        self.connected = connected
        self.published: list[tuple[str, bytes]] = []
        self.retained: dict[str, bytes] = {}
        self.births = 0
        self.renewals = 0

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 1) -> bool:
        del qos
        if not self.connected:
            return False
        self.published.append((topic, payload))
        if retain:
            self.retained[topic] = payload
        return True

    def say_ready(self) -> None:
        self.births += 1

    def renew(self) -> None:
        self.renewals += 1

    def take(self) -> list[tuple[str, bytes]]:
        """Return what was published since the last time."""
        taken, self.published = self.published, []
        return taken


class FakeIntake:
    """The controller's side of exactly-once: opens, registers by key, answers."""

    def __init__(self, device_key: EllipticCurvePublicKey | None = None) -> None:
        self.private = PrivateKey.generate()
        self.device_key = device_key
        self.bodies: dict[str, dict[str, object]] = {}
        self.numbers: dict[str, str] = {}
        self.duplicates = 0

    @property
    def seal_key(self) -> str:
        return bytes(self.private.public_key).hex()

    def receive(self, data: bytes) -> Ack:
        envelope = from_bytes(data, Envelope)
        if self.device_key is not None:
            signature = base64.b64decode(envelope.signature)
            self.device_key.verify(signature, envelope.signed_bytes(), ECDSA(SHA256()))
        if envelope.key in self.numbers:
            self.duplicates += 1
            return Ack(envelope.key, AckResult.DUPLICATE, self.numbers[envelope.key])
        opened = SealedBox(self.private).decrypt(base64.b64decode(envelope.sealed))
        self.bodies[envelope.key] = msgspec.json.decode(opened)
        self.numbers[envelope.key] = f"示公开〔2026〕{len(self.numbers) + 1}号"
        return Ack(envelope.key, AckResult.OK, self.numbers[envelope.key])


class FakeUpstream:
    """The HTTPS interface over a list of lines; `up` is what the test says."""

    def __init__(self, *, intake: FakeIntake | None = None, page_size: int = 500) -> None:
        self.up = True
        self.lines: dict[str, list[bytes]] = {}
        self.head = b""
        self.welcome: Welcome | None = None
        self.intake = intake
        self.page_size = page_size
        self.hellos: list[Hello] = []
        self.asked: list[tuple[str, int]] = []
        self.asked_plain: list[tuple[str, int]] = []
        self.plain_lines: dict[str, list[bytes]] = {}
        self.entries: dict[tuple[str, str], bytes] = {}
        self.blobs: dict[str, bytes] = {}
        self.fetched: list[tuple[str, int]] = []
        self.blob_budget = 10**9
        self.said: list[tuple[str, bytes]] = []
        self.ordered = Orders()
        self.too_many_s = 0
        self.brought: dict[str, bytes] = {}

    def hold(self, feed: str, lines: Sequence[LogLine], head: SignedHead | None = None) -> None:
        self.lines[feed] = [line_to_bytes(line) for line in lines]
        self.head = head_to_bytes(head) if head is not None else b""

    async def hello(self, hello: Hello) -> Welcome | None:
        self._check()
        self.hellos.append(hello)
        return self.welcome

    async def log_page(self, feed: str, start: int) -> Page:
        self._check()
        self.asked.append((feed, start))
        return Page(tuple(self.lines.get(feed, [])[start - 1 :][: self.page_size]), self.head)

    async def plain_page(self, feed: str, start: int) -> Page:
        self._check()
        self.asked_plain.append((feed, start))
        lines = tuple(self.plain_lines.get(feed, self.lines.get(feed, [])))
        return Page(lines[start - 1 :][: self.page_size], self.head)

    async def newest_entry(self, feed: str, record: str) -> bytes:
        self._check()
        return self.entries.get((feed, record), b"")

    async def blob(self, sha256: str, *, start: int, sink: Callable[[bytes], None]) -> None:
        self._check()
        self.fetched.append((sha256, start))
        data = self.blobs.get(sha256)
        if data is None:
            raise Unreachable("no such blob")
        for at in range(start, len(data), 1000):
            self.blob_budget -= 1
            if self.blob_budget < 0:
                self.blob_budget = 10**9
                raise Unreachable("the link is cut")
            sink(data[at : at + 1000])

    async def post(self, envelope: bytes) -> Ack:
        self._check()
        if self.too_many_s:
            raise TooMany(self.too_many_s)
        assert self.intake is not None
        return self.intake.receive(envelope)

    async def say(self, rest: str, payload: bytes) -> None:
        self._check()
        self.said.append((rest, payload))

    async def orders(self) -> Orders:
        self._check()
        return self.ordered

    async def bring(self, job: str, data: bytes) -> str:
        self._check()
        self.brought[job] = data
        return hashlib.sha256(data).hexdigest()

    def _check(self) -> None:
        if not self.up:
            raise Unreachable("the test says so")
