"""Annexes: what 附件说明 (clause 7.3.4) names, and what is really there (附件, clause 7.3.7)."""

import re
from dataclasses import dataclass

from content.disclosure.official_text.layout import Line, Part, Table
from content.disclosure.official_text.wording import (
    close_up,
    compact,
    heading_level,
    is_body_name,
    is_date,
    is_disclosure_mark,
    is_prose,
    is_title_end,
    is_title_piece,
)

_NUMERAL = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})"
_NAMING = re.compile(r"^附\s*件?\s*[:：]\s*(\S.*)$")
_HEADER = re.compile(rf"^附\s*件\s*({_NUMERAL})?\s*[:：]?$")
_INLINE = re.compile(rf"^附\s*件\s*({_NUMERAL})\s*[:：\s]\s*(\S.*)$")
_ITEM = re.compile(r"^(\d{1,2})\s*[.．、]\s*(\S.*)$")
_NEXT_ITEM = re.compile(r"\s{1,20}(?=\d{1,2}\s*[.．、](?!\d))")
_TITLE_LINES = 4
_ZH_DIGITS = "一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class NamedAnnex:
    """An annex that the text names."""

    number: int
    title: str


@dataclass(frozen=True, slots=True)
class Annex:
    """An annex that is there.

    Attributes:
        number: its number; 1 for the only annex, which bears none.
        title: its title, "" if no line reads like one.
        first: its first part (附件1).
        last_head: last part of its header and title.
    """

    number: int
    title: str
    first: int
    last_head: int


@dataclass(frozen=True, slots=True)
class Annexes:
    """All about annexes.

    Attributes:
        named: those of 附件说明.
        naming_parts: the parts that name them.
        present: those that follow.
    """

    named: tuple[NamedAnnex, ...]
    naming_parts: frozenset[int]
    present: tuple[Annex, ...]

    @property
    def start(self) -> int | None:
        """The part where the first annex begins."""
        return self.present[0].first if self.present else None


def find_annexes(parts: tuple[Part, ...], start: int) -> Annexes:
    """Return the annexes named and present from part `start` on."""
    named: list[NamedAnnex] = []
    naming: set[int] = set()
    present: list[Annex] = []
    i = start
    while i < len(parts):
        part = parts[i]
        header = _header_at(parts, i, named) if isinstance(part, Line) else None
        if header:
            present.append(header)
            i = header.last_head
        elif isinstance(part, Line) and not present:
            items, last = _naming_at(parts, i, known=len(named))
            named.extend(items)
            naming.update(range(i, last + 1) if items else ())
            i = last
        i += 1
    return Annexes(tuple(named), frozenset(naming), tuple(present))


def _naming_at(parts: tuple[Part, ...], at: int, *, known: int) -> tuple[list[NamedAnnex], int]:
    """Return the annexes that are named from part `at` on, and the last part that names one."""
    line = _text(parts, at)
    found = _NAMING.match(line)
    inline = _INLINE.match(line)
    if not found:
        titled = inline and is_title_piece(inline.group(2))
        item = (
            [NamedAnnex(_number(inline.group(1)), close_up(inline.group(2)))]
            if inline and titled
            else []
        )
        return item, at
    texts = _NEXT_ITEM.split(found.group(1))
    last = at
    while last + 1 < len(parts) and (piece := _more_naming(texts, _text(parts, last + 1))):
        texts = piece
        last += 1
    return [_named(text, known + place) for place, text in enumerate(texts, 1)], last


def _more_naming(texts: list[str], line: str) -> list[str]:
    """Return the names with this line added as a new one or as the rest of the last; [] if it is neither."""
    item = _ITEM.match(line)
    if item and _ITEM.match(texts[0]) and int(item.group(1)) == len(texts) + 1:
        return [*texts, line]
    rest = is_title_piece(line) and not is_body_name(line) and not _HEADER.match(line)
    if rest and not is_title_end(texts[-1]) and is_title_end(line):
        return [*texts[:-1], texts[-1] + line]
    return []


def _named(text: str, place: int) -> NamedAnnex:
    item = _ITEM.match(text)
    return (
        NamedAnnex(int(item.group(1)), close_up(item.group(2)))
        if item
        else NamedAnnex(place, close_up(text))
    )


def _header_at(parts: tuple[Part, ...], at: int, named: list[NamedAnnex]) -> Annex | None:
    line = _text(parts, at)
    header = _HEADER.match(line)
    if header and at + 1 < len(parts):
        number = _number(header.group(1)) if header.group(1) else 1
        title, last = _title_after(parts, at, {item.title for item in named})
        return Annex(number, title, at, last)
    inline = _INLINE.match(line)
    if not inline or not is_title_piece(inline.group(2)):
        return None
    number, title = _number(inline.group(1)), close_up(inline.group(2))
    is_second_mention = any(item.number == number for item in named)
    if is_second_mention or _content_follows(parts, at):
        return Annex(number, title, at, at)
    return None


def _title_after(parts: tuple[Part, ...], at: int, names: set[str]) -> tuple[str, int]:
    """Return the title under an annex header and its last part; one that was named is known by that."""
    known = {compact(name) for name in names}
    text = ""
    for last in range(at + 1, min(at + 1 + _TITLE_LINES, len(parts))):
        part = parts[last]
        if not isinstance(part, Line) or not is_title_piece(part.text):
            break
        text += part.text
        if compact(text) in known or is_title_end(text):
            return close_up(text), last
    first = _text(parts, at + 1)
    return (close_up(first), at + 1) if first and is_title_piece(first) else ("", at)


def _content_follows(parts: tuple[Part, ...], at: int) -> bool:
    part = parts[at + 1] if at + 1 < len(parts) else None
    if isinstance(part, Table):
        return True
    if part is None or is_date(part.text) or is_disclosure_mark(part.text):
        return False
    return is_prose(part.text) or heading_level(part.text) > 0


def _text(parts: tuple[Part, ...], at: int) -> str:
    part = parts[at]
    return part.text if isinstance(part, Line) else ""


def _number(text: str) -> int:
    if text.isdecimal():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    one = _ZH_DIGITS.find(ones) + 1 if ones else 0
    return (10 * (_ZH_DIGITS.find(tens) + 1 if tens else 1) if ten else 0) + one
