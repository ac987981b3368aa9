"""Read an official document: what its text says of itself, its blocks, and what a person must check.

The rules are those of the layout of official documents (GB/T 9704-2012) and look at form alone. What the text
does not say stays empty with a warning; damage is quoted and reported, never repaired. Extraction from files is
controller.importing's.
"""

from dataclasses import dataclass
from datetime import date
from itertools import chain

from content.disclosure.classes import DisclosureClass
from content.disclosure.official_text.annexes import Annexes, find_annexes
from content.disclosure.official_text.blocks import Plan, build_blocks
from content.disclosure.official_text.citations import (
    Citation,
    citations_in,
    short_names_in,
    without_own,
)
from content.disclosure.official_text.closing import Closing, find_closing, find_imprint, find_mark
from content.disclosure.official_text.damage import damage_in
from content.disclosure.official_text.layout import Line, Part, lay_out
from content.disclosure.official_text.source import SourceText
from content.disclosure.official_text.titles import (
    Head,
    TitleSpan,
    announced_titles,
    carries_another,
    find_head,
    heading_body,
    marked_title,
    titles_in,
)
from content.disclosure.official_text.warning import ReadWarning, WarningCode, in_order
from content.disclosure.official_text.wording import (
    compact,
    document_number_in,
    emblem_body,
    heading_level,
    is_body_name,
    is_damaged_number,
    is_date,
    is_disclosure_mark,
    is_document_number,
    is_recipients,
)
from content.disclosure.record import Block


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """What an official text says; an empty field means that it does not say.

    Attributes:
        title: title of the document; of the printed one where a notice prints another.
        notice_title: title of the notice that prints it, or "".
        document_number: 发文字号 as written.
        issuing_body: the body that signed, else the one at the head.
        written_on: 成文日期.
        disclosure_mark: the class that the printed mark names.
        blocks: the text in reading order; lines that are wholly kept in a field are left out.
        annexes_named: titles in 附件说明.
        annexes_present: titles of the annexes that are there.
        cited: documents that the text cites.
        warnings: what a person must check.
    """

    title: str
    notice_title: str
    document_number: str
    issuing_body: str
    written_on: date | None
    disclosure_mark: DisclosureClass | None
    blocks: tuple[Block, ...]
    annexes_named: tuple[str, ...]
    annexes_present: tuple[str, ...]
    cited: tuple[Citation, ...]
    warnings: tuple[ReadWarning, ...]


@dataclass(frozen=True, slots=True)
class _Titles:
    own: TitleSpan | None
    notice: TitleSpan | None
    repeated: tuple[TitleSpan, ...]
    warnings: tuple[ReadWarning, ...]


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the pieces of a document stand."""

    head: Head
    annexes: Annexes
    imprint: int
    body_end: int
    titles: _Titles
    closing: Closing


def read_document(source: SourceText) -> ReadDocument:
    """Return what the source says. Never raises: a text that is no official document has empty fields."""
    parts = lay_out(source)
    places = _find_places(parts)
    titles, closing, annexes = places.titles, places.closing, places.annexes
    number, number_warnings = _find_number(parts, places.head)
    headed = _headed_body(parts, places.head, titles)
    body = closing.body or headed
    mark, mark_warnings = find_mark(parts, places.body_end)
    blocks = _blocks(parts, places, values={number, body})
    warnings = chain(
        titles.warnings,
        number_warnings,
        _body_warnings(body, closing, headed),
        mark_warnings,
        _place_warnings(places),
        damage_in(blocks),
        _page_warnings(source),
    )
    own = titles.own.text if titles.own else ""
    notice = titles.notice.text if titles.notice else ""
    return ReadDocument(
        title=own,
        notice_title=notice,
        document_number=number,
        issuing_body=body,
        written_on=closing.written_on,
        disclosure_mark=mark,
        blocks=blocks,
        annexes_named=tuple(item.title for item in annexes.named),
        annexes_present=tuple(item.title for item in annexes.present),
        cited=_cited(blocks, frozenset({own, notice}), number),
        warnings=in_order(tuple(warnings)),
    )


def _find_places(parts: tuple[Part, ...]) -> _Places:
    head = find_head(parts)
    annexes = find_annexes(parts, head.end)
    imprint = find_imprint(parts, head.end)
    body_end = min(imprint, len(parts) if annexes.start is None else annexes.start)
    return _Places(
        head=head,
        annexes=annexes,
        imprint=imprint,
        body_end=body_end,
        titles=_find_titles(parts, head, body_end),
        closing=find_closing(parts, head.end, body_end),
    )


def _blocks(parts: tuple[Part, ...], places: _Places, *, values: set[str]) -> tuple[Block, ...]:
    titles = places.titles
    fields = _field_parts(parts, places.head, titles, values)
    standing = _standing_parts(parts, places.head, places.closing, places.annexes, places.imprint)
    spans = tuple(span for span in (titles.notice, _inner(titles)) if span)
    return build_blocks(parts, Plan(fields, standing, spans, places.annexes.present))


def _place_warnings(places: _Places) -> tuple[ReadWarning, ...]:
    closing = places.closing
    repeated = (ReadWarning(WarningCode.TEXT_REPEATED, (), 0),) if places.head.start else ()
    return (
        *(closing.warnings if closing.parts else (ReadWarning(WarningCode.NO_DATE),)),
        *repeated,
        *_annex_warnings(places.annexes),
    )


def _page_warnings(source: SourceText) -> tuple[ReadWarning, ...]:
    return tuple(
        ReadWarning(WarningCode.PAGE_WITHOUT_TEXT, (str(page),)) for page in source.unreadable_pages
    )


def _find_titles(parts: tuple[Part, ...], head: Head, body_end: int) -> _Titles:
    spans = titles_in(parts, head.start, head.end)
    outer = spans[-1] if spans else marked_title(parts, head.start, head.end)
    if outer is None:
        return _Titles(None, None, (), (ReadWarning(WarningCode.NO_TITLE),))
    repeated = tuple(span for span in spans if span.text == outer.text)
    if not carries_another(outer.text):
        return _Titles(outer, None, repeated, ())
    stop = _first_heading(parts, head.end, body_end)
    candidates = titles_in(parts, head.end, stop)
    announced = announced_titles(parts, head.end, stop)
    agreed = next((span for span in candidates if span.text in announced), None)
    inner = agreed or (candidates[0] if candidates else None)
    if inner is None:
        return _Titles(outer, None, repeated, ())
    differs = announced and agreed is None and inner.text not in outer.text
    warnings = (ReadWarning(WarningCode.TITLE_DIFFERS, announced[:1]),) if differs else ()
    return _Titles(inner, outer, repeated, warnings)


def _inner(titles: _Titles) -> TitleSpan | None:
    return titles.own if titles.notice else None


def _first_heading(parts: tuple[Part, ...], first: int, stop: int) -> int:
    for at in range(first, stop):
        part = parts[at]
        if isinstance(part, Line) and heading_level(part.text) == 1:
            return at
    return stop


def _find_number(parts: tuple[Part, ...], head: Head) -> tuple[str, tuple[ReadWarning, ...]]:
    lines = tuple(part.text for part in parts[head.start : head.end] if isinstance(part, Line))
    numbers = tuple(
        dict.fromkeys(document_number_in(line) for line in lines if is_document_number(line))
    )
    damaged = tuple(document_number_in(line) for line in lines if is_damaged_number(line))
    if len(numbers) > 1:
        return numbers[0], (ReadWarning(WarningCode.SEVERAL_NUMBERS, ("、".join(numbers),)),)
    if numbers:
        return numbers[0], ()
    code = WarningCode.DAMAGED_NUMBER if damaged else WarningCode.NO_DOCUMENT_NUMBER
    return "", (ReadWarning(code, damaged[:1]),)


def _headed_body(parts: tuple[Part, ...], head: Head, titles: _Titles) -> str:
    """Return the body of the emblem, else of the title, else of a line that is a body's name alone."""
    lines = tuple(part.text for part in parts[head.start : head.end] if isinstance(part, Line))
    emblems = (emblem_body(line) for line in lines)
    outer = titles.notice or titles.own
    title = heading_body(outer.text) if outer else ""
    alone = (compact(line) for line in lines if is_body_name(line))
    return next((body for body in chain(emblems, (title,), alone) if body), "")


