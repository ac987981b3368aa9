"""How a new terminal and its controller come to trust each other through a person (docs/adr/0022). Pure.

The terminal makes its key and a pairing code, and shows the code and the key's fingerprint on its own glass. The
code never travels: the terminal sends a check of it that is bound to the key, a person types the code at the desk,
and the controller answers with a bundle under a code-derived MAC. Who sits between them can change neither the key
(the check fails) nor the bundle (the MAC fails) without guessing 50 bits through scrypt in half an hour.
"""

import hashlib
import hmac
from dataclasses import dataclass
from enum import StrEnum

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

LASTS_S = 30 * 60
"""A code that nobody typed within this is void."""
MOST_CSR = 4096
SHOWN_DIGITS = 32
_COST = 2**15
_MEMORY = 128 * 8 * _COST * 2


class PairingState(StrEnum):
    """How far a pairing has come."""

    WAITING = "waiting"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class PairingRequest:
    """What a new terminal sends.

    Attributes:
        csr: PEM of its certificate request: proves that it holds the key.
        check: hex; see `Secrets`.
        about: what machine it is, for the person at the desk.
    """

    csr: str
    check: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class PairingTicket:
    """The answer: under which secret address to ask, and until when (unix seconds)."""

    ticket: str
    expires: int


@dataclass(frozen=True, slots=True)
class Bundle:
    """What an accepted terminal needs.

    Attributes:
        certificate: PEM, for the key of the request.
        authority: PEM of the zone's CA.
        terminal: text of terminal.toml.
    """

    certificate: str
    authority: str
    terminal: str


@dataclass(frozen=True, slots=True)
class PairingAnswer:
    """How it stands; `bundle` (JSON bytes of a Bundle) and `mac` (hex) once it is accepted."""

    state: PairingState
    bundle: bytes = b""
    mac: str = ""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What both sides derive from code and key: a check to send, and a key for the answer's MAC."""

    check: str
    mac_key: bytes

    def mac(self, bundle: bytes) -> str:
        """Return the MAC of a bundle, hex."""
        return hmac.new(self.mac_key, bundle, hashlib.sha256).hexdigest()

    def is_good(self, bundle: bytes, mac: str) -> bool:
        """Say whether who made this bundle knew the code."""
        return hmac.compare_digest(self.mac(bundle), mac)


def derive(code: str, fingerprint: str) -> Secrets:
    """Return the secrets of a code and a key. Takes about a tenth of a second, on purpose."""
    derived = hashlib.scrypt(
        code.encode(),
        salt=b"zone/pairing/1\n" + fingerprint.encode(),
        n=_COST,
        r=8,
        p=1,
        maxmem=_MEMORY,
        dklen=64,
    )
    return Secrets(derived[:32].hex(), derived[32:])


def fingerprint_of(public: EllipticCurvePublicKey) -> str:
    """Return the SHA-256 of a public key, hex."""
    data = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(data).hexdigest()


def show_fingerprint(fingerprint: str) -> str:
    """Return a fingerprint for comparing by eye: half of it (128 bits) in groups of four."""
    shown = fingerprint[:SHOWN_DIGITS].upper()
    return " ".join(shown[at : at + 4] for at in range(0, len(shown), 4))
