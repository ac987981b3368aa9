"""Where a query is found in a title, and the window of a body that answers best. Pure."""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from content.search.analyse import bigrams, normal_chars, normalise

WINDOW = 60
"""Characters of a snippet."""

Spans = tuple[tuple[int, int], ...]


def mark(text: str, query: str) -> Spans:
    """Return the spans [start, end) of a text that the query's terms cover, runs merged."""
    terms = set(bigrams(normalise(query)))
    characters = _characters(text)
    covered = [False] * len(characters)
    # One pass for each length of term and not one for each term: a long document has 20,000 characters.
    for size in {len(term) for term in terms}:
        for at in range(len(characters) - size + 1):
            if "".join(characters[at : at + size]) in terms:
                covered[at : at + size] = [True] * size
    return _spans(covered)


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text; `strong` where the query's words stand."""

    text: str
    strong: bool


def pieces(text: str, spans: Spans) -> tuple[Piece, ...]:
    """Return the text cut at its marks; joined again it is the text."""
    return tuple(_pieces(text, spans))


def _pieces(text: str, spans: Spans) -> Iterator[Piece]:
    at = 0
    for start, end in spans:
        if at < start:
            yield Piece(text[at:start], strong=False)
        yield Piece(text[start:end], strong=True)
        at = end
    if at < len(text):
        yield Piece(text[at:], strong=False)


def snippet(body: str, query: str) -> tuple[str, Spans]:
    """Return the best window of the body and its spans; ("", ()) if nothing of the query is there."""
    flat = " ".join(body.split())
    spans = mark(flat[:20000], query)
    if not spans:
        return "", ()
    start = max((_score(spans, span[0]), -span[0]) for span in spans)[1] * -1
    start = max(0, start - 8)
    window = flat[start : start + WINDOW]
    return window, mark(window, query)


def _characters(text: str) -> Sequence[str]:
    """Return the search form of each character; the whole at once where that keeps every place."""
    folded = unicodedata.normalize("NFKC", text).lower()
    return folded if len(folded) == len(text) else normal_chars(text)


def _score(spans: Spans, start: int) -> int:
    return sum(end - begin for begin, end in spans if start <= begin and end <= start + WINDOW)


def _spans(covered: list[bool]) -> Spans:
    spans: list[tuple[int, int]] = []
    for at, is_in in enumerate(covered):
        if is_in and spans and spans[-1][1] == at:
            spans[-1] = (spans[-1][0], at + 1)
        elif is_in:
            spans.append((at, at + 1))
    return tuple(spans)
