"""The product's own search over a corpus: its index tables, its ranking, its models."""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.judging.sets import Asked, Doc
from content.catalog.item import CatalogItem
from content.disclosure.classes import DisclosureClass
from content.disclosure.record import Block, BlockKind, DisclosureRecord
from content.feed.body import Record
from content.replica.indexing import IndexWriter
from content.replica.reading import SentenceEncoder
from content.replica.searching import SUGGEST, IndexReader, Models
from content.replica.shelf import open_shelf
from content.search.analyse import normalise
from content.search.learned import Learned, gram_hashes
from content.search.passages import passage
from content.search.request import Curation, SearchRequest
from content.search.vectors import to_code

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAY = date(2026, 1, 1)


def record_of(doc: Doc) -> Record:
    """Return a document as the record that the zone would publish."""
    if doc.kind == "item":
        return CatalogItem(doc.id, doc.title, "", doc.department, "", steps=(doc.text,))
    return DisclosureRecord(
        doc.id,
        doc.title,
        "",
        "",
        None,
        DAY,
        DisclosureClass.PROACTIVE,
        "",
        "",
        (Block(BlockKind.PARAGRAPH, doc.text),),
    )


class Product:
    """A replica's search tables, filled without signatures: what is judged is the search."""

    def __init__(self, path: Path, docs: Sequence[Doc]) -> None:
        self._db = open_shelf(path, writable=True)
        self._db.pragma("synchronous", 0)
        self._index = IndexWriter(self._db)
        self._texts: list[tuple[int, str, NDArray[np.uint32]]] = []
        with self._db:
            for row, doc in enumerate(docs, 1):
                record = record_of(doc)
                self._index.put(row, doc.id, record)
                self._texts.append((row, normalise(record.title), gram_hashes(passage(record))))
        self._reader = IndexReader(self._rows)

    @classmethod
    def opened(cls, path: Path) -> "Product":
        """Return the search of a file that was filled before."""
        return cls(path, ())

    def suggest(self, text: str, limit: int = 6) -> list[tuple]:  # type: ignore[type-arg]
        """Return the rows that complete what was typed."""
        plain = normalise(text).strip().replace(" ", "")
        return self._rows(SUGGEST, (plain, plain + "\U0010ffff", limit))

    def put_codes(self, model: str, codes: Iterable[bytes]) -> None:
        """Keep these vectors for the documents in order."""
        with self._db:
            for (row, _, _), code in zip(self._texts, codes, strict=True):
                self._index.put_code(row, model, code)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def learn(self, model: Learned) -> None:
        """Make the vectors of a model."""
        with self._db:
            for row, _, names in self._texts:
                vector = model.encode_hashes(names)
                if vector is not None:
                    self._index.put_code(row, model.name, to_code(vector))

    def read_titles(self, encoder: SentenceEncoder, cache: Path) -> None:
        """Make the sentence vectors of all titles, or take them from the cache."""
        held = _cached(cache)
        with self._db:
            for row, title, _ in self._texts:
                if title not in held:
                    held[title] = to_code(encoder.encode(title))
                self._index.put_code(row, encoder.name, held[title])
        _keep(cache, held)

    def use(self, models: Models) -> None:
        """Search with these models."""
        self._reader.use(models)

    def curate(self, curation: Curation) -> None:
        """Search with these curated names."""
        self._reader.curate(curation)

    def one(self, text: str, limit: int = 10) -> list[str]:
        """Return the first ids of a query."""
        return [hit.record for hit in self._reader.rank(SearchRequest(text, limit))[:limit]]

    def rank(self, queries: Sequence[Asked]) -> list[list[str]]:
        """Return the first ten ids of each query."""
        return [self.one(asked.text) for asked in queries]

    def _rows(self, sql: str, values: tuple[object, ...] = ()) -> list[tuple]:  # type: ignore[type-arg]
        return self._db.execute(sql, values).fetchall()


def _cached(path: Path) -> dict[str, bytes]:
    if not path.exists():
        return {}
    with np.load(path) as kept:
        return {
            str(title): code.tobytes()
            for title, code in zip(kept["titles"], kept["codes"], strict=True)
        }


def _keep(path: Path, held: dict[str, bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    codes = np.frombuffer(b"".join(held.values()), np.int8).reshape(len(held), -1)
    np.savez(path, titles=np.array(list(held)), codes=codes)
