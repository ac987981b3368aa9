"""The controller's own secrets, made at first start: each a file that only its user may read.

None of them can make content: approvers' and root keys are never here (architecture.md 3).
"""

import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from content.errors import ZoneError
from content.feed.keys import key_id
from controller.broker.private_files import write_private

KEY_BYTES = 32
NONCE_BYTES = 12


class KeyringError(ZoneError):
    """A key file is damaged or open to others."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """The secrets, each 32 raw bytes.

    Attributes:
        log: Ed25519 seed that orders feed logs.
        seal: X25519 private key that opens sealed envelopes from terminals.
        rest: AES-256 key of what rests in the database about applicants.
    """

    log: bytes = field(repr=False)
    seal: bytes = field(repr=False)
    rest: bytes = field(repr=False)

    @property
    def log_public(self) -> str:
        """Raw public half of the log key, hex."""
        return Ed25519PrivateKey.from_private_bytes(self.log).public_key().public_bytes_raw().hex()

    @property
    def log_key_id(self) -> str:
        """Id of the log key."""
        return key_id(bytes.fromhex(self.log_public))

    @property
    def seal_public(self) -> str:
        """Raw public half of the sealing key, hex; terminals get it at enrolment."""
        return X25519PrivateKey.from_private_bytes(self.seal).public_key().public_bytes_raw().hex()

    def sign_log(self, data: bytes) -> bytes:
        """Return the log key's signature."""
        return Ed25519PrivateKey.from_private_bytes(self.log).sign(data)

    def lock(self, plain: bytes, *, about: str) -> bytes:
        """Encrypt what is to rest in the database, bound to the row it is about."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(self.rest).encrypt(nonce, plain, about.encode())

    def unlock(self, locked: bytes, *, about: str) -> bytes:
        """Decrypt it again.

        Raises:
            cryptography.exceptions.InvalidTag: another key, another row, or damaged.
        """
        nonce, rest = locked[:NONCE_BYTES], locked[NONCE_BYTES:]
        return AESGCM(self.rest).decrypt(nonce, rest, about.encode())


def open_keyring(folder: Path, *, may_make: bool) -> Keyring:
    """Read the keys of a zone; make them only at its first start, for a new key cannot read old data.

    Raises:
        KeyringError: a file is damaged or missing, or other users may read it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Keyring(
        log=_open(folder / "log.key", may_make=may_make),
        seal=_open(folder / "seal.key", may_make=may_make),
        rest=_open(folder / "rest.key", may_make=may_make),
    )


def _open(path: Path, *, may_make: bool) -> bytes:
    try:
        return _read(path)
    except FileNotFoundError as error:
        if not may_make:
            raise KeyringError(
                f"缺少密钥文件 {path}，请从备份恢复后重新启动；没有它，已有数据无法读取。"
            ) from error
        write_private(path, secrets.token_hex(KEY_BYTES).encode() + b"\n")
        return _read(path)


def _read(path: Path) -> bytes:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise KeyringError(
            f"密钥文件 {path} 可被其他用户读取，请执行 chmod 600 {path} 后重新启动。"
        )
    try:
        key = bytes.fromhex(path.read_text("ascii").strip())
    except (UnicodeDecodeError, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise KeyringError(f"密钥文件 {path} 已损坏，请从备份恢复后重新启动。")
    return key
