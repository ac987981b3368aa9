"""What bodies are unpacked against: the versions that are held, and trained dictionaries."""

from collections.abc import Iterable

import apsw

from content.canonical import sha256_hex
from content.feed.entry import BadEntry, Entry
from content.feed.kept import kept_from_bytes
from content.feed.packing import MissingBase, Packing, base_name


class Bases:
    """Finds bases in the replica's file."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db

    def unfolded(self, entry: Entry) -> Entry:
        """Return the entry with a body that can be read alone.

        Raises:
            MissingBase: what it was packed against is not held here, or was changed on disk.
            BadEntry: damaged.
        """
        match entry.packing:
            case Packing.EMPTY | Packing.ZSTD:
                return entry
            case Packing.DICTIONARY:
                return entry.unfolded(self._dictionary(entry.base.hex()))
            case Packing.PATCH:
                return entry.unfolded(self._version_before(entry))

    def bodies(self, records: Iterable[str]) -> dict[str, bytes]:
        """Return record -> body held now; what cannot be read is left out."""
        found = {record: self._body(record) for record in records}
        return {record: body for record, body in found.items() if body}

    def keep_dictionary(self, data: bytes) -> None:
        """Keep a trained dictionary under its hash."""
        self._db.execute(
            "INSERT OR REPLACE INTO dictionary VALUES (?, ?)", (sha256_hex(data), data)
        )

    def _dictionary(self, sha256: str) -> bytes:
        row = self._db.execute("SELECT data FROM dictionary WHERE sha256 = ?", (sha256,)).fetchone()
        if row is None or sha256_hex(bytes(row[0])) != sha256:
            raise MissingBase(sha256)
        return bytes(row[0])

    def _version_before(self, entry: Entry) -> bytes:
        body = self._body(entry.statement.record)
        if not body or base_name(body) != entry.base:
            raise MissingBase
        return body

    def _body(self, record: str) -> bytes:
        row = self._db.execute("SELECT line FROM entry WHERE record = ?", (record,)).fetchone()
        try:
            return kept_from_bytes(bytes(row[0])).body() if row else b""
        except BadEntry:
            return b""
