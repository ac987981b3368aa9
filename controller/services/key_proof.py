"""Prove that whoever registers a public key holds its private half, without ever seeing that."""

from dataclasses import dataclass

from content.errors import CallerError
from content.feed.keys import is_signed, key_id
from controller.store.keys import KeyState, KeyUse, SignerKey

KEY_PROOF_DOMAIN = b"zone/key-proof/1\n"
KEY_BYTES = 32


class BadKey(CallerError):
    """A key that is not one, is not held, or belongs to somebody already."""


@dataclass(frozen=True, slots=True)
class KeyProof:
    """A new key and the proof that whoever registers it holds its private half.

    Attributes:
        public: raw Ed25519 public key, hex.
        signature: hex, over `key_proof_bytes(challenge, public)`.
        name: what the holder calls the key, for example the computer it is on.
    """

    public: str
    signature: str
    name: str = ""


def key_proof_bytes(challenge: str, public: str) -> bytes:
    """Return exactly the bytes that a new key signs to prove that it is held."""
    return KEY_PROOF_DOMAIN + f"{challenge}\n{public}".encode()


def checked_key(
    proof: KeyProof, *, holder: str, use: KeyUse, challenge: str, now: int
) -> SignerKey:
    """Return the key to keep.

    Raises:
        BadKey: not a key, or not signed by its private half over this challenge.
    """
    try:
        public, signature = bytes.fromhex(proof.public), bytes.fromhex(proof.signature)
    except ValueError as error:
        raise BadKey("密钥格式不正确，请刷新页面后重新登记。") from error
    if len(public) != KEY_BYTES or not is_signed(
        public, signature, key_proof_bytes(challenge, public.hex())
    ):
        raise BadKey("密钥验证没有通过，请刷新页面后重新登记。")
    name = proof.name.strip()[:60]
    return SignerKey(key_id(public), public.hex(), holder, name, use, KeyState.ACTIVE, now)
