"""The form in which a terminal keeps an entry: statement, approvals, proof and a body that can be read alone.

Without the link: a kept record proves who approved it; its place in the log was checked when it came. Lines as they
were kept by the first version are read as well.
"""

import msgspec

from content.feed.entry import (
    BadEntry,
    Entry,
    Packing,
    approval_fields,
    approvals_from,
    line_from_bytes,
    said_fields,
    statement_from,
)
from content.feed.merkle import Proof

FORM = 3

_Said = tuple[str, int, str, bytes, int, str, int, int]
_Proof = tuple[int, int, list[bytes]]
_KEPT = tuple[int, str, _Said, list[tuple[bytes, bytes]], _Proof | None, int, bytes]


def kept_to_bytes(entry: Entry) -> bytes:
    """Return the kept form of an entry whose body stands alone."""
    proof = entry.proof
    return msgspec.msgpack.encode(
        (
            FORM,
            entry.statement.feed,
            said_fields(entry.statement),
            approval_fields(entry.approvals),
            (proof.count, proof.index, proof.path) if proof else None,
            int(entry.packing),
            entry.packed,
        )
    )


def kept_from_bytes(data: bytes) -> Entry:
    """Read the kept form, or a whole line.

    Raises:
        BadEntry: neither.
    """
    # The number after the array's head is the version; lines of versions 1 and 2 hold the place second.
    if data[1:2] != bytes([FORM]):
        return line_from_bytes(data).entry
    try:
        _, feed, said, approvals, proof, packing, packed = msgspec.msgpack.decode(data, type=_KEPT)
        return Entry(
            statement_from(feed, said),
            approvals_from(approvals),
            Packing(packing),
            packed,
            proof=Proof(proof[0], proof[1], tuple(proof[2])) if proof else None,
        )
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise BadEntry("not a kept entry") from error
