"""Moves the replica on: verified lines in, one transaction, search index and all."""

from collections.abc import Sequence
from pathlib import Path

import apsw

from content.disclosure.record import DisclosureRecord
from content.errors import PeerError
from content.feed.body import Record, kind_of, read_body
from content.feed.entry import LogLine, SignedHead, line_from_bytes, line_to_bytes
from content.feed.policy import Policy, SignedPolicy, TrustRoot, check_policy
from content.feed.statement import Action
from content.feed.verify import Reason, Refused, check_entry, check_head, check_line
from content.replica.indexing import IndexWriter, entries
from content.replica.shelf import POLICY, held_policy, open_shelf
from content.search.learned import Learned


class NoPolicy(PeerError):
    """Nothing can be applied before a signed policy has arrived."""


class ReplicaWriter:
    """The one writer of a replica. Not for more than one thread at a time."""

    def __init__(self, path: Path, root: TrustRoot) -> None:
        self._db = open_shelf(path, writable=True)
        self._root = root
        self._policy = held_policy(self._db, root)
        self._index = IndexWriter(self._db)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def policy_version(self) -> int:
        """Return the version of the policy in use, 0 for none."""
        return self._policy.version if self._policy else 0

    def accept_policy(self, data: bytes) -> Policy:
        """Check and keep a signed policy; from now on it decides.

        Raises:
            PolicyRefused: not signed by enough root keys, or older than the one held.
        """
        policy = check_policy(
            SignedPolicy.from_bytes(data), root=self._root, held=self.policy_version()
        )
        self._db.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (POLICY, data))
        self._policy = policy
        return policy

    def learn(self, learned: Learned | None) -> None:
        """Make vectors of this model for what is applied from now on."""
        self._index.learn(learned)

    def settle_index(self) -> int:
        """Make the index anew if another version of the analysis made it; return how many records.

        One transaction: a power cut leaves the old index, and this is done again at the next start.
        """
        if self._index.is_current():
            return 0
        with self._db:
            self._index.begin_anew()
            held = entries(self._db)
            for row, _, line in held:
                self._put_index(row, read_body(line_from_bytes(line).entry.body()))
        return len(held)

    def marks(self) -> dict[str, tuple[int, str]]:
        """Return feed -> (applied sequence, link hash)."""
        rows = self._db.execute("SELECT feed, sequence, link FROM feed WHERE sequence > 0")
        return {feed: (sequence, link) for feed, sequence, link in rows}

    def apply(self, feed: str, lines: Sequence[LogLine], *, now: int) -> int:
        """Apply the next lines of a feed and return how many; `now` is noted as last heard.

        The good lines before a bad one are applied; the bad one and all after it are not.

        Raises:
            NoPolicy: no policy is held yet.
            Refused: the first bad line, with its reason.
        """
        with self._db:
            applied, refusal = self._apply_lines(feed, lines, now=now)
        if refusal is not None:
            raise refusal
        return applied

    def rebuild(self, feed: str, lines: Sequence[LogLine], *, now: int) -> int:
        """Replace all that is held of a feed by its whole log, in one transaction: heals a damaged copy.

        Raises:
            NoPolicy: no policy is held yet.
            Refused: a bad line, or a log shorter than what was once applied; nothing has changed.
        """
        with self._db:
            highest = self._highest(feed)
            self.forget(feed)
            applied, refusal = self._apply_lines(feed, lines, now=now)
            if refusal is None and applied < highest:
                refusal = Refused(Reason.OUT_OF_ORDER, feed)
            if refusal is not None:
                raise refusal
        return applied

    def _apply_lines(
        self, feed: str, lines: Sequence[LogLine], *, now: int
    ) -> tuple[int, Refused | None]:
        if self._policy is None:
            raise NoPolicy("还没有收到签名策略，暂不能更新内容。")
        mark, applied, refusal = self.marks().get(feed), 0, None
        for line in lines:
            try:
                self._apply_line(feed, line, after=mark, policy=self._policy)
            except Refused as error:
                refusal = error
                break
            mark = (line.link.sequence, line.link.hash)
            applied += 1
        if applied and mark is not None:
            self._move_on(feed, mark, now=now)
        return applied, refusal

    def _highest(self, feed: str) -> int:
        rows = self._db.execute("SELECT highest FROM feed WHERE feed = ?", (feed,))
        return max((highest for (highest,) in rows), default=0)

    def note_head(self, signed: SignedHead, *, now: int) -> None:
        """Keep what the newest head says.

        Raises:
            NoPolicy: no policy is held yet.
            Refused: not said by the feed's log key, or behind what was already applied (a rollback).
        """
        if self._policy is None:
            raise NoPolicy("还没有收到签名策略，暂不能更新内容。")
        check_head(signed, policy=self._policy)
        head = signed.head
        if head.sequence < self._highest(head.feed):
            raise Refused(Reason.OUT_OF_ORDER, f"{head.feed} {head.sequence}")
        self._db.execute(
            "INSERT INTO feed VALUES (?, 0, '', 0, ?, ?, ?) ON CONFLICT (feed) DO UPDATE"
            " SET head_sequence = excluded.head_sequence, head_at = excluded.head_at,"
            " heard_at = excluded.heard_at"
            " WHERE excluded.head_at >= head_at",
            (head.feed, head.sequence, head.at, now),
        )

    def forget(self, feed: str) -> None:
        """Empty a feed so that it is fetched anew. The highest sequence ever applied is kept."""
        with self._db:
            rows = [
                row for (row,) in self._db.execute("SELECT row FROM entry WHERE feed = ?", (feed,))
            ]
            for row in rows:
                self._index.remove(row)
            self._db.execute("DELETE FROM entry WHERE feed = ?", (feed,))
            self._db.execute("UPDATE feed SET sequence = 0, link = '' WHERE feed = ?", (feed,))

    def _apply_line(
        self, feed: str, line: LogLine, *, after: tuple[int, str] | None, policy: Policy
    ) -> None:
        if line.link.feed != feed:
            raise Refused(Reason.WRONG_FEED, line.link.feed)
        check_line(line, policy=policy, after=after)
        statement = line.entry.statement
        held = self._db.execute(
            "SELECT row, version, feed FROM entry WHERE record = ?", (statement.record,)
        ).fetchone()
        if held is not None and held[2] != feed:
            raise Refused(Reason.WRONG_FEED, statement.record)
        if held is not None and statement.version <= held[1]:
            raise Refused(Reason.NOT_NEWER, statement.record)
        record = None
        if statement.action is Action.PUT:
            record = read_body(check_entry(line.entry, policy=policy))
            if record.id != statement.record:
                raise Refused(Reason.BODY_CHANGED, statement.record)
        self._keep(line, record, held_row=held[0] if held else None)

    def _keep(self, line: LogLine, record: Record | None, *, held_row: int | None) -> None:
        statement = line.entry.statement
        if held_row is not None:
            self._index.remove(held_row)
            self._db.execute("DELETE FROM entry WHERE row = ?", (held_row,))
        self._db.execute(
            "INSERT INTO entry (record, feed, version, kind, sorted_by, number, line)"
            " VALUES (?, ?, ?, ?, ?, '', ?)",
            (
                statement.record,
                statement.feed,
                statement.version,
                kind_of(record) if record is not None else "",
                _sort_key(record, statement.approved_on),
                line_to_bytes(line),
            ),
        )
        if record is not None:
            self._put_index(self._db.last_insert_rowid(), record)

    def _put_index(self, row: int, record: Record) -> None:
        number = self._index.put(row, record.id, record)
        if number:
            self._db.execute("UPDATE entry SET number = ? WHERE row = ?", (number, row))

    def _move_on(self, feed: str, mark: tuple[int, str], *, now: int) -> None:
        self._db.execute(
            "INSERT INTO feed (feed, sequence, link, highest, heard_at) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (feed) DO UPDATE SET sequence = excluded.sequence, link = excluded.link,"
            " highest = max(highest, excluded.highest), heard_at = excluded.heard_at",
            (feed, *mark, mark[0], now),
        )


def _sort_key(record: Record | None, approved_on: int) -> str:
    match record:
        case DisclosureRecord():
            return f"{record.published_on.isoformat()} {approved_on:012d}"
        case _:
            return f"{approved_on:012d}"


def open_writer(path: Path, root: TrustRoot) -> ReplicaWriter:
    """Open a replica for writing; a damaged file is set aside and begun anew.

    The content can always be fetched again, so a broken copy must never stop a terminal.
    """
    try:
        writer = ReplicaWriter(path, root)
        writer.marks()
        writer.settle_index()
    except (apsw.CorruptError, apsw.NotADBError):
        for part in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
            if part.exists():
                part.replace(part.with_name(part.name + ".damaged"))
        return ReplicaWriter(path, root)
    return writer
