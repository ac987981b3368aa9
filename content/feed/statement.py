"""What an approver signs: one sentence about one record of one feed.

The signature covers content, not its place in the log: two approvers may sign hours apart without racing
for a sequence number (docs/adr/0007). Place and freshness are the log's business (content.feed.chain).
A record's version rises by one with each approved change, so an old approval replayed later is refused.
"""

from dataclasses import dataclass
from enum import StrEnum

from content.canonical import Json, canonical_json

DOMAIN = b"zone/statement/1\n"
"""Put before the canonical bytes, so that a signature means nothing in any other place."""


BATCH_DOMAIN = b"zone/batch/1\n"


class Action(StrEnum):
    """What happens to the record."""

    PUT = "put"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence that approvers sign.

    Attributes:
        feed: for example "gov/510000".
        record: the record's id.
        version: 1 for a new record, then +1 for each change; a terminal refuses what is not newer.
        action: put or delete.
        digest: SHA-256 hex of the body's canonical JSON; "" for delete.
        size: bytes of that JSON; 0 for delete. Decompression stops there.
        drafter: holder id of who drafted it; the drafter's own signature never counts.
        approved_on: unix seconds.
        expires: unix seconds after which it must not be shown, 0 = no end.
    """

    feed: str
    record: str
    version: int
    action: Action
    digest: str
    size: int
    drafter: str
    approved_on: int
    expires: int = 0

    def signed_bytes(self) -> bytes:
        """Return exactly the bytes that an approver's key signs."""
        fields: dict[str, Json] = {
            "a": str(self.action),
            "d": self.drafter,
            "f": self.feed,
            "h": self.digest,
            "n": self.size,
            "r": self.record,
            "t": self.approved_on,
            "v": self.version,
            "x": self.expires,
        }
        return DOMAIN + canonical_json(fields)


@dataclass(frozen=True, slots=True)
class Approval:
    """One signature over a statement: 16 hex digits of key id, 64 bytes of Ed25519 (RFC 8032)."""

    key_id: str
    signature: bytes


def batch_bytes(feed: str, *, count: int, root: bytes) -> bytes:
    """Return exactly the bytes that an approver's key signs for many statements of one feed at once."""
    return BATCH_DOMAIN + canonical_json({"f": feed, "m": root.hex(), "n": count})
