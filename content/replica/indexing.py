"""Writes a record's search rows and takes them back, within the transaction of the caller.

Text and index cannot disagree after a crash, since one commit holds both; `disagreements` proves it.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from importlib.resources import files

import apsw

from content.feed.body import Record
from content.search.learned import Learned
from content.search.match import IndexRow, index_row
from content.search.passages import passage
from content.search.vectors import to_code

FORMAT = "3"
_FORMAT_KEY = "search_format"
_BY_TEXT = ("suggestion", "bag", "plain")
"""Tables beside the index that follow from a record's text alone."""
_BESIDE = (*_BY_TEXT, "vector")
_COLUMNS = ("title", "body", "pinyin", "initials")

Read = Callable[[bytes], Record]


class IndexWriter:
    """The search tables of one replica, for its one writer."""

    def __init__(self, db: apsw.Connection) -> None:
        self._db = db
        self._learned: Learned | None = None
        db.execute(files("content.replica").joinpath("search.sql").read_text("utf-8"))

    def learn(self, learned: Learned | None) -> None:
        """Make a vector of this model for each record that is put from now on."""
        self._learned = learned

    def put(self, row: int, record_id: str, record: Record) -> str:
        """Index a record under its row and return the key of its document number, or ""."""
        index = index_row(record)
        if index is None:
            return ""
        self._db.execute(
            "INSERT INTO search (rowid, title, body, pinyin, initials) VALUES (?, ?, ?, ?, ?)",
            (row, index.title, index.body, index.pinyin, index.initials),
        )
        self._db.executemany(
            "INSERT OR IGNORE INTO suggestion VALUES (?, ?)", [(key, row) for key in index.keys]
        )
        self._put_bag(row, record_id, index)
        self._put_vector(row, record)
        return index.number

    def remove(self, row: int) -> None:
        """Take the rows of a record away."""
        for (length,) in self._db.execute(
            "SELECT length FROM bag WHERE row = ?", (row,)
        ).fetchall():
            self._db.execute("DELETE FROM search WHERE rowid = ?", (row,))
            self._db.execute(
                "UPDATE corpus SET records = records - 1, length = length - ?,"
                " changes = changes + 1",
                (length,),
            )
        for table in _BESIDE:
            self._db.execute(f"DELETE FROM {table} WHERE row = ?", (row,))  # noqa: S608

    def is_current(self) -> bool:
        """Say whether the tables were made by this version of the analysis."""
        rows = self._db.execute(
            "SELECT 1 FROM kept WHERE name = ? AND value = ?", (_FORMAT_KEY, FORMAT.encode())
        )
        return rows.fetchone() is not None

    def begin_anew(self) -> None:
        """Empty all search tables and note the version of the analysis that fills them."""
        for table in _BESIDE:
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608
        self._db.execute("INSERT INTO search (search) VALUES ('delete-all')")
        self._db.execute("UPDATE corpus SET records = 0, length = 0, changes = changes + 1")
        self._db.execute(
            "INSERT OR REPLACE INTO kept VALUES (?, ?)", (_FORMAT_KEY, FORMAT.encode())
        )

    def without_vector(self, model: str, *, limit: int) -> tuple[int, ...]:
        """Return rows that hold no vector of a model yet, oldest first."""
        rows = self._db.execute(
            "SELECT row FROM bag WHERE row NOT IN (SELECT row FROM vector WHERE model = ?)"
            " ORDER BY row LIMIT ?",
            (model, limit),
        )
        return tuple(row for (row,) in rows)

    def put_code(self, row: int, model: str, code: bytes) -> None:
        """Keep a vector that was made elsewhere, if the row is still there."""
        self._db.execute(
            "INSERT OR REPLACE INTO vector SELECT row, ?, ? FROM bag WHERE row = ?",
            (model, code, row),
        )
        self._db.execute("UPDATE corpus SET changes = changes + 1")

    def _put_bag(self, row: int, record_id: str, index: IndexRow) -> None:
        self._db.execute(
            "INSERT INTO bag VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                row,
                record_id,
                index.kind,
                index.region,
                index.name,
                index.family,
                index.expired,
                index.length,
                index.bag,
            ),
        )
        if index.plain:
            self._db.execute("INSERT INTO plain VALUES (?, ?)", (row, index.plain))
        self._db.execute(
            "UPDATE corpus SET records = records + 1, length = length + ?", (index.length,)
        )

    def _put_vector(self, row: int, record: Record) -> None:
        if self._learned is None:
            return
        vector = self._learned.encode(passage(record))
        if vector is not None:
            self.put_code(row, self._learned.name, to_code(vector))


