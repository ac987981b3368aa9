"""What travels in the topics: dataclass <-> JSON bytes. Unknown fields are ignored, unknown versions refused."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

import msgspec

from content.errors import PeerError

T = TypeVar("T")


class BadMessage(PeerError):
    """The payload is not of the form that its topic asks for."""


class DeviceState(StrEnum):
    """The words of z/1/d/{dev}/state."""

    INIT = "init"
    READY = "ready"
    SLEEPING = "sleeping"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class StateMessage:
    """Birth or last will. A will with an older (boot, connection) than the known birth is ignored."""

    s: DeviceState
    boot: str
    connection: int


@dataclass(frozen=True, slots=True)
class ControllerState:
    """Whether the controller listens; devices keep their outbox while it does not."""

    up: bool
    boot: str


@dataclass(frozen=True, slots=True)
class FeedMark:
    """How far a feed has been taken: sequence and link hash."""

    sequence: int
    link: str


@dataclass(frozen=True, slots=True)
class GlassMark:
    """What one user interface has really drawn.

    Attributes:
        ui: "kiosk" or "signage-1".
        sequences: feed -> sequence of the replica that the drawn frame was made from.
        item: record id on the glass, "" for none.
        version: its version.
        frame: BLAKE2b digest of the drawn pixels, 8 bytes in hex.
        at: unix seconds.
    """

    ui: str
    sequences: dict[str, int]
    item: str = ""
    version: int = 0
    frame: str = ""
    at: int = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong at a terminal, in words for staff.

    Attributes:
        code: for example "entry_refused:unknown_key", "replica_tampered", "printer:paper_out".
        subject: record id, feed or device it is about.
        text: one Chinese sentence that says what to do.
        since: unix seconds.
    """

    code: str
    subject: str
    text: str
    since: int


@dataclass(frozen=True, slots=True)
class PrintedDay:
    """What a printer did on one day.

    Attributes:
        day: ISO date.
        printed: slips that the printer has acknowledged.
        broken: slips that may have come out in part, or unseen.
        refused: slips of which nothing came out.
        used_mm: paper.
    """

    day: str
    printed: int
    broken: int
    refused: int
    used_mm: int


@dataclass(frozen=True, slots=True)
class Paper:
    """A printer's paper: what is left of the roll, for how many days (None: not known yet), and the last days."""

    left_mm: int
    days_left: int | None = None
    days: tuple[PrintedDay, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """z/1/d/{dev}/rep: what a terminal holds, shows and suffers from."""

    policy: int
    applied: dict[str, FeedMark]
    glass: tuple[GlassMark, ...] = ()
    faults: tuple[Fault, ...] = ()
    devices: dict[str, str] = field(default_factory=dict)
    outbox: int = 0
    at: int = 0
    paper: Paper | None = None
    want: int = 0


@dataclass(frozen=True, slots=True)
class Telemetry:
    """z/1/d/{dev}/tele: counters by name; `seq` rises by one within a boot, so that gaps show."""

    seq: int
    at: int
    counters: dict[str, int]


LINES_WITH_HEADS = 2
"""A terminal that says so in `Hello.reads` reads a line and its head in one message (content.feed.together)."""


@dataclass(frozen=True, slots=True)
class Hello:
    """up/hello: said on each connect; the controller answers on down/msg with policy and heads.

    `reads` is the newest form of what is said of feeds that the terminal reads.
    """

    policy: int
    applied: dict[str, FeedMark]
    reads: int = 1


@dataclass(frozen=True, slots=True)
class Welcome:
    """down/msg: the signed policy (msgpack, base64) if newer, and the heads (msgpack, base64) of the feeds."""

    policy: str
    heads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Envelope:
    """up/req and others: a sealed body under an idempotency key, signed by the device key.

    Attributes:
        device: certificate CN.
        key: "{device}-{uuid7 hex}"; the same key is the same submission for ever.
        kind: "req" and others.
        at: unix seconds on the device.
        boot: boot id.
        sequence: rises by one within a boot.
        sealed: body sealed to the controller's X25519 key (NaCl sealed box), base64.
        signature: ECDSA P-256 SHA-256 (DER, base64) by the device's certificate key over signed_bytes().
    """

    device: str
    key: str
    kind: str
    at: int
    boot: str
    sequence: int
    sealed: str
    signature: str = ""

    def signed_bytes(self) -> bytes:
        """Return the bytes under the device's signature."""
        parts = (self.device, self.key, self.kind, str(self.at), self.boot, str(self.sequence))
        return b"zone/envelope/1\n" + "\n".join((*parts, self.sealed)).encode()


@dataclass(frozen=True, slots=True)
class Standing:
    """GET /r/{code}: where a request stands, in words for everybody; `lines` are (label, value)."""

    state: str
    text: str
    next_step: str
    lines: tuple[tuple[str, str], ...] = ()


class AckResult(StrEnum):
    """What became of an envelope."""

    OK = "ok"
    DUPLICATE = "dup"
    REJECTED = "rej"
    LATER = "later"
    """Not taken in now: too much came at once. It stays in the outbox and is sent again after a while."""


@dataclass(frozen=True, slots=True)
class Ack:
    """down/ack: said only after the controller's commit; a duplicate gets the same number again.

    `wait_s` goes with LATER: seconds after which it may be sent again.
    """

    key: str
    result: AckResult
    number: str = ""
    why: str = ""
    wait_s: int = 0


def to_bytes(message: object) -> bytes:
    """Return the JSON bytes of a message of this module."""
    return msgspec.json.encode(message)


def from_bytes(data: bytes, kind: type[T]) -> T:
    """Read a message of the given kind.

    Raises:
        BadMessage: not JSON, or not of that form.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise BadMessage(f"not a {kind.__name__}: {error}") from error
