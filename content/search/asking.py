"""What a query asks for, term by term, with everything that curation adds to it. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from content.search.match import PINYIN, WORDS, Query, text_terms
from content.search.shapes import look_alikes
from content.search.wording import Said, Wording


@dataclass(frozen=True, slots=True)
class Asked:
    """A Chinese query, taken apart.

    Attributes:
        query: as read.
        words, pinyin: its own terms.
        alike: terms that look like those of its own that nothing holds: a slip of the hand.
        related: terms of other ways to say what it says, none of its own.
        said: the phrases behind `related`, and the records whose everyday name it holds.
    """

    query: Query
    words: tuple[str, ...]
    pinyin: tuple[str, ...]
    related: tuple[str, ...]
    said: Said
    alike: tuple[str, ...] = ()

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
        return (*self.words, *self.pinyin, *self.related, *self.alike)

    def corrected(self, holding: Callable[[str], int]) -> "Asked":
        """Return this with the look-alikes that something holds, for terms that nothing holds."""
        unknown = [term for term in self.words if not holding(term)]
        alike = [one for term in unknown for one in look_alikes(term) if holding(one)]
        return replace(self, alike=tuple(dict.fromkeys(alike))) if alike else self
