"""Makes the vectors that searching by meaning needs, a few at a time, titles of service items first.

On the controller right after publishing; on a terminal only for what no pack of vectors brought. It works through
its own connection in short transactions, beside the writer of the replica.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import apsw
import msgspec
from backports import zstd

from content.errors import PeerError
from content.feed.body import read_body
from content.feed.entry import BadEntry
from content.feed.kept import kept_from_bytes
from content.feed.verify import Refused
from content.replica.searching import Models
from content.replica.shelf import BUSY_MS
from content.search.bags import term_hash
from content.search.learned import Learned
from content.search.passages import passage
from content.search.vectors import Floats, to_code

MODEL_FILE = "search-model.bin"
"""Beside the replica: the learned model, if the controller has sent one."""
LEARNED = "learned-"
"""With this the name of every learned model begins."""
MOST_PACKED = 1 << 28
_NEXT = (
    "SELECT row, record, title, terms FROM bag WHERE row NOT IN (SELECT row FROM vector WHERE model = ?)"
    " ORDER BY kind = 'item' DESC, row LIMIT ?"
)
_OF_RECORD = "SELECT row, title, terms FROM bag WHERE record = ?"


class BadPack(PeerError):
    """Not a pack of vectors."""


class _Packed(msgspec.Struct, array_like=True):
    record: str
    title: int
    code: bytes


class _Pack(msgspec.Struct):
    model: str
    vectors: list[_Packed]


class MeaningMaker:
    """Fills in the vectors of one replica that are missing."""

    def __init__(self, path: Path, models: Models) -> None:
        self._db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        self._db.set_busy_timeout(BUSY_MS)
        self._models = models

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def step(self, limit: int) -> int:
        """Make up to so many vectors of each model and return how many were made: 0 when all are there."""
        learned, sentence = self._models.learned, self._models.sentence
        made = 0
        if sentence is not None:
            made += self._fill(sentence.name, limit, lambda _, title: sentence.encode(title))
        if learned is not None:
            made += self._fill(learned.name, limit, lambda record, _: self._read(learned, record))
        return made

    def is_wanting(self) -> bool:
        """Say whether a record has not a vector of each model that any record has, or none at all."""
        ((missing,),) = self._rows(
            "SELECT EXISTS (SELECT 1 FROM bag WHERE (SELECT count(*) FROM vector WHERE"
            " vector.row = bag.row) < max(1, (SELECT count(DISTINCT model) FROM vector)))",
            (),
        )
        return bool(missing)

    def progress(self) -> tuple[int, int]:
        """Return how many vectors there are, and how many there shall be."""
        models = [one.name for one in (self._models.sentence, self._models.learned) if one]
        ((records, _),) = self._rows("SELECT records, length FROM corpus", ())
        held = [
            n
            for name in models
            for (n,) in self._rows("SELECT count(*) FROM vector WHERE model = ?", (name,))
        ]
        return sum(held), int(records) * len(models)

    def pack(self, model: str) -> bytes:
        """Return all vectors of a model, compressed, to be shipped with the content."""
        rows = self._rows(
            "SELECT record, title, code FROM vector JOIN bag USING (row) WHERE model = ?", (model,)
        )
        vectors = [_Packed(record, term_hash(title), code) for record, title, code in rows]
        return zstd.compress(msgspec.msgpack.encode(_Pack(model, vectors)))

    def take(self, data: bytes) -> int:
        """Keep the vectors of a pack whose record is here under the same title; return how many.

        Raises:
            BadPack: it cannot be read.
        """
        try:
            pack = msgspec.msgpack.decode(_inflated(data), type=_Pack)
        except (msgspec.MsgspecError, zstd.ZstdError) as error:
            raise BadPack("向量包读不出来，请重新下发。") from error
        taken = 0
        with self._db:
            for one in pack.vectors:
                for row, title, terms in self._rows(_OF_RECORD, (one.record,)):
                    if term_hash(title) == one.title:
                        self._keep(row, model=pack.model, code=one.code, terms=terms)
                        taken += 1
        return taken

    def forget_learned(self, *, but: Sequence[str]) -> None:
        """Delete the vectors of learned models that are no longer in use; these are."""
        old = f"model LIKE ? AND model NOT IN ({','.join('?' * len(but))})"
        values = (f"{LEARNED}%", *but)
        if self._rows(f"SELECT 1 FROM vector WHERE {old} LIMIT 1", values):  # noqa: S608
            with self._db:
                self._db.execute(f"DELETE FROM vector WHERE {old}", values)  # noqa: S608
                self._db.execute("UPDATE corpus SET changes = changes + 1")

    def _fill(self, model: str, limit: int, make: Callable[[str, str], Floats | None]) -> int:
        missing = self._rows(_NEXT, (model, limit))
        made = [(row, terms, make(record, title)) for row, record, title, terms in missing]
        with self._db:
            for row, terms, vector in made:
                # A text without a known term keeps an empty code, so that it is not tried again.
                code = b"" if vector is None else to_code(vector)
                self._keep(row, model=model, code=code, terms=terms)
        return len(made)

    def _keep(self, row: int, *, model: str, code: bytes, terms: bytes) -> None:
        """Keep a vector, unless the row has meanwhile become another record's, or another text."""
        self._db.execute(
            "INSERT OR REPLACE INTO vector SELECT row, ?, ? FROM bag WHERE row = ? AND terms = ?",
            (model, code, row, terms),
        )
        self._db.execute("UPDATE corpus SET changes = changes + 1")

    def _read(self, learned: Learned, record: str) -> Floats | None:
        for (line,) in self._rows("SELECT line FROM entry WHERE record = ?", (record,)):
            try:
                return learned.encode(passage(read_body(kept_from_bytes(line).body())))
            except (BadEntry, Refused):
                # Damaged on disk: the healer fetches it anew, and then it is indexed anew too.
                return None
        return None

    def _rows(self, sql: str, values: tuple[object, ...]) -> list[tuple]:  # type: ignore[type-arg]
        rows: list[tuple] = self._db.execute(sql, values).fetchall()  # type: ignore[type-arg]
        return rows


def _inflated(data: bytes) -> bytes:
    reader = zstd.ZstdDecompressor()
    return reader.decompress(data, MOST_PACKED)
