"""Other engines over the same documents and queries, each at the best of its title weights."""

import json
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

import apsw
import rjieba
import tantivy

from benchmarks.judging.sets import Asked, Doc
from content.search.analyse import bigrams, normalise, runs, without_question_words

Ranked = list[list[str]]
Tokens = Callable[[str], list[str]]
AT = 10
XAPIAN = Path(__file__).with_name("xapian_peer.py")


class Peer(Protocol):
    """An engine that has indexed a corpus."""

    def rank(self, queries: Sequence[Asked], weight: float) -> Ranked:
        """Return the first ten ids of each query with this title weight."""
        ...


def jieba_words(text: str) -> list[str]:
    """Return words in search mode."""
    return [word for word in rjieba.cut_for_search(normalise(text)) if runs(word)]


def bigram_terms(text: str) -> list[str]:
    """Return character bigrams."""
    return bigrams(normalise(text))


def query_bigrams(text: str) -> list[str]:
    """Return a query's bigrams without question words."""
    return without_question_words(bigram_terms(text))


def trigram_terms(text: str) -> list[str]:
    """Return character trigrams of a query."""
    plain = normalise(text)
    return [
        plain[at : at + 3] for at in range(len(plain) - 2) if len(runs(plain[at : at + 3])) == 1
    ]


class Fts5:
    """SQLite's own full-text search, with terms made here or with its trigram tokenizer."""

    def __init__(self, docs: Sequence[Doc], *, tokens: Tokens | None, asks: Tokens) -> None:
        self._asks = asks
        self._ids = [doc.id for doc in docs]
        self._db = apsw.Connection(":memory:")
        tokenizer = "unicode61" if tokens else "trigram"
        self._db.execute(
            f"CREATE VIRTUAL TABLE t USING fts5(title, body, content='', tokenize='{tokenizer}')"
        )
        make = (lambda text: " ".join(tokens(text))) if tokens else normalise
        with self._db:
            self._db.executemany(
                "INSERT INTO t (rowid, title, body) VALUES (?, ?, ?)",
                ((row, make(doc.title), make(doc.text)) for row, doc in enumerate(docs)),
            )

    def rank(self, queries: Sequence[Asked], weight: float) -> Ranked:
        """Return the first ten ids of each query."""
        return [self._one(asked.text, weight) for asked in queries]

    def _one(self, text: str, weight: float) -> list[str]:
        terms = [term.replace('"', "") for term in dict.fromkeys(self._asks(text))]
        if not any(terms):
            return []
        rows = self._db.execute(
            "SELECT rowid FROM t WHERE t MATCH ? ORDER BY bm25(t, ?, 1) LIMIT ?",
            (" OR ".join(f'"{term}"' for term in terms if term), weight, AT),
        )
        return [self._ids[row] for (row,) in rows]


class Tantivy:
    """Tantivy over bigrams, a field for the title and one for the body."""

    def __init__(self, docs: Iterable[Doc]) -> None:
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("id", stored=True, tokenizer_name="raw")
        for field in ("title", "body"):
            builder.add_text_field(field, tokenizer_name="whitespace")
        self._index = tantivy.Index(builder.build())
        writer = self._index.writer(heap_size=100_000_000, num_threads=1)
        for doc in docs:
            title, body = (" ".join(bigram_terms(part)) for part in (doc.title, doc.text))
            writer.add_document(tantivy.Document(id=[doc.id], title=[title], body=[body]))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._searcher = self._index.searcher()

    def rank(self, queries: Sequence[Asked], weight: float) -> Ranked:
        """Return the first ten ids of each query."""
        return [self._one(asked.text, weight) for asked in queries]

    def _one(self, text: str, weight: float) -> list[str]:
        terms = list(dict.fromkeys(query_bigrams(text)))
        if not terms:
            return []
        query = self._index.parse_query(
            " ".join(f'"{term}"' for term in terms),
            ["title", "body"],
            field_boosts={"title": weight},
        )
        found = self._searcher.search(query, AT).hits
        return [str(self._searcher.doc(address)["id"][0]) for _, address in found]


class Xapian:
    """Xapian over bigrams, in the system's own Python: there is no wheel of it."""

    def __init__(self, docs: Sequence[Doc]) -> None:
        self._docs = docs

    def rank(self, queries: Sequence[Asked], weight: float) -> Ranked:
        """Return the first ten ids of each query; the documents are indexed anew for each weight."""
        with subprocess.Popen(
            ["/usr/bin/python3", str(XAPIAN)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as child:
            for part in self._job(queries, weight):
                _pipe(child.stdin).write(json.dumps(part).encode() + b"\n")
            _pipe(child.stdin).close()
            ranked: Ranked = json.loads(_pipe(child.stdout).read())
        return ranked

    def _job(self, queries: Sequence[Asked], weight: float) -> Iterator[object]:
        yield int(weight), len(self._docs)
        for doc in self._docs:
            yield doc.id, bigram_terms(doc.title), bigram_terms(doc.text)
        yield [query_bigrams(asked.text) for asked in queries]


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None
    return pipe


def has_xapian() -> bool:
    """Say whether the system's Python has xapian (Debian: python3-xapian)."""
    if not shutil.which("/usr/bin/python3"):
        return False
    probe = subprocess.run(
        ["/usr/bin/python3", "-c", "import xapian"], capture_output=True, check=False
    )
    return probe.returncode == 0


@dataclass(frozen=True, slots=True)
class Maker:
    """How to index a corpus, and the title weights of which the best counts.

    Attributes:
        is_tried_on_part: the weights are compared on a part of the queries; all are asked with the best.
    """

    make: Callable[[Sequence[Doc]], Peer]
    weights: tuple[float, ...]
    is_tried_on_part: bool = True


MAKERS = {
    "fts5 trigram": Maker(lambda docs: Fts5(docs, tokens=None, asks=trigram_terms), (4,)),
    "fts5 + jieba": Maker(lambda docs: Fts5(docs, tokens=jieba_words, asks=jieba_words), (4, 16)),
    "fts5 bigram": Maker(lambda docs: Fts5(docs, tokens=bigram_terms, asks=query_bigrams), (4, 16)),
    "tantivy bigram": Maker(Tantivy, (1, 2, 4, 8)),
    "xapian bigram": Maker(Xapian, (4, 16), is_tried_on_part=False),
}
