"""Seals what a citizen wrote to the controller, and signs the envelope with the terminal's key."""

import base64
import re
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from nacl.public import PublicKey, SealedBox

from content.errors import CallerError
from devices.wire.messages import Envelope

_KEY = re.compile(r"[0-9A-Za-z_-]{8,64}")


class BadKey(CallerError):
    """Not a key that names a submission."""


@dataclass(frozen=True, slots=True)
class Sealer:
    """Makes envelopes of one device and boot. What went in can be read by the controller alone."""

    device: str
    boot: str
    box: SealedBox[PublicKey]
    signer: EllipticCurvePrivateKey

    def seal(self, body: bytes, *, key: str, kind: str, at: int, sequence: int) -> Envelope:
        """Return the signed envelope of a body."""
        sealed = base64.b64encode(self.box.encrypt(body)).decode()
        return self.sign(Envelope(self.device, key, kind, at, self.boot, sequence, sealed))

    def sign(self, envelope: Envelope) -> Envelope:
        """Return the envelope with our signature."""
        signature = self.signer.sign(envelope.signed_bytes(), ECDSA(SHA256()))
        return replace(envelope, signature=base64.b64encode(signature).decode())

    def has_signed(self, envelope: Envelope) -> bool:
        """Say whether our key signed it."""
        try:
            self.signer.public_key().verify(
                base64.b64decode(envelope.signature), envelope.signed_bytes(), ECDSA(SHA256())
            )
        except (InvalidSignature, ValueError):
            return False
        return True


def new_sealer(*, device: str, boot: str, seal_key: str, key_file: Path) -> Sealer:
    """Return the sealer of a terminal.

    Raises:
        BadKey: client.key is not a P-256 key.
    """
    try:
        signer = load_pem_private_key(key_file.read_bytes(), password=None)
    except ValueError as error:
        raise BadKey("client.key 无法读取，请重新登记终端。") from error
    if not isinstance(signer, EllipticCurvePrivateKey):
        raise BadKey("client.key 不是 P-256 私钥，请重新登记终端。")
    return Sealer(device, boot, SealedBox(PublicKey(bytes.fromhex(seal_key))), signer)


def envelope_key(device: str, key: str) -> str:
    """Return the idempotency key of a UI's submission key: "{device}-{key}".

    The UI may already have put the device in front.

    Raises:
        BadKey: too short to be unique, or with signs that a key has not.
    """
    rest = key.removeprefix(f"{device}-")
    if not _KEY.fullmatch(rest):
        raise BadKey("提交编号不正确，请返回重新填写。")
    return f"{device}-{rest}"
