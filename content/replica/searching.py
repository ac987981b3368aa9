"""Asks the search tables of a replica: candidates from FTS5 and the vectors, then one order with its grounds."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from content.replica.clouds import Clouds, Sight
from content.replica.reading import SentenceEncoder, SentenceReader
from content.search.asking import Asked
from content.search.bags import K1, Bags, Corpus, Term, rarest
from content.search.closeness import Sought
from content.search.learned import Learned
from content.search.match import (
    PINYIN,
    PINYIN_WEIGHT,
    WEIGHTS,
    WORDS,
    Mode,
    Query,
    expression,
    read_query,
)
from content.search.rank import (
    MIXES,
    Candidate,
    Grounds,
    curated,
    ground_of,
    joined,
    totals,
    worth_showing,
)
from content.search.request import UNCURATED, Curation, Ranked, SearchRequest, Why
from content.search.vectors import Floats
from content.search.wording import Wording

MOST_HITS = 200
MOST_TERMS = 12
MOST_POSTINGS = 12_000
"""On two judged halves 30,000 found nothing more; each costs the index 0.3 microseconds."""
NEAREST = 60
ITEM = "item"
"""The kind of a service item."""
RELATED_WEIGHT = 0.3
ALIKE_WEIGHT = 0.8
FULL_TERM = K1 + 1
"""What a term gives at most, times its rarity."""
EVERYDAY_NAME = 8.0
"""What each bigram of an everyday name is worth: about a rare bigram of a title."""
LOOKED_INTO = 40
"""The best candidates, whose texts are looked through."""
_LONG_LIST = 200
MOST_READ = 16
"""Characters of a question that the sentence model reads: all of an everyday one. Eighty take 45 ms, sixteen 12."""

SUGGEST = (
    "SELECT record, feed, version, line FROM entry WHERE row IN (SELECT DISTINCT row FROM"
    " suggestion WHERE key >= ? AND key < ? ORDER BY length(key) LIMIT ?)"
)

Values = tuple[object, ...]
Rows = Callable[[str, Values], list[tuple]]  # type: ignore[type-arg]
Placed = tuple[Ranked, str]
"""A hit and the kind of its record."""


@dataclass(frozen=True, slots=True)
class Models:
    """What searching by meaning needs; either may be absent."""

    learned: Learned | None = None
    sentence: SentenceEncoder | None = None


class IndexReader:
    """The search tables of one replica, through its reader's connection. For one thread at a time."""

    def __init__(self, rows: Rows, models: Models | None = None) -> None:
        self._rows = rows
        self._models = Models()
        self._reading: SentenceReader | None = None
        self._clouds = Clouds(rows)
        self._curation = UNCURATED
        self._wording = Wording.of(UNCURATED)
        self._corpus = Corpus(0, 1.0)
        self._documents: dict[str, int] = {}
        self._counted: dict[str, int] = {}
        self.use(models or Models())

    def use(self, models: Models) -> None:
        """Search with these models from now on."""
        self._models = models
        self._reading = SentenceReader(models.sentence) if models.sentence else None

    def curate(self, curation: Curation) -> None:
        """Search with what staff decided from now on."""
        self._curation = curation
        self._wording = Wording.of(curation)

    def rank(self, request: SearchRequest) -> tuple[Ranked, ...]:
        """Return up to MOST_HITS records in order, each with the ground that brought it here."""
        query = read_query(request.text)
        if query is None:
            return ()
        self._count()
        first: dict[str, Ranked] = {}
        likely = self._likely(query, is_cut=not request.kinds)
        for one, kind in (*self._sure(query), *likely):
            if not request.kinds or kind in request.kinds:
                first.setdefault(one.record, one)
        return tuple(first.values())[:MOST_HITS]

    def _count(self) -> None:
        self._counted.clear()
        for records, length in self._rows("SELECT records, length FROM corpus", ()):
            if abs(records - self._corpus.records) > self._corpus.records // 50:
                self._documents.clear()
            self._corpus = Corpus(records, max(1.0, length / max(1, records)))

    def _sure(self, query: Query) -> list[Placed]:
        plain = query.text.replace(" ", "")
        grounds = [(record, Why.BEST_BET, "") for record in self._curation.best_bets.get(plain, ())]
        grounds += [(record, Why.NUMBER, "") for record in self._numbered(query.number)]
        alias = Why.PINYIN if query.mode is Mode.LATIN else Why.ALIAS
        grounds += [
            (record, Why.EXACT, "") if is_title else (record, alias, query.text)
            for record, is_title in self._rows(
                "SELECT record, title = ?1 AS is_title FROM suggestion JOIN bag USING (row)"
                " WHERE key = ?1 ORDER BY is_title DESC, expired, length",
                (query.text,),
            )
        ]
        grounds += [(record, Why.ALIAS, plain) for record in self._wording.named(plain)]
        kinds = self._kinds([record for record, _, _ in grounds])
        return [
            (Ranked(record, why, through, float("inf")), kinds[record])
            for record, why, through in grounds
            if record in kinds
        ]

    def _numbered(self, number: str) -> list[str]:
        if not number:
            return []
        rows = self._rows(
            "SELECT record FROM entry WHERE number <> '' AND (number = ? OR number LIKE ?)",
            (number, f"%{number}"),
        )
        return [record for (record,) in rows]

    def _kinds(self, records: Sequence[str]) -> dict[str, str]:
        sql = f"SELECT record, kind FROM bag WHERE record IN ({_marks(records)})"  # noqa: S608
        return dict(self._rows(sql, tuple(records)))

    def _likely(self, query: Query, *, is_cut: bool) -> list[Placed]:
        match query.mode:
            case Mode.LATIN | Mode.NUMBER:
                return self._by_index_alone(query)
            case Mode.ITEM | Mode.QUESTION:
                return self._by_all_grounds(Asked.of(query, self._wording), is_cut=is_cut)

    def _by_index_alone(self, query: Query) -> list[Placed]:
        found = dict.fromkeys(self._matching(query.required, query.mode, every=True))
        if len(found) < MOST_HITS and query.mode is not Mode.NUMBER:
            found |= dict.fromkeys(self._matching(query.wanted, query.mode, every=False))
        by_row = {one.row: one for one in self._candidates(found, ())}
        why = Why.PINYIN if query.mode is Mode.LATIN else Why.TEXT
        return [
            (Ranked(by_row[row].record, why), by_row[row].kind) for row in found if row in by_row
        ]

    def _by_all_grounds(self, asked: Asked, *, is_cut: bool) -> list[Placed]:
        """Search by words while the sentence model reads, and wait for it with nothing else left to do."""
        mix = MIXES[asked.query.mode].among(self._corpus.records, self._corpus.mean_length)
        reader = self._reading
        reading = reader.begin(gist(asked.query.text)) if reader else None
        self._count_terms(asked.terms)
        asked = asked.corrected(self._holding)
        candidates = self._candidates(self._lexical(asked), tuple(asked.said.records))
        heeds = mix.heeds_meaning(self._certainty(asked, self._words(asked, _bags(candidates))))
        learned = self._learned(asked.query) if heeds else None
        candidates += self._nearest(learned, candidates)
        grounds = self._grounds(asked, candidates, learned)
        if reading is not None and heeds:
            sight = self._clouds.seen_from(reading.model, reading.vector.result())
            more = self._nearest(sight, candidates)
            candidates += more
            grounds = joined(grounds, self._grounds(asked, more, learned))
            grounds = replace(grounds, sentence=sight.cosines(_rows_of(candidates)))
        if not candidates:
            return []
        grounds = replace(grounds, meaning=_of_texts(candidates, grounds.meaning))
        if mix.closeness and asked.words:
            grounds = self._looked_into(
                grounds, totals(grounds, mix), asked=asked, among=candidates
            )
        total = curated(candidates, totals(grounds, mix), self._curation)
        order = np.argsort(-total, kind="stable")[:MOST_HITS]
        if is_cut:
            order = order[: worth_showing(total[order])]
        return [
            (
                ground_of(at, candidates[at].record, grounds=grounds, asked=asked),
                candidates[at].kind,
            )
            for at in order.tolist()
        ]

    def _nearest(self, sight: Sight | None, known: list[Candidate]) -> list[Candidate]:
        """Return the rows that a model holds nearest, without those that are known."""
        if sight is None:
            return []
        return self._candidates(set(sight.nearest(NEAREST)) - {one.row for one in known}, ())

    def _learned(self, query: Query) -> Sight | None:
        model = self._models.learned
        if model is None or query.mode is not Mode.QUESTION:
            return None
        vector = model.encode(query.text)
        return None if vector is None else self._clouds.seen_from(model.name, vector)

    def _lexical(self, asked: Asked) -> Iterable[int]:
        """Rows that hold the rarest terms of each kind."""
        documents = {term: self._holding(term) for term in asked.terms}
        columns = dict.fromkeys(asked.pinyin, PINYIN)
        kept = rarest(asked.terms, documents, most=MOST_TERMS, postings=MOST_POSTINGS)
        pairs = tuple((columns.get(term, WORDS), term) for term in kept)
        return self._matching(pairs, asked.query.mode, every=False)

    def _matching(
        self, terms: tuple[tuple[str, str], ...], mode: Mode, *, every: bool
    ) -> Iterable[int]:
        if not terms:
            return ()
        rows = self._rows(
            "SELECT rowid FROM search WHERE search MATCH ? ORDER BY bm25(search, ?, ?, ?, ?) LIMIT ?",
            (expression(terms, every=every), *WEIGHTS[mode], MOST_HITS),
        )
        return [row for (row,) in rows]

    def _holding(self, term: str) -> int:
        """How many records hold a term."""
        if term not in self._counted:
            self._count_terms((term,))
        return self._counted[term]

    def _count_terms(self, terms: Sequence[str]) -> None:
        """Count for this query how many records hold each term.

        Long lists are remembered beyond it, since the index has to walk a list to count it. Short ones are not: a
        word that nothing held a moment ago must be found as soon as an edit brings it.
        """
        asked = [term for term in dict.fromkeys(terms) if term not in self._documents]
        sql = f"SELECT term, doc FROM term WHERE term IN ({_marks(asked)})"  # noqa: S608
        found: dict[str, int] = dict(self._rows(sql, tuple(asked))) if asked else {}
        self._documents |= {term: n for term, n in found.items() if n >= _LONG_LIST}
        known = {
            **found,
            **{term: self._documents[term] for term in terms if term in self._documents},
        }
        self._counted |= {term: known.get(term, 0) for term in terms}

    def _candidates(self, rows: Iterable[int], records: Sequence[str]) -> list[Candidate]:
        numbers = tuple(rows)
        found = self._rows(
            "SELECT row, record, kind, region, title, family, expired, length, terms FROM bag"  # noqa: S608
            f" WHERE row IN ({_marks(numbers)}) OR record IN ({_marks(records)})",
            (*numbers, *records),
        )
        return [Candidate(*row) for row in found]

    def _grounds(self, asked: Asked, candidates: list[Candidate], learned: Sight | None) -> Grounds:
        """Return all grounds but what the sentence model and the texts in full say."""
        none = np.zeros(len(candidates), np.float32)
        if not candidates:
            return Grounds(none, none, none, none, none, none, none)
        bags = _bags(candidates)
        words = self._words(asked, bags)
        prior = meaning = none
        model = self._models.learned
        if model is not None and asked.query.mode is Mode.QUESTION:
            prior = model.prior * model.priors_of([one.family for one in candidates])
        if model is not None and learned is not None:
            meaning = learned.cosines(_rows_of(candidates)) * model.meaning
        return Grounds(
            words=words,
            pinyin=self._bm25(asked.pinyin, bags, weight=PINYIN_WEIGHT),
            related=self._related(asked, candidates, bags),
            meaning=meaning,
            sentence=none,
            prior=prior,
            closeness=none,
            certainty=self._certainty(asked, words),
        )

    def _looked_into(
        self, grounds: Grounds, scores: Floats, *, asked: Asked, among: list[Candidate]
    ) -> Grounds:
        """Return the grounds with what the best candidates say in one place."""
        best = np.argsort(-scores, kind="stable")[:LOOKED_INTO].tolist()
        known = self._known(asked.words, weight=1.0)
        sought = Sought.of({term.text: self._corpus.rarity(term.documents) for term in known})
        rows = tuple(among[at].row for at in best)
        sql = f"SELECT row, text FROM plain WHERE row IN ({_marks(rows)})"  # noqa: S608
        texts: dict[int, bytes] = dict(self._rows(sql, rows))
        close = np.zeros(len(among), np.float32)
        close[best] = _bags([among[at] for at in best]).coverage(known, corpus=self._corpus)
        for at in best:
            if among[at].row in texts:
                close[at] = sought.in_one_place(texts[among[at].row])
        return replace(grounds, closeness=close)

    def _words(self, asked: Asked, bags: Bags) -> Floats:
        words = self._bm25(asked.words, bags, weight=1.0)
        return words + self._bm25(asked.alike, bags, weight=ALIKE_WEIGHT)

    def _certainty(self, asked: Asked, words: Floats) -> float:
        """How much of what the query's words could give the best candidate gives."""
        best = sum(self._corpus.rarity(self._holding(term)) for term in asked.words) * FULL_TERM
        return min(1.0, float(words.max()) / best) if best and len(words) else 0.0

    def _related(self, asked: Asked, candidates: list[Candidate], bags: Bags) -> Floats:
        """What synonyms give, and to a record whose everyday name is said what the name is worth."""
        gained = self._bm25(asked.related, bags, weight=RELATED_WEIGHT)
        for at, one in enumerate(candidates):
            name = asked.said.records.get(one.record)
            if name:
                gained[at] += EVERYDAY_NAME * max(1, len(name) - 1)
        return gained

    def _bm25(self, terms: tuple[str, ...], bags: Bags, *, weight: float) -> Floats:
        known = self._known(terms, weight=weight)
        if not known:
            return np.zeros(len(bags.lengths), np.float32)
        return bags.scores(known, corpus=self._corpus)

    def _known(self, terms: tuple[str, ...], *, weight: float) -> list[Term]:
        """Return the terms that some record holds."""
        return [Term(term, weight, n) for term in terms if (n := self._holding(term))]


def _rows_of(candidates: Sequence[Candidate]) -> NDArray[np.int64]:
    return np.array([one.row for one in candidates], np.int64)


def _bags(candidates: Sequence[Candidate]) -> Bags:
    return Bags.of([one.bag for one in candidates], [one.length for one in candidates])


def _of_texts(candidates: Sequence[Candidate], meaning: Floats) -> Floats:
    """Return the learned vectors' ground for documents; an item gets what a document has on average.

    They are learned from running text: of an item's title and few words they say nothing (top three of everyday
    questions: 0.97 without, 0.88 with).
    """
    if not meaning.any():
        return meaning
    is_item = np.array([one.kind == ITEM for one in candidates])
    usual = meaning[~is_item].mean() if not is_item.all() else 0.0
    return np.where(is_item, usual, meaning).astype(np.float32)


def gist(text: str) -> str:
    """Return what the sentence model reads of a question: its time grows with the length."""
    return text[:MOST_READ]


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))
