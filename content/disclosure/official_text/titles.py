"""Find titles (clause 7.3.1: body, matter, kind of document) among the lines, broken over lines or not.

A notice that prints another document (印发, 转发, 批转, 发布) carries two titles: its own and the printed one's.
"""

import re
from dataclasses import dataclass

from content.disclosure.official_text.layout import Line, Part
from content.disclosure.official_text.wording import (
    close_up,
    compact,
    heading_level,
    is_body_name,
    is_prose,
    is_recipients,
    is_title_end,
    is_title_piece,
)

_CARRIES = re.compile("印发|转发|批转|发布|公布")
_QUOTED = re.compile("《([^《》]{2,120})》")
_LONGEST_PIECES = 6
_SHORT_TAIL = 4
_HEAD_LIMIT = 60
_SHARED = 20
_COMPARED = 600
_SEARCHED = 2000


@dataclass(frozen=True, slots=True)
class TitleSpan:
    """A whole title: parts `first` to `last`, and its text closed up."""

    first: int
    last: int
    text: str


@dataclass(frozen=True, slots=True)
class Head:
    """Where the head of the document ends.

    Attributes:
        start: first part after a repeated head; 0 if nothing is repeated.
        end: the first part that is no longer head: addressees, a heading, running text or a table.
    """

    start: int
    end: int


def find_head(parts: tuple[Part, ...]) -> Head:
    """Return the borders of the head."""
    start = _after_repeated_head(parts)
    end = next((i for i in range(start, len(parts)) if _is_body(parts[i])), len(parts))
    return Head(start, end)


def titles_in(parts: tuple[Part, ...], first: int, stop: int) -> tuple[TitleSpan, ...]:
    """Return every whole title in parts `first` to `stop` - 1."""
    spans = []
    for last in range(first, stop):
        if _ends_title(parts, last, lowest=first):
            start = _title_start(parts, last, lowest=first)
            spans.append(TitleSpan(start, last, _joined(parts, start, last)))
    return tuple(spans)


def marked_title(parts: tuple[Part, ...], first: int, stop: int) -> TitleSpan | None:
    """Return what the file itself calls its title, if it stands among these parts."""
    for i in range(first, stop):
        part = parts[i]
        if isinstance(part, Line) and part.is_title:
            return TitleSpan(i, i, close_up(part.text))
    return None


def carries_another(title: str) -> bool:
    """Tell whether a notice of this title prints another document."""
    return _CARRIES.search(title) is not None


def announced_titles(parts: tuple[Part, ...], first: int, stop: int) -> tuple[str, ...]:
    """Return the titles in 《》 of the running text in these parts."""
    lines = (part.text for part in parts[first:stop] if isinstance(part, Line))
    return tuple(close_up(title) for line in lines for title in _QUOTED.findall(line))


def heading_body(title: str) -> str:
    """Return the public body at the head of a title (before 关于), or ""."""
    body, about, _ = title.partition("关于")
    return compact(body) if about and is_body_name(body) else ""


def _is_body(part: Part) -> bool:
    if not isinstance(part, Line):
        return True
    return bool(heading_level(part.text)) or is_recipients(part.text) or is_prose(part.text)


def _ends_title(parts: tuple[Part, ...], at: int, *, lowest: int) -> bool:
    part = parts[at]
    if not isinstance(part, Line):
        return False
    if is_title_end(part.text):
        return True
    above = parts[at - 1] if at > lowest else None
    if len(compact(part.text)) > _SHORT_TAIL or not isinstance(above, Line):
        return False
    return not is_title_end(above.text) and is_title_end(above.text + part.text)


def _title_start(parts: tuple[Part, ...], last: int, *, lowest: int) -> int:
    start = last
    while start > lowest and last - start < _LONGEST_PIECES:
        above = parts[start - 1]
        text = _joined(parts, start, last)
        if not isinstance(above, Line) or not _continues(above.text, text):
            break
        start -= 1
    return start


def _continues(above: str, title: str) -> bool:
    """Tell whether the line above belongs to the title that is known from below."""
    if not is_title_piece(above) or is_title_end(above):
        return False
    if title.startswith("关于"):
        return is_body_name(above)
    return not is_body_name(above) and not heading_body(title)


def _joined(parts: tuple[Part, ...], first: int, last: int) -> str:
    pieces = (part.text for part in parts[first : last + 1] if isinstance(part, Line))
    return close_up("".join(close_up(piece) for piece in pieces))


def _after_repeated_head(parts: tuple[Part, ...]) -> int:
    """Return the first part after a head that comes twice: title and opening words, then both again.

    Reposts put a frame of title and opening words above the text. A title alone that comes twice is
    ordinary: the page's title and the document's.
    """
    lines = [compact(part.text) if isinstance(part, Line) else "" for part in parts[:_HEAD_LIMIT]]
    for i, opening in enumerate(lines):
        again = next(
            (j for j in range(i + 1, len(lines)) if lines[j] and lines[j] in lines[:i]), None
        )
        if again is None or not is_prose(opening):
            continue
        if any(_share_words(opening, later) for later in lines[again + 1 :]):
            return i + 1
    return 0


def _share_words(first: str, second: str) -> bool:
    head = first[:_COMPARED]
    pieces = (head[i : i + _SHARED] for i in range(len(head) - _SHARED + 1))
    return any(piece in second[:_SEARCHED] for piece in pieces)
