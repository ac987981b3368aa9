"""Asks the search tables of a replica: candidates from FTS5 and the vectors, then one order with its grounds."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from content.replica.clouds import Clouds, Sight
from content.replica.reading import Reading, SentenceEncoder, SentenceReader
from content.search.asking import Asked
from content.search.bags import K1, Bags, Corpus, Term, rarest
from content.search.closeness import Sought
from content.search.learned import Learned
from content.search.match import (
    PINYIN,
    PINYIN_WEIGHT,
    TITLE,
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
    joined,
    of_texts,
    totals,
    why_there,
    worth_showing,
)
from content.search.request import UNCURATED, Curation, Ranked, SearchRequest, Why
from content.search.vectors import SIFTED, Floats
from content.search.wording import Wording

MOST_HITS = 200
MOST_TERMS = 12
MOST_POSTINGS = 12_000
"""On two judged halves 30,000 found nothing more; each costs the index 0.3 microseconds."""
NEAREST = 60
SIFTED_TITLES = 250
"""How many title vectors are measured exactly: 400 changed no judged order, and these wait for the sentence model."""
RELATED_WEIGHT = 0.3
ALIKE_WEIGHT = 0.8
FULL_TERM = K1 + 1
"""What a term gives at most, times its rarity."""
EVERYDAY_NAME = 8.0
"""What each bigram of an everyday name is worth: about a rare bigram of a title."""
LOOKED_INTO = 40
"""The best candidates, whose texts are looked through."""
_LONG_LIST = 200
MOST_READ = 12
"""Characters of a question that the sentence model reads: all of an everyday one. Each takes a millisecond."""

SUGGEST = (
    "SELECT record, feed, version, line FROM entry WHERE row IN (SELECT DISTINCT row FROM"
    " (SELECT key, row FROM suggestion WHERE key >= ? AND key < ? LIMIT 3000)"
    " ORDER BY length(key) LIMIT ?)"
)
"""The shortest of three thousand keys: one sign begins ten thousands in a large zone, and none is meant yet."""
_CANDIDATES = (
    "SELECT row, record, kind, region, title, family, expired, length, terms FROM bag WHERE"
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
        self._curation = UNCURATED
        self._wording = Wording.of(UNCURATED)
        self._corpus = Corpus(0, 1.0)
        self._documents: dict[str, int] = {}
        self._counted: dict[str, int] = {}
        self.use(models or Models())

    def use(self, models: Models) -> None:
        """Search with these models from now on; the vectors of others are forgotten."""
        self._models = models
        self._clouds = Clouds(self._rows)
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
                return self._by_all_grounds(query, is_cut=is_cut)

    def _by_index_alone(self, query: Query) -> list[Placed]:
        found = dict.fromkeys(self._matching(query.required, query.mode, every=True))
        if len(found) < MOST_HITS and query.mode is not Mode.NUMBER:
            found |= dict.fromkeys(self._matching(query.wanted, query.mode, every=False))
        by_row = {one.row: one for one in self._candidates(found, ())}
        why = Why.PINYIN if query.mode is Mode.LATIN else Why.TEXT
        return [
            (Ranked(by_row[row].record, why), by_row[row].kind) for row in found if row in by_row
        ]

    def _by_all_grounds(self, query: Query, *, is_cut: bool) -> list[Placed]:
        """Search by words while the sentence model reads, and wait for it with nothing else left to do."""
        reading = self._reading.begin(gist(query.text)) if self._reading else None
        mix = MIXES[query.mode].among(self._corpus.records, self._corpus.mean_length)
        asked = Asked.of(query, self._wording)
        self._count_terms(asked.terms)
        asked = asked.corrected(self._holding)
        candidates = self._candidates(self._lexical(asked), tuple(asked.said.records))
        grounds = self._grounds(asked, candidates)
        if mix.heeds_meaning(grounds.certainty):
            grounds = self._meant(asked, reading, among=candidates, grounds=grounds)
        if not candidates:
            return []
        if mix.closeness and asked.words:
            grounds = self._looked_into(
                grounds, totals(grounds, mix), asked=asked, among=candidates
            )
        total = curated(candidates, totals(grounds, mix), self._curation)
        order = np.argsort(-total, kind="stable")[:MOST_HITS]
        if is_cut:
            order = order[: worth_showing(total[order])]
        best = order.tolist()
        hits = why_there(best, [one.record for one in candidates], grounds=grounds, asked=asked)
        return [(hit, candidates[at].kind) for hit, at in zip(hits, best, strict=True)]

    def _meant(
        self,
        asked: Asked,
        reading: Reading | None,
        *,
        among: list[Candidate],
        grounds: Grounds,
    ) -> Grounds:
        """Return the grounds with what the models say; what they bring besides joins the candidates.

        Of the known candidates everything is read before the question's vector is waited for.
        """
        learned = self._learned(asked.query)
        if learned is not None:
            more = self._nearest(learned, among)
            among += more
            grounds = joined(grounds, self._grounds(asked, more))
            learned.look(_rows_of(among))
        if reading is not None:
            known = self._clouds.vectors_of(reading.model, _rows_of(among))
            sight = self._clouds.seen_from(reading.model, reading.vector.result(), known)
            more = self._nearest(sight, among, sifted=SIFTED_TITLES)
            among += more
            grounds = joined(grounds, self._grounds(asked, more))
            grounds = replace(grounds, sentence=sight.cosines(_rows_of(among)))
        if learned is not None:
            grounds = replace(grounds, meaning=self._meaning(learned, among))
        return grounds

    def _nearest(
        self, sight: Sight, known: list[Candidate], *, sifted: int = SIFTED
    ) -> list[Candidate]:
        """Return the rows that a model holds nearest, without those that are known."""
        near = sight.nearest(NEAREST, sifted=sifted)
        return self._candidates(set(near) - {one.row for one in known}, ())

    def _learned(self, query: Query) -> Sight | None:
        model = self._models.learned
        if model is None or query.mode is not Mode.QUESTION:
            return None
        vector = model.encode(query.text)
        return None if vector is None else self._clouds.seen_from(model.name, vector)

    def _meaning(self, learned: Sight, candidates: list[Candidate]) -> Floats:
        """Return what the learned vectors give each candidate."""
        model = self._models.learned
        share = model.meaning if model is not None else 0.0
        return of_texts(candidates, learned.cosines(_rows_of(candidates)) * np.float32(share))

    def _lexical(self, asked: Asked) -> Iterable[int]:
        """Rows that hold the rarest terms of each kind."""
        documents = {term: self._holding(term) for term in asked.terms}
        columns = dict.fromkeys(asked.pinyin, PINYIN)
        kept = rarest(asked.terms, documents, most=MOST_TERMS, postings=MOST_POSTINGS)
        pairs = tuple((columns.get(term, WORDS), term) for term in kept)
        if sum(map(documents.__getitem__, kept)) > MOST_POSTINGS:
            # Of what a third of all records hold, those that are called so: the index weighs each hit, a third of
            # them in a third of the time.
            titles = tuple((TITLE if column == WORDS else column, term) for column, term in pairs)
            found = self._matching(titles, asked.query.mode, every=False)
            if len(found) == MOST_HITS:
                return found
        return self._matching(pairs, asked.query.mode, every=False)

    def _matching(
        self, terms: tuple[tuple[str, str], ...], mode: Mode, *, every: bool
    ) -> Sequence[int]:
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
        sql = f"{_CANDIDATES} row IN ({_marks(numbers)})"
        if records:
            sql += f" OR record IN ({_marks(records)})"
        return [Candidate(*row) for row in self._rows(sql, (*numbers, *records))]

    def _grounds(self, asked: Asked, candidates: list[Candidate]) -> Grounds:
        """Return what words, synonyms and families say; nothing yet of vectors and of the texts in full."""
        none = np.zeros(len(candidates), np.float32)
        if not candidates:
            return Grounds(none, none, none, none, none, none, none)
        bags = _bags(candidates)
        words = self._words(asked, bags)
        prior = none
        model = self._models.learned
        if model is not None and asked.query.mode is Mode.QUESTION:
            prior = model.prior * model.priors_of([one.family for one in candidates])
        return Grounds(
            words=words,
            pinyin=self._bm25(asked.pinyin, bags, weight=PINYIN_WEIGHT),
            related=self._related(asked, candidates, bags),
            meaning=none,
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


def gist(text: str) -> str:
    """Return what the sentence model reads of a question: its time grows with the length."""
    return text[:MOST_READ]


def _marks(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))
