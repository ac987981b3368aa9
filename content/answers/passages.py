"""A record's text cut into pieces that can be quoted, each with the article or heading that it stands under."""

import re
from dataclasses import dataclass
from itertools import accumulate, pairwise

from content.disclosure.record import Block, BlockKind, DisclosureRecord, block_text

LONGEST = 260
"""Characters of a quotation: what is read on one screen without turning a page."""
MOST_TEXT = 60_000
"""Characters of a record that are looked through; the longest official texts keep their rules before that."""
_SENTENCE = re.compile(r"[^。！？；!?;\n]+[。！？；!?;]*[”」』）)]*\n?|\n")
_ARTICLE = re.compile(r"\s*(第[一二三四五六七八九十百零〇\d]+条)")


@dataclass(frozen=True, slots=True)
class Passage:
    """The stretch [start, end) of a record's text; its first sentence ends at `lead`."""

    start: int
    lead: int
    end: int
    article: str


@dataclass(frozen=True, slots=True)
class CutText:
    """A record's text, and its passages: one begins at each sentence and takes in whole ones after it."""

    text: str
    passages: tuple[Passage, ...]


def cut(record: DisclosureRecord) -> CutText:
    """Return the record's text and all its passages."""
    text = record.text[:MOST_TEXT]
    ends = list(accumulate(len(sentence) for sentence in _SENTENCE.findall(text)))
    articles = _articles(record)
    passages = []
    last = 0
    for at, (start, end) in enumerate(pairwise([0, *ends])):
        last = max(last, at)
        while last + 1 < len(ends) and ends[last + 1] - start <= LONGEST:
            last += 1
        if text[start:end].strip():
            stop = min(ends[last], start + 2 * LONGEST)
            passages.append(Passage(start, min(end, stop), stop, _article_at(articles, start)))
    return CutText(text, tuple(passages))


def _articles(record: DisclosureRecord) -> list[tuple[int, str]]:
    """Return where each article or heading begins in the text, in order."""
    found: list[tuple[int, str]] = []
    at = 0
    for block in record.blocks:
        name = _article_of(block)
        if name:
            found.append((at, name))
        at += len(block_text(block)) + 1
    return found


def _article_of(block: Block) -> str:
    if block.kind in {BlockKind.HEADING, BlockKind.ANNEX}:
        return block.text.strip().rstrip("：:。")
    numbered = _ARTICLE.match(block.text)
    return numbered[1] if numbered else ""


def _article_at(articles: list[tuple[int, str]], start: int) -> str:
    return next((name for at, name in reversed(articles) if at <= start), "")
