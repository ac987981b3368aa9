"""How bodies are made small: plain zstd, against a trained dictionary, or as the change to what is held.

A patch names the version before by the first bytes of its hash; who does not hold that asks for the line in full.
What comes out is checked against the approvers' digest, so a wrong base can never show. Output is always capped.
"""

from dataclasses import dataclass
from enum import IntEnum

from backports import zstd

from content.canonical import sha256_hex
from content.errors import PeerError

LEVEL = 19
BASE_BYTES = 8
"""So much of a body's SHA-256 names it as a base; enough to tell versions apart, it proves nothing."""
LEAST_BASE = 8
"""zstd takes no shorter prefix."""
WINDOW_LOG_MAX = 27
DICTIONARY_BYTES = 112 * 1024
"""What `zstd --train` makes; larger ones gained nothing (docs/adr/0021)."""

_P = zstd.CompressionParameter
_SMALL = {
    int(_P.compression_level): LEVEL,
    int(_P.content_size_flag): 0,
    int(_P.checksum_flag): 0,
}


class BadEntry(PeerError):
    """The bytes are not an entry, or the body is not what the statement says."""


class MissingBase(BadEntry):
    """A body was packed against something that is not held here: ask for what can be read alone.

    Attributes:
        dictionary: SHA-256 hex of the trained dictionary that is missing; "" if it is an older version.
    """

    def __init__(self, dictionary: str = "") -> None:
        super().__init__("缺少解压所需的基准内容，将请求完整内容。")
        self.dictionary = dictionary


class Packing(IntEnum):
    """How a body is packed."""

    EMPTY = 0
    ZSTD = 1
    DICTIONARY = 2
    """zstd with a trained dictionary, itself a blob; the base is its SHA-256."""
    PATCH = 3
    """zstd with the version before as prefix; the base is the first bytes of its SHA-256."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A packed body, and what it was packed against (b"" for nothing)."""

    packing: Packing
    data: bytes
    base: bytes = b""


def base_name(body: bytes) -> bytes:
    """Return the name by which a patch calls the body that it changes."""
    return bytes.fromhex(sha256_hex(body))[:BASE_BYTES]


def pack_plain(body: bytes, *, level: int = LEVEL) -> Packed:
    """Pack a body so that it can be read alone."""
    return Packed(Packing.ZSTD, zstd.compress(body, level)) if body else Packed(Packing.EMPTY, b"")


def pack_patch(body: bytes, previous: bytes) -> Packed:
    """Pack a body as the change to the one before."""
    options = {**_SMALL, int(_P.window_log): _window(len(previous) + len(body))}
    prefix = zstd.ZstdDict(previous, is_raw=True).as_prefix
    data = zstd.compress(body, options=options, zstd_dict=prefix)
    return Packed(Packing.PATCH, data, base_name(previous))


def pack_with(body: bytes, dictionary: bytes) -> Packed:
    """Pack a body with a trained dictionary."""
    data = zstd.compress(body, options=_SMALL, zstd_dict=zstd.ZstdDict(dictionary))
    return Packed(Packing.DICTIONARY, data, bytes.fromhex(sha256_hex(dictionary)))


def pack_smallest(body: bytes, *, previous: bytes = b"", dictionary: bytes = b"") -> Packed:
    """Return the smallest of the packings that are possible."""
    tried = [pack_plain(body)]
    if body and dictionary:
        tried.append(pack_with(body, dictionary))
    if body and len(previous) >= LEAST_BASE:
        tried.append(pack_patch(body, previous))
    return min(tried, key=lambda one: len(one.data) + len(one.base))


def unpack(packed: Packed, size: int, *, against: bytes = b"") -> bytes:
    """Return exactly `size` bytes, never producing more than one byte over.

    Args:
        packed: what arrived.
        size: what the approvers signed.
        against: the dictionary or the body before, for the packings that need one.

    Raises:
        BadEntry: damaged, or another size.
    """
    if packed.packing is Packing.EMPTY:
        return b""
    try:
        data = _reader(packed.packing, against).decompress(packed.data, max_length=size + 1)
    except (zstd.ZstdError, ValueError) as error:
        raise BadEntry("body is damaged") from error
    if len(data) != size:
        raise BadEntry("body has another size than the approvers signed")
    return data


def train(bodies: list[bytes]) -> bytes:
    """Return a dictionary trained on bodies, b"" if they are too few or too alike to learn from."""
    try:
        return zstd.train_dict(bodies, DICTIONARY_BYTES).dict_content
    except (zstd.ZstdError, ValueError):
        return b""


def _reader(packing: Packing, against: bytes) -> zstd.ZstdDecompressor:
    options = {int(zstd.DecompressionParameter.window_log_max): WINDOW_LOG_MAX}
    match packing:
        case Packing.DICTIONARY:
            return zstd.ZstdDecompressor(zstd.ZstdDict(against), options)
        case Packing.PATCH:
            prefix = zstd.ZstdDict(against, is_raw=True).as_prefix
            return zstd.ZstdDecompressor(prefix, options)
        case _:
            return zstd.ZstdDecompressor(options=options)


def _window(size: int) -> int:
    return min(max(size.bit_length(), 10), WINDOW_LOG_MAX)
