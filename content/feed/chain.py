"""The order of a feed's log: numbered links, each naming the hash of the one before.

A link is signed by the feed's log key, which the controller holds. It can order, delay and stop; it
cannot make content, for every entry carries its approvers' own signatures.
"""

from dataclasses import dataclass

from content.canonical import canonical_json, sha256_hex
from content.feed.statement import Approval, Statement

LINK_DOMAIN = b"zone/link/1\n"
HEAD_DOMAIN = b"zone/head/1\n"
GENESIS = "0" * 64
"""What the first link names as its predecessor."""


@dataclass(frozen=True, slots=True)
class Link:
    """Place number `sequence` of a feed; `previous` and `entry` are SHA-256 hex, `at` unix seconds."""

    feed: str
    sequence: int
    previous: str
    entry: str
    at: int

    def signed_bytes(self) -> bytes:
        """Return exactly the bytes that the log key signs."""
        return LINK_DOMAIN + canonical_json(
            {"e": self.entry, "f": self.feed, "p": self.previous, "s": self.sequence, "t": self.at}
        )

    @property
    def hash(self) -> str:
        """SHA-256 hex that the next link names."""
        return sha256_hex(self.signed_bytes())


@dataclass(frozen=True, slots=True)
class Head:
    """The newest link of a feed, said again daily: who sees only old heads knows that it is cut off."""

    feed: str
    sequence: int
    link: str
    at: int

    def signed_bytes(self) -> bytes:
        """Return exactly the bytes that the log key signs."""
        return HEAD_DOMAIN + canonical_json(
            {"f": self.feed, "l": self.link, "s": self.sequence, "t": self.at}
        )


def entry_hash(statement: Statement, approvals: tuple[Approval, ...]) -> str:
    """Return the hash by which a link names an entry: the statement and its approvals, in key order."""
    parts = [statement.signed_bytes()]
    for approval in sorted(approvals, key=lambda one: one.key_id):
        parts += [approval.key_id.encode(), approval.signature]
    return sha256_hex(b"\n".join(parts))
