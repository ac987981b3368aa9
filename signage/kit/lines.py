"""Break Chinese text into lines, keeping the rules of punctuation (GB/T 15834: 标点避头尾).

Kivy's own wrapping leaves opening brackets at line ends, starts lines with commas, splits Latin words and
eats the two-space indent; so text is broken here and drawn line by line. Pure: widths come from the caller.
"""

import re
from collections.abc import Callable, Iterator

NO_START = frozenset("，。、；：？！）》〉」』】〕”’…—～·％℃,.;:?!)]}%々ー")
"""Never first on a line."""

NO_END = frozenset("（《〈「『【〔“‘([{￥$№")
"""Never last on a line."""

_WORD = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.,:/@_%+*\-]*[A-Za-z0-9%])?|.", re.DOTALL)


def break_lines(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """Return the lines of a text; every character of it is in exactly one of them.

    Args:
        text: paragraphs divided by newlines; leading full-width spaces stay as the indent.
        width: of the column, in the unit of `measure`.
        measure: width of a short piece of text (a word or one character).
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines.extend(_break_paragraph(paragraph, width, measure))
    return lines


def _break_paragraph(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    lines: list[str] = []
    line: list[str] = []
    used = 0.0
    for token in _tokens(text, width, measure):
        size = measure(token)
        if line and used + size > width:
            carried = _carry(line, token)
            kept = line[: len(line) - len(carried)]
            lines.append("".join(kept))
            line = carried
            used = sum(measure(t) for t in line)
        line.append(token)
        used += size
    lines.append("".join(line))
    return lines


def _tokens(text: str, width: float, measure: Callable[[str], float]) -> Iterator[str]:
    """Yield words and single characters; a word wider than the column comes in characters."""
    for word in _WORD.findall(text):
        if len(word) > 1 and measure(word) > width:
            yield from word
        else:
            yield word


def _carry(line: list[str], token: str) -> list[str]:
    """Return the tail of the line that must move down with the token.

    A line of nothing but marks is left as it is: then there is no better place to break.
    """
    cut = len(line)
    first = token
    while cut > 1 and (first[0] in NO_START or line[cut - 1][-1] in NO_END):
        cut -= 1
        first = line[cut]
    is_still_bad = first[0] in NO_START or line[cut - 1][-1] in NO_END
    return [] if is_still_bad else line[cut:]
