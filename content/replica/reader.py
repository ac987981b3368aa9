"""Reads the replica for kiosk and screen. Nothing leaves here that does not verify at this reading."""

from collections.abc import Iterable
from pathlib import Path

import apsw

from content.catalog.item import CatalogItem
from content.disclosure.record import DisclosureRecord
from content.errors import NotFound
from content.feed.body import Record, read_body
from content.feed.entry import BadEntry
from content.feed.kept import kept_from_bytes
from content.feed.policy import Policy, TrustRoot
from content.feed.verify import Reason, Refused, check_entry
from content.programme.emergency import KIND, EmergencyNotice
from content.programme.programme import Programme
from content.replica.indexing import agrees
from content.replica.ports import Hit, Notices, Results, Verified
from content.replica.searching import SUGGEST, IndexReader, Models
from content.replica.shelf import held_policy, open_shelf
from content.replica.withheld import held_back, may_be_kept_back
from content.replica.witness import AS_OF
from content.search.analyse import normalise
from content.search.curated import CuratedWords
from content.search.highlight import mark, snippet
from content.search.request import Curation, Ranked, SearchRequest

MOST_NOTICES = 100
INDEX_CHANGED = "index_changed"
"""The search rows of a sound record are not those of its text."""


class ReplicaReader:
    """Read-only view of the verified copy; an absent file reads as empty. For one thread at a time."""

    def __init__(self, path: Path, root: TrustRoot) -> None:
        self._path = path
        self._root = root
        self._db: apsw.Connection | None = None
        self._policy: Policy | None = None
        self._policy_seen: int | None = None
        self._withheld: frozenset[str] = frozenset()
        self._tampered: dict[str, str] = {}
        self._index = IndexReader(self._rows)
        self._last: tuple[tuple[object, ...], tuple[Ranked, ...]] | None = None

    def close(self) -> None:
        """Close the file."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def sequences(self) -> dict[str, int]:
        """Return feed -> applied sequence."""
        return dict(self._rows("SELECT feed, sequence FROM feed WHERE sequence > 0"))

    def content_as_of(self) -> int:
        """Return the unix second of the oldest newest head: 资料截至; 0 if no head was ever seen."""
        return min((at for _, at in self._rows(AS_OF)), default=0)

    def get(self, record_id: str) -> Verified:
        """Return a record.

        Raises:
            NotFound: it is not here.
            Refused: what is kept does not verify; it was noted for `tampered`.
        """
        for row in self._rows(
            "SELECT record, feed, version, line FROM entry WHERE record = ? AND kind <> ''",
            (record_id,),
        ):
            found = self._verified(*row)
            if not self._is_kept_back(found):
                return found
        raise NotFound("没有找到这份资料，它可能已被撤回。")

    def newest(self, kind: str, *, limit: int, offset: int = 0) -> tuple[Verified, ...]:
        """Return the newest records of a kind, those that do not verify left out and noted."""
        return self._good(
            self._rows(
                "SELECT record, feed, version, line FROM entry WHERE kind = ?"
                " ORDER BY sorted_by DESC, row DESC LIMIT ? OFFSET ?",
                (kind, limit, offset),
            )
        )

    def notices(self) -> Notices:
        """Return the emergency notices that are held, and by what their time is judged."""
        found = self.newest(KIND, limit=MOST_NOTICES)
        signed = [one.approved_on for one in (*found, *self.newest("document", limit=1))]
        heads = [at for (at,) in self._rows("SELECT head_at FROM feed")]
        return Notices(found, max(signed, default=0), max(heads, default=0))

    def count(self, kind: str) -> int:
        """Return how many records of a kind are held."""
        return sum(n for (n,) in self._rows("SELECT count(*) FROM entry WHERE kind = ?", (kind,)))

    def search(self, text: str, *, limit: int = 6, offset: int = 0) -> Results:
        """Find documents and items; pinyin, initials and document numbers are understood."""
        return self.find(SearchRequest(text, limit, offset))

    def find(self, request: SearchRequest) -> Results:
        """Find what is asked for; each hit says why it is there."""
        connection = self._connection()
        if connection is None:
            return Results((), 0)
        hidden = held_back(connection)
        found = [one for one in self._ranked(request) if one.record not in hidden]
        page = found[request.offset : request.offset + request.limit]
        hits = tuple(
            _hit(verified, request.text, ranked)
            for ranked in page
            for verified in self._held(ranked.record)
        )
        return Results(hits, len(found))

    def _ranked(self, request: SearchRequest) -> tuple[Ranked, ...]:
        """Rank, unless the same was asked just before: pages, marks and 您是不是要找 ask once more.

        Of the question only a hash is kept: what a visitor typed shall not outlast the visit.
        """
        moved_on = tuple(self._rows("PRAGMA data_version"))
        asked = (hash(request.text), request.kinds, moved_on)
        if self._last is None or self._last[0] != asked:
            self._last = (asked, self._index.rank(request))
        return self._last[1]

    def curate(self, curation: Curation) -> None:
        """Search with what staff decided from now on."""
        self._last = None
        self._index.curate(curation)

    def use_models(self, models: Models) -> None:
        """Search by meaning too, with these models, from now on."""
        self._last = None
        self._index.use(models)

    def suggest(self, text: str, *, limit: int = 6) -> tuple[str, ...]:
        """Return verified titles that complete what has been typed so far."""
        plain = normalise(text).strip().replace(" ", "")
        if not plain:
            return ()
        rows = self._rows(SUGGEST, (plain, plain + "\U0010ffff", limit))
        return tuple(dict.fromkeys(found.record.title for found in self._good(rows)))

    def titles(self) -> tuple[str, ...]:
        """Return all suggestion keys that are Chinese: what the pinyin lexicon is made of."""
        rows = self._rows("SELECT DISTINCT key FROM suggestion WHERE key > '一'")
        return tuple(key for (key,) in rows)

    def clock_floor(self) -> int:
        """Return a unix second that has certainly passed."""
        return max((at for _, at in self._rows(AS_OF)), default=0)

    def tampered(self) -> tuple[tuple[str, str], ...]:
        """Return (record, reason) of all that failed to verify since the file was opened."""
        return tuple(self._tampered.items())

    def scrub(self, *, after: str, limit: int) -> tuple[str, tuple[tuple[str, str], ...]]:
        """Verify the next records in id order.

        Args:
            after: the last record of the scrub before, "" to begin.
            limit: how many.

        Returns:
            The last record looked at ("" at the end of the round), and (record, reason) of the bad ones.
        """
        rows = self._rows(
            "SELECT record, feed, version, line, row, kind FROM entry WHERE record > ?"
            " ORDER BY record LIMIT ?",
            (after, limit),
        )
        bad = []
        for *held, row, kind in rows:
            try:
                found = self._verified(*held)
                if kind and not self._is_indexed(row, found.record):
                    bad.append((held[0], INDEX_CHANGED))
            except Refused as error:
                bad.append((held[0], str(error.reason)))
        return (rows[-1][0] if len(rows) == limit else ""), tuple(bad)

    def _is_indexed(self, row: int, record: Record) -> bool:
        connection = self._connection()
        try:
            return connection is None or agrees(connection, row, record)
        except (apsw.SQLError, apsw.CorruptError, apsw.IOError):
            return True  # no such tables yet, or a damaged file: told elsewhere

    def _held(self, record_id: str) -> tuple[Verified, ...]:
        sql = "SELECT record, feed, version, line FROM entry WHERE record = ? AND kind <> ''"
        return self._good(self._rows(sql, (record_id,)))

    def _good(self, rows: Iterable[tuple[str, str, int, bytes]]) -> tuple[Verified, ...]:
        good = []
        for row in rows:
            try:
                found = self._verified(*row)
            except Refused:
                continue
            if not self._is_kept_back(found):
                good.append(found)
        return tuple(good)

    def _is_kept_back(self, found: Verified) -> bool:
        return found.record.id in self._withheld and may_be_kept_back(found.record)

    def _verified(self, record_id: str, feed: str, version: int, line: bytes) -> Verified:
        try:
            return _verify(record_id, feed, version, line=bytes(line), policy=self._policy_now())
        except Refused as error:
            self._tampered[record_id] = str(error.reason)
            raise

    def _policy_now(self) -> Policy:
        connection = self._connection()
        if connection is None:
            raise Refused(Reason.NO_RULE)
        seen = connection.pragma("data_version")
        if self._policy is None or seen != self._policy_seen:
            self._policy = held_policy(connection, self._root)
            self._withheld = held_back(connection)
            self._policy_seen = seen
        if self._policy is None:
            raise Refused(Reason.NO_RULE)
        return self._policy

    def _connection(self) -> apsw.Connection | None:
        if self._db is None and self._path.exists():
            try:
                self._db = open_shelf(self._path, writable=False)
            except apsw.Error:
                return None
        return self._db

    def _rows(self, sql: str, values: tuple[object, ...] = ()) -> list[tuple]:  # type: ignore[type-arg]
        connection = self._connection()
        if connection is None:
            return []
        try:
            return connection.execute(sql, values).fetchall()
        except (apsw.SQLError, apsw.CorruptError, apsw.NotADBError, apsw.IOError):
            # No tables yet, or a damaged file: an empty answer keeps the screen alive, the agent heals.
            return []


def _verify(record_id: str, feed: str, version: int, *, line: bytes, policy: Policy) -> Verified:
    try:
        entry = kept_from_bytes(line)
    except BadEntry as error:
        raise Refused(Reason.UNREADABLE, record_id) from error
    statement = entry.statement
    if (statement.record, statement.feed, statement.version) != (record_id, feed, version):
        raise Refused(Reason.BODY_CHANGED, record_id)
    record = read_body(check_entry(entry, policy=policy))
    if record.id != record_id:
        raise Refused(Reason.BODY_CHANGED, record_id)
    keys = policy.by_id
    names = tuple(keys[one.key_id].name for one in entry.approvals if one.key_id in keys)
    return Verified(record, feed, version, statement.approved_on, names, statement.expires)


def _hit(found: Verified, text: str, ranked: Ranked) -> Hit:
    title_marks = mark(found.record.title, text)
    window, marks = snippet(_body_text(found.record), text)
    return Hit(found, title_marks, window, marks, ranked.why, ranked.through)


def _body_text(record: Record) -> str:
    match record:
        case DisclosureRecord():
            return record.text
        case CatalogItem():
            # Everyday names brought the item here (`through` says so), but they are not its text.
            return "、".join((record.department, *record.materials))
        case Programme() | CuratedWords():
            return ""
        case EmergencyNotice():
            return f"{record.text} {record.advice}"
