"""What a terminal remembers of what a feed's log key signed: the newest head, the last link, contradictions.

From the signed times comes the clock floor: it is never earlier than the newest thing that was ever verified,
whatever the terminal's own clock says (wire.md 5).
"""

from dataclasses import dataclass

import apsw
import msgspec

from content.feed.entry import BadEntry, SignedHead, head_from_bytes, head_to_bytes
from content.feed.verify import Placed, Reason, Refused

MOST_EVIDENCE = 100
AS_OF = (
    "SELECT feed, max(head_at, coalesce((SELECT link_at FROM feed_said said"
    " WHERE said.feed = feed.feed), 0)) FROM feed"
)
"""A link says as much as a head: at its time there was nothing newer."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two signed statements about one place of a log. `ours` was believed, `theirs` came after it."""

    feed: str
    sequence: int
    ours: bytes
    theirs: bytes
    noted_at: int


class Witness:
    """Remembers in the replica's file. Its calls belong into the caller's transaction."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db

    def newest_head(self, feed: str) -> SignedHead | None:
        """Return the newest head that was believed."""
        row = self._db.execute("SELECT head FROM feed_said WHERE feed = ?", (feed,)).fetchone()
        if row is None or not row[0]:
            return None
        try:
            return head_from_bytes(bytes(row[0]))
        except BadEntry:
            return None

    def check(self, signed: SignedHead, *, mark: tuple[int, str] | None, now: int) -> None:
        """Compare a head with what is known; keep both when they cannot both be true.

        Raises:
            Refused: it forks the log.
        """
        head, known = signed.head, self.newest_head(signed.head.feed)
        ours = b""
        if mark is not None and mark[0] == head.sequence and mark[1] != head.link:
            ours = self._last_link(head.feed)
        elif (
            known is not None
            and known.head.sequence == head.sequence
            and known.head.link != head.link
        ):
            ours = head_to_bytes(known)
        else:
            return
        self._keep(head.feed, head.sequence, ours=ours, theirs=head_to_bytes(signed), now=now)
        raise Refused(Reason.FORKED, f"{head.feed} {head.sequence}")

    def notes_rival(self, line: Placed, *, now: int) -> None:
        """Keep a line that was applied where the newest head had promised another one, and that head.

        The promised line was refused, or never came. What is applied has its approvals whatever the log key says, so
        that a zone which took back a thief's line goes on; but the log key has signed two things for one place.
        """
        link, known = line.link, self.newest_head(line.link.feed)
        if known is None or known.head.sequence != link.sequence or known.head.link == link.hash:
            return
        ours, theirs = head_to_bytes(known), place_bytes(line)
        self._keep(link.feed, link.sequence, ours=ours, theirs=theirs, now=now)

    def heard(self, signed: SignedHead) -> None:
        """Remember a head that was believed, if it is newer."""
        known = self.newest_head(signed.head.feed)
        if known is None or known.head.at <= signed.head.at:
            self._db.execute(
                "INSERT INTO feed_said (feed, head) VALUES (?, ?)"
                " ON CONFLICT (feed) DO UPDATE SET head = excluded.head",
                (signed.head.feed, head_to_bytes(signed)),
            )

    def applied(self, line: Placed) -> None:
        """Remember the last link that was applied."""
        link = line.link
        self._db.execute(
            "INSERT INTO feed_said (feed, link, link_at) VALUES (?, ?, ?) ON CONFLICT (feed)"
            " DO UPDATE SET link = excluded.link, link_at = max(link_at, excluded.link_at)",
            (link.feed, place_bytes(line), link.at),
        )

    def forks(self, line: Placed, *, now: int) -> None:
        """Keep a signed line that continues another log than ours, beside our last link."""
        link = line.link
        ours = self._last_link(link.feed)
        self._keep(link.feed, link.sequence, ours=ours, theirs=place_bytes(line), now=now)

    def contradictions(self) -> tuple[Contradiction, ...]:
        """Return all that was kept, the oldest first."""
        rows = self._db.execute(
            "SELECT feed, sequence, ours, theirs, noted_at FROM evidence ORDER BY noted_at"
        )
        return tuple(
            Contradiction(feed, sequence, bytes(ours), bytes(theirs), at)
            for feed, sequence, ours, theirs, at in rows
        )

    def as_of(self) -> dict[str, int]:
        """Return feed -> the newest time at which its log key said what was newest."""
        return {str(feed): int(str(at)) for feed, at in self._db.execute(AS_OF)}

    def clock_floor(self) -> int:
        """Return the newest unix second that any feed's log key ever signed here; it is later than that now."""
        row = self._db.execute(
            "SELECT max((SELECT coalesce(max(head_at), 0) FROM feed),"
            " (SELECT coalesce(max(link_at), 0) FROM feed_said))"
        ).fetchone()
        return int(row[0]) if row else 0

    def _last_link(self, feed: str) -> bytes:
        row = self._db.execute("SELECT link FROM feed_said WHERE feed = ?", (feed,)).fetchone()
        return bytes(row[0]) if row else b""

    def _keep(self, feed: str, sequence: int, *, ours: bytes, theirs: bytes, now: int) -> None:
        count = self._db.execute("SELECT count(*) FROM evidence").fetchone()
        if count is not None and int(count[0]) < MOST_EVIDENCE:
            self._db.execute(
                "INSERT OR IGNORE INTO evidence VALUES (?, ?, ?, ?, ?)",
                (feed, sequence, ours, theirs, now),
            )


def place_bytes(line: Placed) -> bytes:
    """Return a signed place as evidence: (signed bytes, key, signature) can be checked by anybody."""
    return msgspec.msgpack.encode((line.link.signed_bytes(), line.log_key, line.log_signature))
