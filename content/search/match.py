"""A query to an FTS5 expression, and a record to the columns of the index. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from content.disclosure.record import DisclosureRecord
from content.feed.body import Record
from content.programme.programme import Programme
from content.search.analyse import (
    bigrams,
    initials_terms,
    is_question,
    normalise,
    number_key,
    pinyin_terms,
    runs,
    split_syllables,
    syllables_of,
    title_terms,
    without_question_words,
)
from content.search.curated import CuratedWords


class Mode(StrEnum):
    """How a query is ranked."""

    ITEM = "item"
    QUESTION = "question"
    LATIN = "latin"
    NUMBER = "number"


WEIGHTS = {
    Mode.ITEM: (8.0, 1.0, 4.0, 1.0),
    Mode.QUESTION: (8.0, 1.0, 0.0, 0.0),
    Mode.LATIN: (1.0, 0.0, 8.0, 4.0),
    Mode.NUMBER: (8.0, 1.0, 0.0, 0.0),
}
"""bm25 weights of the columns title, body, pinyin, initials (search.md section 3)."""


@dataclass(frozen=True, slots=True)
class IndexRow:
    """The columns of one record: space-separated terms, a number key, and suggestion keys."""

    title: str
    body: str
    pinyin: str
    initials: str
    number: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """What to ask of the index.

    Attributes:
        text: normalised query.
        mode: how to rank.
        required: terms of which all must match, for the strict first try; (column, term) pairs.
        wanted: terms of which any may match.
        number: key of a document number, or "".
    """

    text: str
    mode: Mode
    required: tuple[tuple[str, str], ...]
    wanted: tuple[tuple[str, str], ...]
    number: str = ""


def index_row(record: Record) -> IndexRow | None:
    """Return the index columns of a record, or None for what is not searched (programmes, curated words)."""
    if isinstance(record, Programme | CuratedWords):
        return None
    if isinstance(record, DisclosureRecord):
        names: tuple[str, ...] = (record.title,)
        body = f"{record.issuing_body} {record.document_number} {record.text}"
        number = number_key(record.document_number)
    else:
        names, number = (record.title, *record.aliases), ""
        body = " ".join((record.department, *record.aliases, *record.materials, *record.steps))
    terms = [title_terms(name) for name in names]
    keys = {normalise(name) for name in names}
    keys |= {term.full_key for term in terms} | {term.initials_key for term in terms}
    return IndexRow(
        " ".join(bigrams(normalise(record.title))),
        " ".join(bigrams(normalise(body))),
        " ".join(term.pinyin for term in terms),
        " ".join(term.initials for term in terms),
        number,
        tuple(sorted(key for key in keys if key)),
    )


def read_query(text: str) -> Query | None:
    """Return what to ask the index, or None if the text holds nothing to search for."""
    plain = normalise(text).strip()
    terms = bigrams(plain)
    if not terms:
        return None
    number = number_key(plain)
    letters = "".join(runs(plain))
    if number:
        wanted = tuple(("title body", term) for term in terms)
        return Query(plain, Mode.NUMBER, wanted, wanted, number)
    if letters.isascii() and letters.isalpha():
        return _latin(plain, letters)
    return _chinese(plain, terms)


def _latin(plain: str, letters: str) -> Query:
    syllables = split_syllables(letters)
    initials = tuple(
        ("initials", term) for term in initials_terms(letters)[-max(1, len(letters) - 2) :]
    )
    if syllables and len(syllables) > 1:
        pinyin = tuple(("pinyin", term) for term in pinyin_terms(syllables))
        return Query(plain, Mode.LATIN, pinyin, (*pinyin, *initials))
    words = tuple(("title body", term) for term in bigrams(plain))
    return Query(plain, Mode.LATIN, initials, (*initials, *words))


def _chinese(plain: str, terms: list[str]) -> Query:
    kept = without_question_words(terms)
    wanted = [("title body", term) for term in dict.fromkeys(kept)]
    if is_question(plain):
        return Query(plain, Mode.QUESTION, tuple(wanted), tuple(wanted))
    required = tuple(wanted)
    wanted += [
        ("pinyin", term) for term in dict.fromkeys(pinyin_terms(syllables_of(plain))) if term
    ]
    return Query(plain, Mode.ITEM, required, tuple(wanted))


def expression(terms: tuple[tuple[str, str], ...], *, every: bool) -> str:
    """Return the FTS5 expression; terms are quoted, so that nothing in them is an operator."""
    joint = " AND " if every else " OR "
    return joint.join(f'{{{columns}}} : "{term}"' for columns, term in terms)
