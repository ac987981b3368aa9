"""The replica with the words that staff curated for a region: best bets, everyday names, synonyms, answers.

What the region's approvers signed is read from the replica itself, so it changes with the content, offline too.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from typing_extensions import override

from content.answers.answer import MOST_RECORDS, NO_ANSWER, Answers, answer
from content.answers.guide import NEAR, Aspect, guide_answer, read_question
from content.answers.sections import section_answer
from content.catalog.item import CatalogItem
from content.disclosure.record import DisclosureRecord, Validity
from content.feed.policy import TrustRoot
from content.replica.ports import Results, Verified
from content.replica.reader import ReplicaReader
from content.search.completing import Completion, complete, meant
from content.search.curated import CuratedWords, curation_for, query_key
from content.search.request import UNCURATED, Curation, SearchRequest

MOST_WORDS = 50
"""Regions whose words are read: a county, its towns and villages above and below a terminal are fewer."""
CANDIDATES = 24
DOCUMENTS = frozenset({"document"})
ITEMS_ASKED = 6
WHOLE = 1.1
"""More than all of it: titles that merely share words with a long official phrase are not meant."""


class CuratedReader(ReplicaReader):
    """Searches as a citizen of the region should find things. For one thread at a time."""

    def __init__(self, path: Path, root: TrustRoot, *, region: str) -> None:
        super().__init__(path, root)
        self._region = region
        self._seen: dict[str, int] | None = None
        self._curation = UNCURATED

    def curation(self) -> Curation:
        """Return the curated words in use; read again when the copy has moved on."""
        seen = self.sequences()
        if seen != self._seen:
            held = [one.record for one in self.newest("words", limit=MOST_WORDS)]
            self._take([one for one in held if isinstance(one, CuratedWords)])
            self._seen = seen
        return self._curation

    @contextmanager
    def trying(self, words: CuratedWords) -> Iterator[None]:
        """Search with these words in the place of the region's signed ones, inside the block."""
        held = (one.record for one in self.newest("words", limit=MOST_WORDS))
        others = [
            one for one in held if isinstance(one, CuratedWords) and one.region != words.region
        ]
        self._seen = self.sequences()
        self._take((*others, words))
        try:
            yield
        finally:
            self._seen = None

    @override
    def find(self, request: SearchRequest) -> Results:
        self.curation()
        return super().find(request)

    @override
    def suggest(self, text: str, *, limit: int = 6) -> tuple[str, ...]:
        return tuple(one.text for one in self.complete(text, limit=limit))

    def complete(self, text: str, *, limit: int = 6) -> tuple[Completion, ...]:
        """Return what completes the text typed or composed so far: items first, nothing that is denied."""
        key = query_key(text)
        if not key:
            return ()
        titles = (
            (found.record.title, isinstance(found.record, CatalogItem))
            for found in self._starting_with(key, limit=CANDIDATES)
        )
        return complete(key, titles, curation=self.curation(), limit=limit)

    def hot(self) -> tuple[str, ...]:
        """Return what is offered before anything is typed."""
        return self.curation().hot

    def meant(self, text: str) -> str:
        """Return how the text is written in a title that sounds the same, "" if nothing does."""
        hits = self.search(text, limit=ITEMS_ASKED).hits
        return meant(text, [hit.found.record.title for hit in hits])

    def documents_for(self, question: str) -> tuple[DisclosureRecord, ...]:
        """Return the documents in which an answer is looked for, the likeliest first."""
        found = self.find(SearchRequest(question, limit=MOST_RECORDS, kinds=DOCUMENTS))
        records = (hit.found.record for hit in found.hits)
        return tuple(
            record
            for record in records
            # What is no longer in force must not be quoted as the answer, not even for want of a better one.
            if isinstance(record, DisclosureRecord) and record.validity is not Validity.REPEALED
        )

    def answer(self, question: str, *, words: Mapping[Aspect, str]) -> Answers:
        """Return the answer to a question in a record's own words, or say that none was found.

        Args:
            question: as asked.
            words: what each aspect of a guide is called on the screen.
        """
        official = dict(self._in_official_words(question))
        guides = [self._guide_answer(question, words=words)]
        guides += [self._guide_answer(one, words=words, near=WHOLE) for one in official]
        for said in guides:
            if said.quoted:
                return said
        known = next((said for said in guides if said.about), None)
        if known is not None:
            return self._section_about(known.about, question) or known
        found = [answer(question, self.documents_for(question), rarity=self.rarity)]
        for wording, phrase in official.items():
            # The official phrase is long: a record that holds half of it would look like an answer.
            whole = [one for one in self.documents_for(wording) if phrase in one.title + one.text]
            found.append(answer(wording, whole, rarity=self.rarity))
        return max(found, key=_confidence)

    def _guide_answer(
        self, question: str, *, words: Mapping[Aspect, str], near: float = NEAR
    ) -> Answers:
        asked = read_question(question)
        if asked is None:
            return NO_ANSWER
        hits = self.search(asked.topic, limit=ITEMS_ASKED).hits
        items = [hit.found.record for hit in hits if isinstance(hit.found.record, CatalogItem)]
        said = guide_answer(asked, items, names=self.curation().aliases, words=words, near=near)
        return said or NO_ANSWER

    def _section_about(self, title: str, question: str) -> Answers | None:
        """Return the section of a document about a service that its guide leaves out."""
        asked = read_question(question)
        if asked is None:
            return None
        return section_answer(asked.aspect, about=title, records=self.documents_for(title))

    def _in_official_words(self, question: str) -> Iterator[tuple[str, str]]:
        """Yield the question with an official phrase in the place of an everyday one, and the phrase."""
        for group in self.curation().synonyms:
            said = max((word for word in group[1:] if word in question), key=len, default="")
            if said and group[0] not in question:
                yield question.replace(said, group[0]), group[0]

    def rarity(self, terms: tuple[str, ...]) -> Mapping[str, float]:
        """Return how rare terms are in what is held (Robertson's inverse document frequency)."""
        held = self.count("document") + self.count("item")
        known = {
            term: count
            for term in terms
            for (count,) in self._rows("SELECT doc FROM term WHERE term = ?", (term,))
        }
        return {
            term: math.log(1 + (held - known.get(term, 0) + 0.5) / (known.get(term, 0) + 0.5))
            for term in terms
        }

    def _take(self, words: Sequence[CuratedWords]) -> None:
        self._curation = curation_for(self._region, words)
        self.curate(self._curation)

    def _starting_with(self, key: str, *, limit: int) -> tuple[Verified, ...]:
        rows = self._rows(
            "SELECT record, feed, version, line FROM entry WHERE row IN (SELECT DISTINCT row FROM"
            " suggestion WHERE key >= ? AND key < ? ORDER BY length(key) LIMIT ?)",
            (key, key + "\U0010ffff", limit),
        )
        return self._good(rows)


def _confidence(said: Answers) -> float:
    return max((one.confidence for one in said.quoted), default=0.0)