def _body_warnings(body: str, closing: Closing, headed: str) -> tuple[ReadWarning, ...]:
    if not body:
        return (ReadWarning(WarningCode.NO_ISSUING_BODY),)
    if closing.body and headed and headed not in closing.body.split("、"):
        return (ReadWarning(WarningCode.SIGNED_AND_HEADED, (closing.body, headed)),)
    return ()


def _field_parts(
    parts: tuple[Part, ...], head: Head, titles: _Titles, values: set[str]
) -> frozenset[int]:
    """Return the parts of the head whose every character is kept in a field."""
    spans = titles.repeated if titles.notice is None else titles.repeated[:-1]
    own = {at for span in spans for at in range(span.first, span.last + 1)}
    for at in range(head.start, head.end):
        part = parts[at]
        if isinstance(part, Line) and compact(part.text) in values:
            own.add(at)
    return frozenset(own - _kept(titles))


def _kept(titles: _Titles) -> set[int]:
    """Return the parts of the notice's title: a block, whatever else they equal."""
    return set(range(titles.notice.first, titles.notice.last + 1)) if titles.notice else set()


def _standing_parts(
    parts: tuple[Part, ...], head: Head, closing: Closing, annexes: Annexes, imprint: int
) -> frozenset[int]:
    lines = (
        set(range(head.end))
        | set(_recipients(parts, head))
        | set(closing.parts)
        | set(annexes.naming_parts)
    )
    lines |= set(range(imprint, len(parts)))
    for at, part in enumerate(parts):
        if isinstance(part, Line) and (is_disclosure_mark(part.text) or is_date(part.text)):
            lines.add(at)
    return frozenset(lines)


def _recipients(parts: tuple[Part, ...], head: Head) -> tuple[int, ...]:
    part = parts[head.end] if head.end < len(parts) else None
    is_list = isinstance(part, Line) and is_recipients(part.text) and not heading_level(part.text)
    return (head.end,) if is_list else ()


def _annex_warnings(annexes: Annexes) -> tuple[ReadWarning, ...]:
    there = {annex.number for annex in annexes.present}
    named = {item.number for item in annexes.named}
    missing = (item for item in annexes.named if item.number not in there)
    unnamed = (annex for annex in annexes.present if annex.number not in named)
    return (
        *(ReadWarning(WarningCode.ANNEX_MISSING, (item.title,)) for item in missing),
        *(
            ReadWarning(WarningCode.ANNEX_UNNAMED, (annex.title or str(annex.number),))
            for annex in unnamed
        ),
    )


def _cited(blocks: tuple[Block, ...], own: frozenset[str], number: str) -> tuple[Citation, ...]:
    texts = tuple(
        text for block in blocks for text in (block.text, *chain.from_iterable(block.rows))
    )
    found = chain.from_iterable(citations_in(text) for text in texts)
    short = frozenset(chain.from_iterable(short_names_in(text) for text in texts))
    return without_own(found, own | short, number)
