"""Signature, date and marks at the end of a document or notice (clauses 7.3.5, 7.3.6), and the imprint (7.4)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from content.disclosure.classes import DisclosureClass
from content.disclosure.official_text.layout import Line, Part
from content.disclosure.official_text.warning import ReadWarning, WarningCode
from content.disclosure.official_text.wording import (
    compact,
    date_in,
    disclosure_class_in,
    is_body_name,
    is_date,
    is_disclosure_mark,
)

_SIGNED_AND_DATED = re.compile(r"^(\S.*\S)\s+(\S+\s*年\s*\S+\s*月\s*\S+\s*日)$")
_COPIES = re.compile(r"^(?:抄\s*送|主\s*送|分\s*送|抄\s*报)\s*[:：]")
_PRINTED = re.compile(r"年\d{1,2}月\d{1,2}日印发$")
_IMPRINT_LINES = 10
_SIGNED_LENGTH = 80


@dataclass(frozen=True, slots=True)
class Closing:
    """Who signed and when.

    Attributes:
        body: signing body; several are joined by 、; "" if nobody signed.
        written_on: the date 成文日期, or None.
        parts: the parts of signature and date.
        warnings: what is doubtful about them.
    """

    body: str
    written_on: date | None
    parts: frozenset[int]
    warnings: tuple[ReadWarning, ...]


def find_closing(parts: tuple[Part, ...], first: int, stop: int) -> Closing:
    """Return signature and date among parts `first` to `stop` - 1: the first signed date counts, else the first."""
    found = tuple(_dated_lines(parts, first, stop))
    if not found:
        return Closing("", None, frozenset(), ())
    signed = next((item for item in found if item.body), found[0])
    days = tuple(dict.fromkeys(compact(item.day_text) for item in found))
    warnings = [ReadWarning(WarningCode.SEVERAL_DATES, ("、".join(days),))] if len(days) > 1 else []
    written_on = date_in(signed.day_text)
    if written_on is None:
        warnings.append(ReadWarning(WarningCode.IMPOSSIBLE_DATE, (compact(signed.day_text),)))
    own = frozenset(range(signed.first, signed.last + 1))
    return Closing(signed.body, written_on, own, tuple(warnings))


def find_mark(
    parts: tuple[Part, ...], stop: int
) -> tuple[DisclosureClass | None, tuple[ReadWarning, ...]]:
    """Return the disclosure mark printed on a line of its own, and what is doubtful about it."""
    lines = (part.text for part in parts[:stop] if isinstance(part, Line))
    marks = tuple(
        dict.fromkeys(compact(line).strip("（）()") for line in lines if is_disclosure_mark(line))
    )
    classes = {disclosure_class_in(mark) for mark in marks}
    if not marks:
        return None, (ReadWarning(WarningCode.NO_DISCLOSURE_MARK),)
    if len(classes) > 1:
        return None, (ReadWarning(WarningCode.SEVERAL_MARKS, ("、".join(marks),)),)
    kind = classes.pop()
    return kind, () if kind else (ReadWarning(WarningCode.UNKNOWN_MARK, marks[:1]),)


def find_imprint(parts: tuple[Part, ...], first: int) -> int:
    """Return the first part of the imprint at the very end; the number of parts if there is none."""
    lowest = max(first, len(parts) - _IMPRINT_LINES)
    for at in range(lowest, len(parts)):
        part = parts[at]
        is_imprint = isinstance(part, Line) and _COPIES.match(part.text)
        if is_imprint and all(isinstance(later, Line) for later in parts[at:]):
            return at
    last = len(parts) - 1
    printed = parts[last] if parts else None
    if not isinstance(printed, Line) or not _PRINTED.search(compact(printed.text)):
        return len(parts)
    above = parts[last - 1] if last > first else None
    return last - 1 if isinstance(above, Line) and is_body_name(above.text) else last


@dataclass(frozen=True, slots=True)
class _Dated:
    body: str
    day_text: str
    first: int
    last: int


def _dated_lines(parts: tuple[Part, ...], first: int, stop: int) -> Iterator[_Dated]:
    for at in range(first, stop):
        part = parts[at]
        if not isinstance(part, Line):
            continue
        both = _SIGNED_AND_DATED.match(part.text) if len(part.text) <= _SIGNED_LENGTH else None
        if both and is_date(both.group(2)) and is_body_name(both.group(1)):
            yield _Dated(compact(both.group(1)), both.group(2), at, at)
        elif is_date(part.text):
            signers = _signers_above(parts, at, lowest=first)
            yield _Dated("、".join(signers), part.text, at - len(signers), at)


def _signers_above(parts: tuple[Part, ...], at: int, *, lowest: int) -> tuple[str, ...]:
    signers: list[str] = []
    while at - 1 >= lowest:
        at -= 1
        part = parts[at]
        if not isinstance(part, Line) or not is_body_name(part.text):
            break
        signers.insert(0, compact(part.text))
    return tuple(signers)
