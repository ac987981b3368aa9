"""Ed25519 keys as the log uses them: raw 32 bytes, named by the first 8 bytes of their SHA-256."""

import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def key_id(public: bytes) -> str:
    """Return the 16 hex digits that name a raw public key of 32 bytes."""
    return hashlib.sha256(public).hexdigest()[:16]


def is_signed(public: bytes, signature: bytes, data: bytes) -> bool:
    """Say whether the raw public key made this signature over these bytes."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True
