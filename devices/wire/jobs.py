"""Jobs and wishes from the controller to one terminal: signed, expiring, acknowledged (wire.md 9.2). Pure.

Both are signed by the key that orders the feed logs, under prefixes of their own. A terminal learns from the
root-signed policy which keys those are, so a broker, another terminal or a stolen certificate can order nothing.
No job and no wish touches content: what stands on glass needs approvers' signatures (docs/adr/0022).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeVar

import msgspec

from content.canonical import canonical_json
from content.errors import PeerError
from content.feed.keys import is_signed

JOB_DOMAIN = b"zone/job/1\n"
WANT_DOMAIN = b"zone/want/1\n"
MAX_RESULT = 4 * 1024 * 1024
"""Largest result of a job in bytes; it goes over HTTPS."""


class JobKind(StrEnum):
    """What a terminal can be asked to do."""

    RESTART_UI = "restart_ui"
    PRINTER_TEST = "printer_test"
    LOG_BUNDLE = "log_bundle"
    SCREENSHOT = "screenshot"
    REBOOT = "reboot"
    VOLUME = "volume"
    BRIGHTNESS = "brightness"
    SCREEN_POWER = "screen_power"


class JobState(StrEnum):
    """How far a job has come; the last five are final."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more will be heard of the job."""
        return self not in {JobState.WAITING, JobState.ACCEPTED, JobState.RUNNING}


class JobRefused(PeerError):
    """A job or wish that this terminal must not follow; `reason` is a word for the log and the answer."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Job:
    """One order to one terminal.

    Attributes:
        id: unique for ever, hex.
        device: whose order it is.
        number: rises with each job of this terminal; one that does not rise is a replay.
        kind: what to do; an unknown word is rejected, not misread.
        args: for example {"ui": "kiosk"} or {"percent": "40"}.
        issued, expires: unix seconds of the controller.
    """

    id: str
    device: str
    number: int
    kind: str
    args: dict[str, str]
    issued: int
    expires: int

    def signed_bytes(self) -> bytes:
        """Return the bytes under the signature."""
        return JOB_DOMAIN + canonical_json(msgspec.to_builtins(self))


@dataclass(frozen=True, slots=True)
class Want:
    """What a terminal shall be: its desired shadow.

    Attributes:
        device: whose.
        version: only rises; going back to old values is a new version.
        settings: names of devices.agent.wishes.SETTINGS -> value.
        software: version that shall run, "" for no wish.
        issued: unix seconds of the controller.
        expires: unix second after which it is not begun to be followed, 0 = none.
        withheld: ids of records that are not to be shown for now. A wish can take away, never bring.
    """

    device: str
    version: int
    settings: dict[str, str] = field(default_factory=dict)
    software: str = ""
    issued: int = 0
    expires: int = 0
    withheld: tuple[str, ...] = ()

    def signed_bytes(self) -> bytes:
        """Return the bytes under the signature; what says nothing is left out, so that fields can be added."""
        said = msgspec.to_builtins(self)
        for name in ("expires", "withheld"):
            if not said[name]:
                del said[name]
        return WANT_DOMAIN + canonical_json(said)


@dataclass(frozen=True, slots=True)
class SignedJob:
    """A job, the id of the key that signed it, and the signature."""

    job: Job
    key: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class SignedWant:
    """A wish, the id of the key that signed it, and the signature."""

    want: Want
    key: str
    signature: bytes


@dataclass(frozen=True, slots=True)
class Orders:
    """Answer to GET /orders: what the retained topics would say."""

    job: SignedJob | None = None
    want: SignedWant | None = None


@dataclass(frozen=True, slots=True)
class JobReport:
    """z/1/d/{dev}/job/{id}: what became of a job. A report whose `ver` does not rise says nothing.

    Attributes:
        id: of the job.
        state: accepted, running, done, failed or rejected.
        ver: rises with each report of one job.
        why: a word: "session_open", "expired", "unknown_key", "no_printer", …
        step: what is being done now, a word.
        result: SHA-256 hex of the result that was sent over HTTPS, "" for none.
    """

    id: str
    state: JobState
    ver: int
    why: str = ""
    step: str = ""
    result: str = ""


class Signable(Protocol):
    """What has bytes to sign."""

    def signed_bytes(self) -> bytes:
        """Return them."""
        ...


_S = TypeVar("_S", Job, Want)


def check_job(
    signed: SignedJob, *, device: str, keys: Mapping[str, bytes], last: int, now: int
) -> Job:
    """Return the job if this terminal shall do it now.

    Args:
        signed: what arrived.
        device: who we are.
        keys: key id -> raw public key of those that the policy lets order our feeds.
        last: number of the last job that was taken.
        now: unix seconds of the terminal, 0 if its clock is not to be trusted: then expiry cannot be judged
            and the rising number alone guards against old orders.

    Raises:
        JobRefused: with the reason.
    """
    job = _signed_by_one_of(signed.job, signed.key, signed.signature, keys=keys)
    if job.device != device:
        raise JobRefused("other_device")
    if job.number <= last:
        raise JobRefused("replayed")
    if now and now > job.expires:
        raise JobRefused("expired")
    return job


def check_want(
    signed: SignedWant, *, device: str, keys: Mapping[str, bytes], held: int, now: int = 0
) -> Want:
    """Return the wish if it is ours, signed, newer than the one held, and not over.

    `now` is 0 if the terminal's clock is not to be trusted, as in `check_job`.

    Raises:
        JobRefused: with the reason.
    """
    want = _signed_by_one_of(signed.want, signed.key, signed.signature, keys=keys)
    if want.device != device:
        raise JobRefused("other_device")
    if want.version <= held:
        raise JobRefused("replayed")
    if want.expires and now > want.expires:
        raise JobRefused("expired")
    return want


def _signed_by_one_of(what: _S, key: str, signature: bytes, *, keys: Mapping[str, bytes]) -> _S:
    public = keys.get(key)
    if public is None:
        raise JobRefused("unknown_key")
    if not is_signed(public, signature, what.signed_bytes()):
        raise JobRefused("bad_signature")
    return what