def disagreements(
    db: apsw.Connection, read: Read, *, learned: Learned | None = None
) -> tuple[str, ...]:
    """Return the ids of records whose search rows are not those of their text, "" for rows of no record.

    Every term of every column is compared, at its position; every suggestion, every bag, and the vectors of a model.

    Args:
        db: the replica; temporary tables are made in it.
        read: turns the bytes of an entry's line into its record.
        learned: the model of which each record should have a vector; None if vectors are made later.
    """
    held = _held_terms(db)
    wrong = []
    for row, record_id, line in entries(db):
        record = read(line)
        index = index_row(record)
        kept, expected = held.pop(row, Counter()), _terms_of(index) if index else Counter()
        agrees = kept == expected and (index is None or is_kept(db, row, index))
        if not agrees or (learned and not _is_vector_of(db, row, record, learned=learned)):
            wrong.append(record_id)
    total = db.execute("SELECT count(*), coalesce(sum(length), 0) FROM bag").fetchall()
    if held or total != db.execute("SELECT records, length FROM corpus").fetchall() or _strays(db):
        wrong.append("")
    return tuple(wrong)


def _strays(db: apsw.Connection) -> bool:
    """Say whether something is kept of a row that is no record's."""
    sql = " UNION ALL ".join(
        f"SELECT 1 FROM {table} WHERE row NOT IN (SELECT row FROM bag)"  # noqa: S608
        for table in _BESIDE
        if table != "bag"
    )
    return db.execute(sql).fetchone() is not None


def _is_vector_of(db: apsw.Connection, row: int, record: Record, *, learned: Learned) -> bool:
    vector = learned.encode(passage(record)) if index_row(record) is not None else None
    kept = db.execute("SELECT code FROM vector WHERE model = ? AND row = ?", (learned.name, row))
    return kept.fetchall() == ([] if vector is None else [(to_code(vector),)])


def entries(db: apsw.Connection) -> list[tuple[int, str, bytes]]:
    """Return row, record id and line of every entry that holds a record."""
    rows = db.execute("SELECT row, record, line FROM entry WHERE kind <> ''")
    return list(rows)


def _held_terms(db: apsw.Connection) -> dict[int, Counter[tuple[str, str, int]]]:
    db.execute(
        "CREATE VIRTUAL TABLE IF NOT EXISTS temp.placed USING fts5vocab(main, search, instance)"
    )
    held: dict[int, Counter[tuple[str, str, int]]] = defaultdict(Counter)
    for row, column, term, at in db.execute("SELECT doc, col, term, offset FROM temp.placed"):
        held[row][column, term, at] += 1
    return dict(held)


def _terms_of(index: IndexRow) -> Counter[tuple[str, str, int]]:
    return Counter(
        (column, term, at)
        for column, text in zip(_COLUMNS, _texts(index), strict=True)
        for at, term in enumerate(text.split())
    )


def _texts(index: IndexRow) -> Iterator[str]:
    yield from (index.title, index.body, index.pinyin, index.initials)


def agrees(db: apsw.Connection, row: int, record: Record) -> bool:
    """Say whether a record's suggestions, bag of words and kept text are those of its text; cheap, for one record."""
    index = index_row(record)
    if index is None:
        sql = (f"SELECT 1 FROM {table} WHERE row = ?1" for table in _BY_TEXT)  # noqa: S608
        return db.execute(" UNION ".join(sql), (row,)).fetchone() is None
    return is_kept(db, row, index)


def is_kept(db: apsw.Connection, row: int, index: IndexRow) -> bool:
    """Say whether suggestions, bag and text of a row are these."""
    keys = db.execute("SELECT key FROM suggestion WHERE row = ? ORDER BY key", (row,)).fetchall()
    bags = db.execute("SELECT title, length, terms FROM bag WHERE row = ?", (row,)).fetchall()
    same_keys = tuple(key for (key,) in keys) == index.keys
    plain = db.execute("SELECT text FROM plain WHERE row = ?", (row,)).fetchall()
    same_text = plain == ([(index.plain,)] if index.plain else [])
    return same_keys and same_text and bags == [(index.name, index.length, index.bag)]
