"""A person's private key in a file on removable media, useless without its passphrase."""

from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from content.errors import CallerError
from content.feed.keys import key_id
from content.feed.statement import Approval
from controller.broker.private_files import write_private

LEAST_PASSPHRASE = 12


class BadKeyFile(CallerError):
    """The key file cannot be used, or not with this passphrase."""


@dataclass(frozen=True, slots=True)
class HeldKey:
    """An Ed25519 key that its holder has opened."""

    private: Ed25519PrivateKey = field(repr=False)

    @property
    def public(self) -> str:
        """Raw public half, hex."""
        return self.private.public_key().public_bytes_raw().hex()

    def sign(self, data: bytes) -> Approval:
        """Return the key's signature."""
        return Approval(key_id(bytes.fromhex(self.public)), self.private.sign(data))


def make_key(path: Path, passphrase: str) -> HeldKey:
    """Make a key and write it, encrypted; a file that is there is never written over.

    Raises:
        BadKeyFile: the file exists, or the passphrase is too short.
    """
    if len(passphrase) < LEAST_PASSPHRASE:
        raise BadKeyFile(
            f"口令至少要 {LEAST_PASSPHRASE} 个字符，没有生成密钥。请换一个更长的口令。"
        )
    if path.exists():
        raise BadKeyFile(
            f"{path} 已经存在，没有覆盖。已生成过的密钥请直接使用；确需另做，请换一个文件名。"
        )
    key = HeldKey(Ed25519PrivateKey.generate())
    data = key.private.private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase.encode())
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_private(path, data)
    return key


def open_key(path: Path, passphrase: str) -> HeldKey:
    """Open a key file.

    Raises:
        BadKeyFile: not there, not a key, or another passphrase.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise BadKeyFile(f"没有找到密钥文件 {path}，请插入存放密钥的介质并核对路径。") from error
    try:
        private = load_pem_private_key(data, passphrase.encode())
    except (ValueError, TypeError) as error:
        raise BadKeyFile("口令不正确，或密钥文件已损坏。请重新输入口令。") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise BadKeyFile(f"{path} 不是本系统的签名密钥，请换用正确的密钥文件。")
    return HeldKey(private)
