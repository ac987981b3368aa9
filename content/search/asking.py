"""What a query asks for, term by term, with everything that curation adds to it. Pure."""

from dataclasses import dataclass

from content.search.match import PINYIN, WORDS, Query, text_terms
from content.search.wording import Said, Wording


@dataclass(frozen=True, slots=True)
class Asked:
    """A Chinese query, taken apart.

    Attributes:
        query: as read.
        words, pinyin: its own terms.
        related: terms of other ways to say what it says, none of its own.
        said: the phrases behind `related`, and the records whose everyday name it holds.
    """

    query: Query
    words: tuple[str, ...]
    pinyin: tuple[str, ...]
    related: tuple[str, ...]
    said: Said

    @classmethod
    def of(cls, query: Query, wording: Wording) -> "Asked":
        """Take a query apart."""
        words = tuple(term for column, term in query.wanted if column == WORDS)
        pinyin = tuple(term for column, term in query.wanted if column == PINYIN)
        said = wording.said_in(query.text.replace(" ", ""))
        others = dict.fromkeys(term for phrase in said.phrases for term in text_terms(phrase))
        related = tuple(term for term in others if term not in words)
        return cls(query, words, pinyin, related, said)

    @property
    def terms(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.words, *self.pinyin, *self.related)
