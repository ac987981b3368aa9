"""Read mosquitto's log: which strangers were turned away at the TLS handshake. Lines in, refusals out.

mosquitto 2.0 names the address of a connection when it opens and the reason when it fails, on separate
lines; where several addresses are knocking at once, the address of a refusal stays unknown ("").
"""

import re
from dataclasses import dataclass
from enum import StrEnum

MAX_KNOCKING = 256
_OPENED = re.compile(r"New connection from (\S+):(\d+) on port")
_KNOWN = re.compile(r"New client connected from (\S+):(\d+) as ")
_FAILED = re.compile(r"Client connection from (\S+) failed: (.*)")
_GONE = "Client <unknown> "


class Refusal(StrEnum):
    """Why a handshake failed."""

    FOREIGN = "foreign"
    """A certificate of another authority, expired, or revoked."""
    NO_CERTIFICATE = "no_certificate"


@dataclass(frozen=True, slots=True)
class RefusedHandshake:
    """Somebody without a certificate of this zone knocked; `address` "" where it cannot be known."""

    why: Refusal
    address: str


class HandshakeWatch:
    """Follows the log of one broker process."""

    def __init__(self) -> None:
        self._knocking: dict[tuple[str, str], None] = {}

    def read(self, line: str) -> RefusedHandshake | None:
        """Take the next line; return the refusal that it tells of."""
        if opened := _OPENED.match(line):
            self._remember((opened[1], opened[2]))
        elif known := _KNOWN.match(line):
            self._knocking.pop((known[1], known[2]), None)
        elif line.startswith(_GONE) and self._knocking:
            del self._knocking[next(iter(self._knocking))]
        elif failed := _FAILED.match(line):
            why = _reason(failed[2])
            return RefusedHandshake(why, failed[1]) if why else None
        elif line.startswith("OpenSSL Error") and (why := _reason(line)):
            return RefusedHandshake(why, self._only_address())
        return None

    def _remember(self, peer: tuple[str, str]) -> None:
        self._knocking[peer] = None
        if len(self._knocking) > MAX_KNOCKING:
            del self._knocking[next(iter(self._knocking))]

    def _only_address(self) -> str:
        addresses = {address for address, _ in self._knocking}
        return addresses.pop() if len(addresses) == 1 else ""


def _reason(text: str) -> Refusal | None:
    if "certificate verify failed" in text:
        return Refusal.FOREIGN
    if "did not return a certificate" in text:
        return Refusal.NO_CERTIFICATE
    return None
