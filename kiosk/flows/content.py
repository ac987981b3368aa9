"""What the flows ask of the verified copy. content.replica.curated_reader is the real one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from content.replica.ports import ContentReader, Notices

if TYPE_CHECKING:
    from collections.abc import Mapping

    from content.answers.answer import Answers
    from content.answers.guide import Aspect


class Content(ContentReader, Protocol):
    """The verified copy, with what the kiosk needs beyond reading."""

    def count(self, kind: str) -> int:
        """Return how many records of a kind are held."""
        ...

    def content_as_of(self) -> int:
        """Return the unix second up to which the content is known to be complete, 0 if unknown."""
        ...

    def notices(self) -> Notices:
        """Return the emergency notices that are held."""
        ...

    def titles(self) -> tuple[str, ...]:
        """Return the titles and everyday names held, for the pinyin lexicon."""
        ...

    def hot(self) -> tuple[str, ...]:
        """Return what is offered before anything is typed."""
        ...

    def meant(self, text: str) -> str:
        """Return how the text is written in a title that sounds the same, "" if nothing does."""
        ...

    def answer(self, question: str, *, words: Mapping[Aspect, str]) -> Answers:
        """Return the answer to a question in a record's own words, or that none was found."""
        ...

    def tampered(self) -> tuple[tuple[str, str], ...]:
        """Return (record, reason) of all that failed to verify since the start."""
        ...
