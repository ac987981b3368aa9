"""Moves the replica on: verified lines in, one transaction, search index and all."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import apsw

from content.canonical import sha256_hex
from content.disclosure.record import DisclosureRecord
from content.errors import PeerError
from content.feed.batch import Batch
from content.feed.body import Record, kind_of, read_body
from content.feed.entry import BadEntry, Entry, LogLine, SignedHead
from content.feed.kept import kept_from_bytes, kept_to_bytes
from content.feed.opening import ReadBlob
from content.feed.packing import MissingBase
from content.feed.policy import Policy, PolicyRefused, SignedPolicy, TrustRoot, check_policy
from content.feed.snapshot import Manifest, manifest_to_bytes
from content.feed.statement import Action
from content.feed.verify import Reason, Refused, check_entry, check_head, check_place
from content.replica.bases import Bases
from content.replica.indexing import IndexWriter, entries
from content.replica.install import SnapshotInstall, believable
from content.replica.shelf import POLICY, held_policy, is_handed_over, open_shelf
from content.replica.witness import Witness
from content.search.learned import Learned

Line = LogLine | Batch


class NoPolicy(PeerError):
    """Nothing can be applied before a signed policy has arrived."""


class ReplicaWriter:
    """The one writer of a replica, and its `witness`. Not for more than one thread at a time."""

    def __init__(self, path: Path, root: TrustRoot) -> None:
        self._db = open_shelf(path, writable=True)
        self._root = root
        self._policy = held_policy(self._db, root)
        self.witness = Witness(self._db)
        self._bases = Bases(self._db)
        self._index = IndexWriter(self._db)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def checkpoint(self) -> None:
        """Write everything into the one file, so that a copy of it is whole."""
        self._db.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)

    def policy_version(self) -> int:
        """Return the version of the policy in use, 0 for none."""
        return self._policy.version if self._policy else 0

    def accept_policy(self, data: bytes) -> Policy:
        """Check and keep a signed policy; from now on it decides.

        Raises:
            PolicyRefused: not signed by enough root keys, or older than the one held.
        """
        signed = SignedPolicy.from_bytes(data)
        policy = check_policy(signed, root=self._root, held=self.policy_version())
        if not signed.chain and is_handed_over(self._db):
            raise PolicyRefused("专区已改用密钥仪式产生的根，浏览器中的旧根密钥不能再签发策略。")
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
                self._put_index(row, read_body(kept_from_bytes(line).body()))
        return len(held)

    def marks(self) -> dict[str, tuple[int, str]]:
        """Return feed -> (applied sequence, link hash)."""
        rows = self._db.execute("SELECT feed, sequence, link FROM feed WHERE sequence > 0")
        return {feed: (sequence, link) for feed, sequence, link in rows}

    def apply(self, feed: str, lines: Iterable[Line], *, now: int) -> int:
        """Apply the next lines of a feed and return how many; `now` is noted as last heard.

        The good lines before a bad one are applied; the bad one and all after it are not.

        Raises:
            NoPolicy: no policy is held yet.
            Refused: the first bad line, with its reason.
            MissingBase: the first line that was packed against something that is not held here.
        """
        with self._db:
            applied, refusal = self._apply_lines(feed, lines, now=now)
        if refusal is not None:
            raise refusal
        return applied

    def rebuild(
        self,
        feed: str,
        lines: Iterable[Line],
        *,
        now: int,
        snapshot: tuple[Manifest, ReadBlob] | None = None,
    ) -> int:
        """Replace all that is held of a feed, in one transaction: heals a damaged copy. Return the lines applied.

        Args:
            feed: which.
            lines: its whole log, or what follows the snapshot. Taken one by one, never held together.
            now: noted as last heard.
            snapshot: what the log is to begin from.

        Raises:
            NoPolicy: no policy is held yet.
            MissingBase: a line was packed against something that is not held here; nothing has changed.
            Refused: bad content, or a log shorter than what was once applied; nothing has changed.
        """
        with self._db:
            highest = self._highest(feed)
            self.forget(feed)
            if snapshot is not None:
                self._take_snapshot(*snapshot, now=now)
            applied, refusal = self._apply_lines(feed, lines, now=now)
            reached = self.marks().get(feed, (0, ""))[0]
            if refusal is None and reached < highest:
                refusal = Refused(Reason.OUT_OF_ORDER, feed)
            if refusal is not None:
                raise refusal
        return applied

    def apply_snapshot(self, manifest: Manifest, read: ReadBlob, *, now: int) -> None:
        """Move a feed on to a snapshot, in one transaction; what it says already is left as it is.

        The snapshot must be the one that the newest head names. It can bring nothing that approvers did not sign, take
        nothing away without their signed deletion, and bring nothing back to an older version.

        Raises:
            NoPolicy: no policy is held yet.
            Refused: with the reason; nothing has changed.
        """
        with self._db:
            self._check_named(manifest)
            self._take_snapshot(manifest, read, now=now)

    def mend(self, record: str, entries: Sequence[Entry]) -> None:
        """Put a record's newest entry, fetched anew, in the place of a damaged one; none at all removes it.

        Raises:
            NoPolicy: no policy is held yet.
            Refused: not an approved entry of this record; nothing has changed.
        """
        policy = self._policy_or_raise()
        with self._db:
            self._remove(record)
            for entry in entries:
                if entry.statement.record != record:
                    raise Refused(Reason.BODY_CHANGED, record)
                self._take(entry, policy=policy)

    def keep_dictionary(self, data: bytes) -> None:
        """Keep a trained dictionary. Nothing is believed for it: what it unpacks is verified."""
        self._bases.keep_dictionary(data)

    def check_rival(self, line: Line, *, now: int) -> None:
        """Judge a line for a place that is taken already.

        Raises:
            NoPolicy: no policy is held yet.
            Refused: FORKED if the log key really signed another line for it; both are kept as evidence.
        """
        policy = self._policy_or_raise()
        try:
            check_place(line, policy=policy, after=None)
        except Refused as error:
            if error.reason not in {Reason.OUT_OF_ORDER, Reason.FORKED}:
                raise
        if self.marks().get(line.link.feed, (0, ""))[1] != line.link.hash:
            self.witness.forks(line, now=now)
            raise Refused(Reason.FORKED, f"{line.link.feed} {line.link.sequence}")

    def _policy_or_raise(self) -> Policy:
        if self._policy is None:
            raise NoPolicy("还没有收到签名策略，暂不能更新内容。")
        return self._policy

    def _apply_lines(
        self, feed: str, lines: Iterable[Line], *, now: int
    ) -> tuple[int, Refused | MissingBase | None]:
        policy = self._policy_or_raise()
        mark, applied = self.marks().get(feed), 0
        last: Line | None = None
        refusal: Refused | MissingBase | None = None
        for line in lines:
            try:
                with self._db:  # a batch is taken whole or not at all
                    done = self._apply_line(feed, line, after=mark, policy=policy)
                    self.witness.notes_rival(done, now=now)
            except (Refused, MissingBase) as error:
                refusal = error
                self._note_fork(line, error, now=now)
                break
            last, mark = done, (done.link.sequence, done.link.hash)
            applied += 1
        if last is not None and mark is not None:
            self._move_on(feed, mark, now=now)
            self.witness.applied(last)
        return applied, refusal

    def _note_fork(self, line: Line, error: Refused | MissingBase, *, now: int) -> None:
        if isinstance(error, Refused) and error.reason is Reason.FORKED:
            self.witness.forks(line, now=now)

    def _check_named(self, manifest: Manifest) -> None:
        known = self.witness.newest_head(manifest.feed)
        named = sha256_hex(manifest_to_bytes(manifest))
        if (
            known is None
            or known.head.snapshot != named
            or known.head.snapshot_at != manifest.sequence
        ):
            raise Refused(Reason.UNREADABLE, manifest.feed)
        if manifest.sequence < self._highest(manifest.feed):
            raise Refused(Reason.OUT_OF_ORDER, f"{manifest.feed} {manifest.sequence}")

    def _take_snapshot(self, manifest: Manifest, read: ReadBlob, *, now: int) -> None:
        policy = self._policy_or_raise()
        install = SnapshotInstall(
            self._db,
            policy=policy,
            take=lambda entry, row: self._take(entry, policy=policy, row=row),
            remove=self._remove,
        )
        install.run(manifest, read)
        self._move_on(manifest.feed, (manifest.sequence, manifest.link), now=now)

    def _remove(self, record: str) -> None:
        found = self._db.execute("SELECT row FROM entry WHERE record = ?", (record,))
        for row in [row for (row,) in found]:
            self._index.remove(row)
            self._db.execute("DELETE FROM entry WHERE row = ?", (row,))

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
        self.witness.check(signed, mark=self.marks().get(head.feed), now=now)
        if head.sequence < self._highest(head.feed):
            raise Refused(Reason.OUT_OF_ORDER, f"{head.feed} {head.sequence}")
        with self._db:  # one write to the disk, and never one half without the other
            self._db.execute(
                "INSERT INTO feed VALUES (?, 0, '', 0, ?, ?, ?) ON CONFLICT (feed) DO UPDATE"
                " SET head_sequence = excluded.head_sequence, head_at = excluded.head_at,"
                " heard_at = excluded.heard_at"
                " WHERE excluded.head_at >= head_at",
                (head.feed, head.sequence, head.at, now),
            )
            self.witness.heard(signed)

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
        self, feed: str, line: Line, *, after: tuple[int, str] | None, policy: Policy
    ) -> Line:
        """Apply a line or a batch; return it with the link that it was checked by."""
        if line.link.feed != feed:
            raise Refused(Reason.WRONG_FEED, line.link.feed)
        try:
            if isinstance(line, LogLine):
                check_place(line, policy=policy, after=after)
                entries: Sequence[Entry] = (self._bases.unfolded(line.entry),)
            else:
                entries = line.entries(self._bases.bodies(record for record, _ in line.records))
                line = line.placed(entries)
                check_place(line, policy=policy, after=after)
        except MissingBase:
            raise
        except BadEntry as error:
            raise Refused(Reason.UNREADABLE, f"{feed} {line.link.sequence}") from error
        for entry in entries:
            self._take(entry, policy=policy)
        return line

    def _take(self, entry: Entry, *, policy: Policy, row: int | None = None) -> None:
        """Put an entry in the place of what is held of its record, if it may be and is newer."""
        statement = entry.statement
        held = self._db.execute(
            "SELECT row, version, feed FROM entry WHERE record = ?", (statement.record,)
        ).fetchone()
        if held is not None and (held[2] != statement.feed or statement.version <= held[1]):
            # What the columns say was perhaps changed on disk: only what verifies counts as held.
            known = believable(self._db, statement.record, policy=policy)
            if known is not None and known.feed != statement.feed:
                raise Refused(Reason.WRONG_FEED, statement.record)
            if known is not None and statement.version <= known.version:
                raise Refused(Reason.NOT_NEWER, statement.record)
        body = check_entry(entry, policy=policy)
        record = None
        if statement.action is Action.PUT:
            record = read_body(body)
            if record.id != statement.record:
                raise Refused(Reason.BODY_CHANGED, statement.record)
        self._keep(entry, record, held_row=held[0] if held else None, row=row)

    def _keep(
        self, entry: Entry, record: Record | None, *, held_row: int | None, row: int | None = None
    ) -> None:
        statement = entry.statement
        if held_row is not None:
            self._index.remove(held_row)
            self._db.execute("DELETE FROM entry WHERE row = ?", (held_row,))
        self._db.execute(
            "INSERT INTO entry (row, record, feed, version, kind, sorted_by, number, line)"
            " VALUES (?, ?, ?, ?, ?, ?, '', ?)",
            (
                row,
                statement.record,
                statement.feed,
                statement.version,
                kind_of(record) if record is not None else "",
                _sort_key(record, statement.approved_on),
                kept_to_bytes(entry),
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
