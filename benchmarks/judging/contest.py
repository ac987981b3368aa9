"""Puts the same queries to the product and to other engines, one corpus after another."""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.judging.learning import fold_of
from benchmarks.judging.measures import Score, macro, score
from benchmarks.judging.peers import MAKERS, Maker, Peer, has_xapian
from benchmarks.judging.product import Product
from benchmarks.judging.sets import Doc, JudgedSet, golden, thinned, typed_items, unseen
from content.replica.reading import SentenceEncoder
from content.replica.searching import Models
from content.search.learned import Learned

Results = dict[str, Score]
WEIGHING = 200
"""Queries a set on which an engine's title weights are compared."""


@dataclass(frozen=True, slots=True)
class Contest:
    """What is judged, and how it says how far it is.

    Attributes:
        corpora: name -> documents.
        sets: each over one of the corpora.
        cache: where the sentence vectors of titles are kept.
        say: takes a line of progress.
    """

    corpora: Mapping[str, Sequence[Doc]]
    sets: Sequence[JudgedSet]
    cache: Path
    say: Callable[[str], None]

    def product(
        self, models: Sequence[Learned], sentence: SentenceEncoder | None, *, titled: str
    ) -> tuple[Results, Results]:
        """Judge the product, with models and by words alone.

        Args:
            models: one for all queries, or one for each fold of them.
            sentence: reads the titles of one corpus.
            titled: which: titles of articles, the name of a law and a number, tell it nothing.
        """
        ours: Results = {}
        plain: Results = {}
        for corpus, docs in self.corpora.items():
            encoder = sentence if corpus == titled else None
            with tempfile.TemporaryDirectory() as folder:
                product = self._filled(Path(folder) / "replica.db", corpus, docs)
                for model in models:
                    product.learn(model)
                if encoder:
                    self.say(f"{corpus}: reading the meaning of titles")
                    product.read_titles(encoder, self.cache / f"titles-{encoder.name}.npz")
                for one in self._of(corpus):
                    product.use(Models())
                    plain[one.name] = score(one.queries, product.rank(one.queries))
                    ours[one.name] = score(one.queries, _ranked(product, one, models, encoder))
                    self.say(f"{one.name}: {len(one.queries)} queries, MRR {ours[one.name].mrr10}")
                product.close()
        return ours, plain

    def peers(self) -> dict[str, Results]:
        """Judge the other engines, each with the title weight that suits it best."""
        return {
            named: results
            for name, maker in MAKERS.items()
            if "xapian" not in name or has_xapian()
            for named, results in (self._peer(name, maker),)
        }

    def _filled(self, path: Path, corpus: str, docs: Sequence[Doc]) -> Product:
        self.say(f"{corpus}: indexing {len(docs)} documents")
        return Product(path, docs)

    def _of(self, corpus: str) -> list[JudgedSet]:
        return [one for one in self.sets if one.corpus == corpus]

    def _peer(self, name: str, maker: Maker) -> tuple[str, Results]:
        indexed = {corpus: maker.make(docs) for corpus, docs in self.corpora.items()}
        self.say(f"{name}: indexed")
        tried: dict[float, Results] = {}
        part = WEIGHING if maker.is_tried_on_part and len(maker.weights) > 1 else 0
        for weight in maker.weights:
            tried[weight] = self._asked(indexed, weight, most=part)
        best = max(maker.weights, key=lambda weight: macro(tried[weight]))
        results = self._asked(indexed, best, most=0) if part else tried[best]
        self.say(f"{name}, title x{best:g}: macro MRR {macro(results)}")
        return f"{name}, title x{best:g}", results

    def _asked(self, indexed: Mapping[str, Peer], weight: float, *, most: int) -> Results:
        results: Results = {}
        for corpus, peer in indexed.items():
            sets = thinned(self._of(corpus), most)
            ranked = iter(peer.rank([asked for one in sets for asked in one.queries], weight))
            for one in sets:
                results[one.name] = score(one.queries, [next(ranked) for _ in one.queries])
        return {one.name: results[one.name] for one in self.sets}


def _ranked(
    product: Product,
    judged: JudgedSet,
    models: Sequence[Learned],
    sentence: SentenceEncoder | None,
) -> list[list[str]]:
    ranked: dict[int, list[str]] = {}
    for at, model in enumerate(models):
        product.use(Models(model, sentence))
        for place, asked in enumerate(judged.queries):
            if len(models) == 1 or fold_of(asked.text) == at:
                ranked[place] = product.one(asked.text)
    return [ranked[place] for place in range(len(judged.queries))]


def as_typed(
    folder: Path, docs: Sequence[Doc], *, most: int, cache: Path, sentence: SentenceEncoder | None
) -> dict[str, object]:
    """Judge pinyin and initials on the service items, and everyday language on official titles."""
    titles, spoken = golden(folder)
    said: dict[str, object] = {}
    for corpus, sets, encoder in (
        (docs, thinned(typed_items(docs), most), None),
        (titles, [*spoken, *unseen(folder)], sentence),
    ):
        with tempfile.TemporaryDirectory() as folder_:
            product = Product(Path(folder_) / "replica.db", corpus)
            if encoder:
                product.read_titles(encoder, cache / f"titles-{encoder.name}.npz")
                product.use(Models(None, encoder))
            for one in sets:
                found = score(one.queries, product.rank(one.queries))
                said[one.name] = {
                    "queries": len(one.queries),
                    "mrr10": found.mrr10,
                    "found10": found.found10,
                    "found3": found.found3,
                    "limit": LIMITS[one.name],
                }
            product.close()
    return said


LIMITS = {
    "pinyin": "found10 >= 0.98",
    "initials": "found10 >= 0.96",
    "everyday questions": "found3 >= 0.90",
    "everyday names": "found3 >= 0.90",
    "everyday second questions": "found3 >= 0.90",
    "everyday second names": "found3 >= 0.90",
    "everyday unseen questions": "found3 >= 0.90",
    "everyday unseen names": "found3 >= 0.90",
}
