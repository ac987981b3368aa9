"""Passwords: argon2id, at least ten characters; hashing runs in a thread, for it is slow on purpose."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from content.errors import CallerError

MIN_LENGTH = 10
MAX_LENGTH = 256


class WeakPassword(CallerError):
    """The password cannot be used; the sentence says why."""


class Passwords:
    """Hashes and checks passwords."""

    def __init__(self, hasher: PasswordHasher) -> None:
        self._hasher = hasher
        self._decoy = hasher.hash("nobody's password")

    async def hash(self, password: str, *, login: str = "") -> str:
        """Return the hash to keep.

        Raises:
            WeakPassword: too short, too long, or the login itself.
        """
        if len(password) < MIN_LENGTH:
            raise WeakPassword(f"密码至少 {MIN_LENGTH} 个字符，请重新设置。")
        if len(password) > MAX_LENGTH:
            raise WeakPassword(f"密码最多 {MAX_LENGTH} 个字符，请重新设置。")
        if len(set(password)) < 4 or (login and login.casefold() in password.casefold()):  # noqa: PLR2004 - "aaaaaaaaaa"
            raise WeakPassword("密码过于简单，请不要使用登录名或重复字符。")
        return await asyncio.to_thread(self._hasher.hash, password)

    async def is_right(self, kept: str | None, password: str) -> bool:
        """Say whether the password is right; takes as long for a login that does not exist."""
        right = await asyncio.to_thread(self._verify, kept or self._decoy, password)
        return right and bool(kept)

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password[: MAX_LENGTH + 1])
        except (VerificationError, InvalidHashError):
            return False
