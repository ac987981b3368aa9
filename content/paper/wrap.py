"""Break Chinese and Latin text into lines of n columns, by the rules of 禁则处理 (kinsoku).

A half-width character takes one column, every other character two: a 24-dot printer font has no third width.
"""

import re
from collections.abc import Iterator

NOT_AT_START = frozenset("。，、；：？！）》」』】〕］｝〉〗”’…—·～％‰℃°々,.;:?!)]}>%")
"""Characters that never begin a line unless the text itself begins with them."""

NOT_AT_END = frozenset("（《「『【〔［｛〈〖“‘([{<￥¥＄$£№＃#")
"""Characters that never end a line unless the text itself ends with them."""

_UNPRINTABLE = re.compile(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff"
    r"\U000e0000-\U000e01ef]"
)
_GAPS = re.compile(r"[\t\v\f\xa0\u2000-\u200a\u202f]")
_BREAKS = re.compile(r"\r\n|\r|\u2028|\u2029|\x85")
_SPACES = " \u3000"
_GAP_BEFORE_MARK = re.compile(rf"[{_SPACES}]+(?=[{re.escape(''.join(sorted(NOT_AT_START)))}])")
_WORD = re.compile(r"[!-~]")
_WORD_AT_END = re.compile(r"[!-~]+$")
_WORD_AT_START = re.compile(r"[!-~]+")


def printable(text: str) -> str:
    """Return the text with line breaks as LF, odd spaces as spaces, and without control characters.

    A document's text must never reach a printer as a command: ESC and its kin end here.
    """
    return _UNPRINTABLE.sub("", _GAPS.sub(" ", _BREAKS.sub("\n", text)))


def columns_of(text: str) -> int:
    """Return how many columns the text takes on one line."""
    return sum(1 if " " <= character <= "~" else 2 for character in text)


def wrap(text: str, columns: int) -> tuple[str, ...]:
    """Return the text as lines of at most so many columns.

    Spaces at a break are dropped; nothing else is. Latin words and numbers are split only if one alone is
    longer than a line. An empty paragraph is an empty line.

    Args:
        text: any text; LF ends a paragraph.
        columns: at least 4, so that a character and its punctuation have room.
    """
    if columns < 4:  # noqa: PLR2004 - two full-width characters
        raise ValueError("a line needs at least 4 columns")
    return tuple(
        line for paragraph in printable(text).split("\n") for line in _fill(paragraph, columns)
    )


def widest_piece(text: str) -> int:
    """Return the columns of the longest piece that should not be split: a word, a mark with its neighbours."""
    pieces = (_chunks(paragraph) for paragraph in printable(text).split("\n"))
    return max((columns_of(c.strip(_SPACES)) for chunks in pieces for c in chunks), default=0)


def _fill(paragraph: str, columns: int) -> Iterator[str]:
    line = ""
    for chunk in _chunks(paragraph):
        rest = chunk
        if columns_of(rest.strip(_SPACES)) > columns:
            rest = _GAP_BEFORE_MARK.sub("", rest)  # it would part a word from its mark
        if columns_of((line + rest).rstrip(_SPACES)) <= columns:
            line += rest
            continue
        if columns_of(rest.strip(_SPACES)) > columns:
            rest = line + rest  # must be split anyway: better here than on a line of its own
        elif line.strip(_SPACES):
            yield line.rstrip(_SPACES)
            rest = rest.lstrip(_SPACES)
        while columns_of(rest.rstrip(_SPACES)) > columns:
            head = _head(rest, columns)
            yield head.rstrip(_SPACES)
            rest = rest[len(head) :].lstrip(_SPACES)
        line = rest
    yield line.rstrip(_SPACES)


def _chunks(paragraph: str) -> Iterator[str]:
    """Yield the pieces between which a line may break; a piece keeps the spaces that follow it."""
    chunk = ""
    for character in paragraph:
        if chunk and _may_break(chunk, character):
            yield chunk
            chunk = ""
        chunk += character
    if chunk:
        yield chunk


def _may_break(chunk: str, after: str) -> bool:
    if after in _SPACES or _forbidden(chunk, after):
        return False
    if chunk[-1] in _SPACES:
        return True
    return not (_WORD.match(chunk[-1]) and _WORD.match(after))


def _forbidden(before: str, after: str) -> bool:
    """Tell whether a break here leaves a mark astray; spaces at a break vanish, so they protect nothing."""
    return after[:1] in NOT_AT_START or before.rstrip(_SPACES)[-1:] in NOT_AT_END


def _head(chunk: str, columns: int) -> str:
    """Return as much of a chunk longer than a line as fits.

    It is cut where no mark is left astray and no word is split that would fit a line. If both cannot be, the word
    wins: half a number can be misread.
    """
    end, used = 0, 0
    while used + columns_of(chunk[end]) <= columns:
        used += columns_of(chunk[end])
        end += 1
    cuts = [cut for cut in range(end, 0, -1) if chunk[:cut].strip(_SPACES)]
    whole = [cut for cut in cuts if not _splits_word(chunk, cut, columns)]
    neat = [cut for cut in cuts if not _forbidden(chunk[:cut], chunk[cut:].lstrip(_SPACES))]
    both = [cut for cut in neat if cut in whole]
    return chunk[: next(iter(both or whole or neat), end)]


def _splits_word(chunk: str, cut: int, columns: int) -> bool:
    """Tell whether a cut goes through a word or number that has room on one line."""
    before, after = _WORD_AT_END.search(chunk[:cut]), _WORD_AT_START.match(chunk[cut:])
    if before is None or after is None:
        return False
    return columns_of(before[0] + after[0]) <= columns
