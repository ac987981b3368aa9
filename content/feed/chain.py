"""The order of a feed's log: numbered links, each naming the hash of the one before.

A link is signed by the feed's log key, which the controller holds. It can order, delay and stop; it
cannot make content, for every entry carries its approvers' own signatures.
"""

from dataclasses import dataclass

from content.canonical import Json, canonical_json, sha256_hex
from content.feed.statement import Approval, Statement

LINK_DOMAIN = b"zone/link/1\n"
HEAD_DOMAIN = b"zone/head/1\n"
GENESIS = "0" * 64
"""What the first link names as its predecessor."""


@dataclass(frozen=True, slots=True)
class Link:
    """Place number `sequence` of a feed; `previous` and `entry` are SHA-256 hex, `at` unix seconds.

    A batch takes the places from `first` to `sequence`; 0 says that the link is of one place alone.
    """

    feed: str
    sequence: int
    previous: str
    entry: str
    at: int
    first: int = 0

    @property
    def begins(self) -> int:
        """The first of its places."""
        return self.first or self.sequence

    def signed_bytes(self) -> bytes:
        """Return exactly the bytes that the log key signs."""
        place: Json = [self.first, self.sequence] if self.first else self.sequence
        return LINK_DOMAIN + canonical_json(
            {"e": self.entry, "f": self.feed, "p": self.previous, "s": place, "t": self.at}
        )

    @property
    def hash(self) -> str:
        """SHA-256 hex that the next link names."""
        return sha256_hex(self.signed_bytes())


@dataclass(frozen=True, slots=True)
class Head:
    """The newest link of a feed, said again daily: who sees only old heads knows that it is cut off.

    Attributes:
        feed, sequence, link: the newest place and the hash of its link.
        at: unix seconds.
        snapshot: SHA-256 hex of the manifest of the newest compacted snapshot, "" for none.
        snapshot_at: the sequence that the snapshot reaches.
    """

    feed: str
    sequence: int
    link: str
    at: int
    snapshot: str = ""
    snapshot_at: int = 0

    def signed_bytes(self) -> bytes:
        """Return exactly the bytes that the log key signs."""
        fields: dict[str, Json] = {
            "f": self.feed,
            "l": self.link,
            "s": self.sequence,
            "t": self.at,
        }
        if self.snapshot:
            fields |= {"b": self.snapshot, "q": self.snapshot_at}
        return HEAD_DOMAIN + canonical_json(fields)


def entry_hash(statement: Statement, approvals: tuple[Approval, ...]) -> str:
    """Return the hash by which a link names an entry: the statement and its approvals, in key order."""
    return signed_hash(statement.signed_bytes(), approvals)


def signed_hash(data: bytes, approvals: tuple[Approval, ...]) -> str:
    """Return the hash of signed bytes and their approvals, in key order."""
    parts = [data]
    for approval in sorted(approvals, key=lambda one: one.key_id):
        parts += [approval.key_id.encode(), approval.signature]
    return sha256_hex(b"\n".join(parts))
