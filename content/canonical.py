"""One byte form for each value: JSON with sorted keys, no spaces, UTF-8, no floats.

Signatures are made over these bytes, in Python and in a browser alike, so the form must be
trivial to write in any language: `JSON.stringify` over an object with sorted keys is the same.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence

type_error = "canonical JSON has strings, whole numbers, booleans, null, lists and objects only"

Json = None | bool | int | str | Sequence["Json"] | Mapping[str, "Json"]


def canonical_json(value: Json) -> bytes:
    """Return the canonical bytes of a value.

    Raises:
        TypeError: the value holds a float, bytes or another type that JSON writes ambiguously.
    """
    _refuse_floats(value)
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of bytes in lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def _refuse_floats(value: Json) -> None:
    match value:
        case None | bool() | int() | str():
            return
        case Mapping():
            for key, item in value.items():
                if not isinstance(key, str):
                    raise TypeError(type_error)
                _refuse_floats(item)
        case list() | tuple():
            for item in value:
                _refuse_floats(item)
        case _:
            raise TypeError(type_error)
