"""Codes that people read aloud, type and scan: Crockford base32, no I L O U.

Record ids and receipt codes are 10 symbols = 50 bits: short enough for a QR of version 3
(devices.md: URL target 42 bytes), long enough not to be guessed behind a rate limit.
"""

import hashlib
import secrets

from content.errors import CallerError

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH = 10
TAIL_LENGTH = 6
_LOOKALIKES = str.maketrans({"I": "1", "L": "1", "O": "0"})


class BadCode(CallerError):
    """Not a code of ours."""


def new_code() -> str:
    """Return a random code of 10 symbols."""
    return _encode(secrets.randbits(5 * CODE_LENGTH))


def code_from(seed: str) -> str:
    """Return the code that always belongs to this seed (an outbox key, an item code)."""
    digest = hashlib.sha256(seed.encode()).digest()
    return _encode(int.from_bytes(digest[:8], "big") >> (64 - 5 * CODE_LENGTH))


def seed_tail(seed: str) -> str:
    """Return what a log may say of a seed: enough to find it again, too little to work out its code."""
    return seed[-TAIL_LENGTH:]


def parse_code(text: str) -> str:
    """Return the code that a person typed: case, hyphens, spaces and lookalikes forgiven.

    Raises:
        BadCode: the text cannot be one of our codes.
    """
    code = text.strip().upper().replace("-", "").replace(" ", "").translate(_LOOKALIKES)
    if len(code) != CODE_LENGTH or any(symbol not in ALPHABET for symbol in code):
        raise BadCode("查询码应为 10 位字母和数字，请对照回执重新输入。")
    return code


def show_code(code: str) -> str:
    """Return the code in groups for reading: 7KQ2-M9X-D4F."""
    return f"{code[:4]}-{code[4:7]}-{code[7:]}"


def _encode(number: int) -> str:
    return "".join(ALPHABET[(number >> (5 * i)) & 31] for i in reversed(range(CODE_LENGTH)))
