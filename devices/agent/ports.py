"""What the agent's parts ask of the world outside: the broker, the HTTPS interface, the replica."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol

from content.errors import PeerError
from content.feed.entry import Entry, SignedHead
from content.feed.opening import ReadBlob
from content.feed.policy import Policy
from content.feed.snapshot import Manifest
from content.paper.slip import Slip
from content.replica.witness import Contradiction
from content.replica.writer import Line
from devices.agent import sentences
from devices.drivers.health import Health
from devices.wire.jobs import Orders
from devices.wire.messages import Ack, Hello, Paper, Welcome

if TYPE_CHECKING:
    from devices.agent.blobs import BlobStore


class Unreachable(PeerError):
    """The controller cannot be reached, or answers with something that is not an answer.

    `sentence` tells staff, in Chinese, what to do.
    """

    def __init__(self, what: str, *, sentence: str = sentences.API_UNREACHABLE) -> None:
        super().__init__(what)
        self.sentence = sentence


class TooMany(Unreachable):
    """The controller has had too much from us at once; it may be sent again after `wait_s` seconds."""

    def __init__(self, wait_s: int) -> None:
        super().__init__("too much at once")
        self.wait_s = wait_s


class NotPossible(PeerError):
    """The replica's file cannot be read or written: full, read-only or damaged."""


@dataclass(frozen=True, slots=True)
class Connected:
    """The broker accepted us; `connection` rises by one with each connection of this boot."""

    connection: int


@dataclass(frozen=True, slots=True)
class Lost:
    """The broker is not reached any more, or not yet: a code and a Chinese sentence."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message came; `kept` says that the broker had kept it until we subscribed."""

    topic: str
    payload: bytes
    kept: bool = False


LinkEvent = Connected | Lost | Arrived


class Link(Protocol):
    """The broker as the agent sees it. Events arrive in the agent's event loop."""

    @property
    def connected(self) -> bool:
        """Whether the broker accepts messages now."""
        ...

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 1) -> bool:
        """Hand over a message; False if there is no connection. Nothing is kept for later."""
        ...

    def say_ready(self) -> None:
        """Say the birth again: a broker that did not know us yet may have dropped the first."""
        ...

    def renew(self) -> None:
        """Leave the connection and make a new one: this one hears nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Page:
    """Log lines as bytes, oldest first, and the signed head as bytes (empty if none was sent)."""

    lines: tuple[bytes, ...]
    head: bytes


class ContentSource(Protocol):
    """Where content is fetched: the controller over HTTPS, or a bundle on a stick. Every failure is an Unreachable."""

    async def hello(self, hello: Hello) -> Welcome | None:
        """Say what is held; return policy and heads, or None if this controller does not answer here."""
        ...

    async def log_page(self, feed: str, start: int) -> Page:
        """Return lines from sequence `start` on, none if there are none."""
        ...

    async def plain_page(self, feed: str, start: int) -> Page:
        """Return lines as `log_page` does, each with a body that can be read alone."""
        ...

    async def newest_entry(self, feed: str, record: str) -> bytes:
        """Return a record's newest entry in its kept form, b"" if the feed does not have the record."""
        ...

    async def blob(self, sha256: str, *, start: int, sink: Callable[[bytes], None]) -> None:
        """Give the bytes of a blob from `start` on to `sink`, as they come."""
        ...


class Upstream(ContentSource, Protocol):
    """The controller's whole HTTPS interface for devices."""

    async def post(self, envelope: bytes) -> Ack:
        """Hand over an envelope and return the answer to it."""
        ...

    async def say(self, rest: str, payload: bytes) -> None:
        """Say what a topic would carry: "state", "rep", "info", "job/{id}"."""
        ...

    async def orders(self) -> Orders:
        """Return the next job and the desired shadow."""
        ...

    async def bring(self, job: str, data: bytes) -> str:
        """Hand over what a job brings, and return its SHA-256 as the controller has it."""
        ...


class Replica(Protocol):
    """The verified copy, as content.replica.writer and reader offer it. Blocking."""

    @property
    def incoming(self) -> "BlobStore":
        """Where what is being fetched for it lies."""
        ...

    def close(self) -> None:
        """Let go of the file; the next use opens and checks it anew."""
        ...

    def policy_version(self) -> int:
        """Return the version of the policy in use, 0 for none."""
        ...

    def has_emergencies(self, feed: str) -> bool:
        """Say whether the policy in use lets somebody sign emergency notices in this feed."""
        ...

    def accept_policy(self, data: bytes) -> Policy:
        """Check and keep a signed policy; raises PolicyRefused."""
        ...

    def marks(self) -> dict[str, tuple[int, str]]:
        """Return feed -> (applied sequence, link hash)."""
        ...

    def apply(self, feed: str, lines: Iterable[Line]) -> int:
        """Apply the next lines; raises Refused or MissingBase after the good ones before it, or NoPolicy."""
        ...

    def apply_snapshot(self, manifest: Manifest, read: ReadBlob) -> None:
        """Move a feed on to the snapshot that its newest head names; raises Refused or NoPolicy."""
        ...

    def keep_dictionary(self, data: bytes) -> None:
        """Keep a dictionary that bodies are packed with."""
        ...

    def newest_head(self, feed: str) -> SignedHead | None:
        """Return the newest head that was believed."""
        ...

    def check_rival(self, line: Line) -> None:
        """Judge a line for a place that is taken; raises Refused, FORKED with both kept, or NoPolicy."""
        ...

    def as_of(self) -> dict[str, int]:
        """Return feed -> unix second up to which it is known."""
        ...

    def contradictions(self) -> tuple[Contradiction, ...]:
        """Return the evidence of forked logs."""
        ...

    def clock_floor(self) -> int:
        """Return a unix second that has certainly passed."""
        ...

    def mend(self, record: str, entries: Sequence[Entry]) -> None:
        """Put a record's entry in the place of a damaged one, none removes it; raises Refused or NoPolicy."""
        ...

    def note_head(self, signed: SignedHead) -> None:
        """Keep the newest head; raises Refused or NoPolicy."""
        ...

    def withhold(self, records: Sequence[str]) -> None:
        """Show none of these until told otherwise; none at all shows everything."""
        ...

    def is_sound(self, record: str) -> bool:
        """Say whether a record verifies as it is kept now; one that is not here is sound."""
        ...

    def rebuild(
        self,
        feed: str,
        lines: Iterable[Line],
        *,
        snapshot: tuple[Manifest, ReadBlob] | None = None,
    ) -> int:
        """Put a feed's log in the place of what is held, or raise and change nothing."""
        ...

    def scrub(self, *, after: str, limit: int) -> tuple[str, tuple[tuple[str, str], ...]]:
        """Verify the next records; return where it stopped and (record, reason) of the bad ones."""
        ...


class PrintSpool(Protocol):
    """The durable print queue, as devices.agent.spool offers it. Outcomes come by its callback."""

    def submit(self, job_id: str, slip: Slip, now: int) -> None:
        """Take a job; the same id again is the same job."""
        ...

    def withdraw(self, job_id: str) -> None:
        """Give up a job that has not begun; one that is being printed comes out."""
        ...

    def reprint(self, job_id: str, slip: Slip, now: int) -> int:
        """Print a slip again on request; return n of the 补打 n that marks it, 0 if none has come out yet."""
        ...

    def health(self) -> Health:
        """Return how the printer is."""
        ...

    def paper(self, today: date) -> Paper | None:
        """Return what is left of the paper and what was printed of late; None if it cannot be known."""
        ...

    def close(self) -> None:
        """Stop printing; what waits is kept."""
        ...
