"""A query to the terms that are asked of the index, and a record to the columns of the index. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum

from content.disclosure.record import DisclosureRecord, Validity
from content.feed.body import Record, kind_of
from content.programme.emergency import EmergencyNotice
from content.programme.programme import Programme
from content.search import bags
from content.search.analyse import (
    bigrams,
    initials_terms,
    is_question,
    normalise,
    pinyin_terms,
    runs,
    split_syllables,
    syllables_of,
    title_terms,
    without_question_words,
)
from content.search.closeness import pack_text
from content.search.curated import CuratedWords
from content.search.numerals import document_number, number_terms


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

WORDS = "title body"
TITLE = "title"
PINYIN = "pinyin"
INITIALS = "initials"
PINYIN_WEIGHT = 0.6
"""What a pinyin term counts beside the same characters, when a candidate is scored in full."""

_ARTICLE = re.compile(
    r"[ \u3000]*第[0-9〇零一二三四五六七八九十百千]+条(之[一二三四五六七八九十]+)?$"
)


@dataclass(frozen=True, slots=True)
class IndexRow:
    """The columns of one record, and what is kept beside them.

    Attributes:
        title, body, pinyin, initials: space-separated terms.
        number: key of its document number, or "".
        keys: what suggestions and exact hits are looked up by.
        kind, region: of the record.
        name: the title in normal form.
        family: the name without its article number: all articles of one law are a family.
        expired: it is no longer in force.
        length: terms of title and body.
        bag: all terms, packed.
        plain: title and text in normal form, packed; b"" for short ones.
    """

    title: str
    body: str
    pinyin: str
    initials: str
    number: str
    keys: tuple[str, ...]
    kind: str
    region: str
    name: str
    family: str
    expired: bool
    length: int
    bag: bytes
    plain: bytes


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
    """Return the index columns of a record, or None for what is not searched: programmes, emergencies, words."""
    if isinstance(record, Programme | EmergencyNotice | CuratedWords):
        return None
    names, body, number = _parts(record)
    pinyin = [title_terms(name) for name in names]
    keys = {normalise(name) for name in names}
    keys |= {term.full_key for term in pinyin} | {term.initials_key for term in pinyin}
    title = [term for name in names for term in text_terms(normalise(name))]
    plain = normalise(body)
    text = text_terms(plain)
    name = normalise(record.title)
    return IndexRow(
        " ".join(title),
        " ".join(text),
        " ".join(term.pinyin for term in pinyin),
        " ".join(term.initials for term in pinyin),
        number,
        tuple(sorted(key for key in keys if key)),
        kind_of(record),
        record.region,
        name,
        family(name),
        isinstance(record, DisclosureRecord) and record.validity is Validity.REPEALED,
        len(title) + len(text),
        bags.pack(title, text, [syllables for term in pinyin for syllables in term.pinyin.split()]),
        pack_text(f"{name}\n{plain}"),
    )


def family(name: str) -> str:
    """Return a title in normal form without an article number at its end."""
    return _ARTICLE.sub("", name)


def text_terms(plain: str) -> list[str]:
    """Return bigrams, and terms for numerals and dates, of a text in normal form."""
    return bigrams(plain) + number_terms(plain)


def _parts(record: Record) -> tuple[tuple[str, ...], str, str]:
    if isinstance(record, DisclosureRecord):
        body = f"{record.issuing_body} {record.document_number} {record.text}"
        return (record.title,), body, document_number(record.document_number)
    if isinstance(record, Programme | EmergencyNotice | CuratedWords):
        return (), "", ""
    body = " ".join((record.department, *record.materials, *record.steps))
    return (record.title, *record.aliases), body, ""


def read_query(text: str) -> Query | None:
    """Return what to ask the index, or None if the text holds nothing to search for."""
    plain = normalise(text).strip()
    terms = bigrams(plain)
    if not terms:
        return None
    number = document_number(plain)
    letters = "".join(runs(plain))
    if number:
        wanted = tuple((WORDS, term) for term in terms)
        return Query(plain, Mode.NUMBER, wanted, wanted, number)
    if letters.isascii() and letters.isalpha():
        return _latin(plain, letters)
    return _chinese(plain, terms + number_terms(plain))


def _latin(plain: str, letters: str) -> Query:
    syllables = split_syllables(letters)
    initials = tuple(
        (INITIALS, term) for term in initials_terms(letters)[-max(1, len(letters) - 2) :]
    )
    if syllables and len(syllables) > 1:
        pinyin = tuple((PINYIN, term) for term in pinyin_terms(syllables))
        return Query(plain, Mode.LATIN, pinyin, (*pinyin, *initials))
    words = tuple((WORDS, term) for term in bigrams(plain))
    return Query(plain, Mode.LATIN, initials, (*initials, *words))


def _chinese(plain: str, terms: list[str]) -> Query:
    kept = without_question_words(terms)
    wanted = [(WORDS, term) for term in dict.fromkeys(kept)]
    if is_question(plain):
        return Query(plain, Mode.QUESTION, tuple(wanted), tuple(wanted))
    required = tuple(wanted)
    wanted += [(PINYIN, term) for term in dict.fromkeys(pinyin_terms(syllables_of(plain))) if term]
    return Query(plain, Mode.ITEM, required, tuple(wanted))


def expression(terms: tuple[tuple[str, str], ...], *, every: bool) -> str:
    """Return the FTS5 expression; terms are quoted, so that nothing in them is an operator."""
    joint = " AND " if every else " OR "
    return joint.join(f'{{{columns}}} : "{term}"' for columns, term in terms)
