"""Puts a snapshot into the replica: nothing unsigned comes in, nothing goes out without a signed deletion.

A stolen controller can name any snapshot in a head. So each record passes the same check as a line of the log, and what
is held and verifies is given up only for the same or a newer version of it.
"""

from collections.abc import Callable

import apsw

from content.feed.entry import BadEntry, Entry
from content.feed.kept import kept_from_bytes, kept_to_bytes
from content.feed.opening import OpenedSnapshot, ReadBlob
from content.feed.policy import Policy
from content.feed.snapshot import Manifest
from content.feed.statement import Statement
from content.feed.verify import Reason, Refused, check_entry


class SnapshotInstall:
    """One installation, inside the caller's transaction.

    `take` puts an entry into a given row, `remove` empties a record's place, index and all.
    """

    def __init__(
        self,
        db: apsw.Connection,
        *,
        policy: Policy,
        take: Callable[[Entry, int], None],
        remove: Callable[[str], None],
    ) -> None:
        self._db = db
        self._policy = policy
        self._take = take
        self._remove = remove

    def run(self, manifest: Manifest, read: ReadBlob) -> None:
        """Bring the feed to what the snapshot says; records that are held as they are in it are not touched.

        Raises:
            Refused: with the reason; the caller undoes the transaction.
        """
        seen: set[str] = set()
        last = self._db.execute("SELECT coalesce(max(row), 0) FROM entry").fetchone()
        after = int(last[0]) if last else 0
        try:
            for rank, entry in OpenedSnapshot(manifest, read).entries():
                if entry.statement.record in seen:
                    raise Refused(Reason.UNREADABLE, entry.statement.record)
                if not self._holds_already(entry):
                    self._make_room(entry.statement)
                    self._take(entry, after + 1 + rank)
                seen.add(entry.statement.record)
        except BadEntry as error:
            raise Refused(Reason.UNREADABLE, manifest.feed) from error
        self._drop_all_but(manifest.feed, seen)

    def _holds_already(self, entry: Entry) -> bool:
        said = entry.statement
        row = self._db.execute(
            "SELECT line, feed, version FROM entry WHERE record = ?", (said.record,)
        ).fetchone()
        if row is None or (row[1], row[2]) != (said.feed, said.version):
            return False
        return bytes(row[0]) == kept_to_bytes(entry)

    def _make_room(self, coming: Statement) -> None:
        held = believable(self._db, coming.record, policy=self._policy)
        if held is not None and held.feed != coming.feed:
            raise Refused(Reason.WRONG_FEED, coming.record)
        if held is not None and held.version > coming.version:
            raise Refused(Reason.NOT_NEWER, coming.record)
        self._remove(coming.record)

    def _drop_all_but(self, feed: str, seen: set[str]) -> None:
        rows = self._db.execute("SELECT record FROM entry WHERE feed = ?", (feed,)).fetchall()
        for record in [str(record) for (record,) in rows if record not in seen]:
            if believable(self._db, record, policy=self._policy) is not None:
                raise Refused(Reason.NOT_NEWER, record)
            self._remove(record)


def believable(db: apsw.Connection, record: str, *, policy: Policy) -> Statement | None:
    """Return what is said of a record that is held, if what is held verifies."""
    row = db.execute("SELECT line FROM entry WHERE record = ?", (record,)).fetchone()
    if row is None:
        return None
    try:
        entry = kept_from_bytes(bytes(row[0]))
        check_entry(entry, policy=policy)
    except (BadEntry, Refused):
        return None
    return entry.statement if entry.statement.record == record else None
