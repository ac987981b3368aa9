"""Look over the finished blocks for damage: words, characters and numbers that a person should check."""

import re
from collections.abc import Iterator

from content.disclosure.official_text.citations import damaged_numbers_in
from content.disclosure.official_text.warning import ReadWarning, WarningCode
from content.disclosure.record import Block, BlockKind

# Bounded everywhere: a long run of letters must not take a second.
_ADDRESS = re.compile(
    r"(?:https?://|www\.)\S+|[\w.+-]{1,64}@[\w.-]{1,255}|(?:\b[\w-]{1,63}\.){1,8}(?:cn|com|org|net|gov)\b[/\w.?=&%#-]*",
    re.ASCII,
)
_LATIN = re.compile("[A-Za-z]+")
_SHORTEST_WORD = 4
_ACRONYM_CAPITALS = 2
_MOST_LISTED = 5
_BROKEN = re.compile("[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f\x7f-\x9f]")
_ROW_NUMBER = re.compile(r"^(\d{1,3})(?:\s*[.．、]|\s|$)")


def damage_in(blocks: tuple[Block, ...]) -> Iterator[ReadWarning]:
    """Yield a warning for each damaged citation, foreign word, broken character and gap in a numbering."""
    for at, block in enumerate(blocks):
        for text in (block.text, *(cell for row in block.rows for cell in row)):
            yield from _in_text(text, at)
    yield from _skipped_numbers(blocks)


def foreign_words_in(text: str) -> tuple[str, ...]:
    """Return Latin words; acronyms and addresses are in order (国家通用语言文字法, article 11)."""
    words = _LATIN.findall(_ADDRESS.sub(" ", text))
    return tuple(
        word
        for word in words
        if len(word) >= _SHORTEST_WORD
        and sum(letter.isupper() for letter in word) < _ACRONYM_CAPITALS
    )


def _in_text(text: str, at: int) -> Iterator[ReadWarning]:
    for number in damaged_numbers_in(text):
        yield ReadWarning(WarningCode.DAMAGED_CITATION, (number,), at)
    for word in foreign_words_in(text):
        yield ReadWarning(WarningCode.FOREIGN_WORD, (word,), at)
    for character in dict.fromkeys(_BROKEN.findall(text)):
        yield ReadWarning(WarningCode.BROKEN_CHARACTER, (f"U+{ord(character):04X}",), at)


def _skipped_numbers(blocks: tuple[Block, ...]) -> Iterator[ReadWarning]:
    """Yield gaps in the numbers of table rows; one numbering may run over all the tables of an annex."""
    annex = tables = last = 0
    for at, block in enumerate(blocks):
        if block.kind is BlockKind.ANNEX:
            annex, last = block.level, 0
        if block.kind is not BlockKind.TABLE:
            continue
        tables += 1
        last = 0 if not annex else last
        code = WarningCode.ANNEX_NUMBERING_SKIPS if annex else WarningCode.TABLE_NUMBERING_SKIPS
        for number in _row_numbers(block):
            if last and number > last + 1:
                yield ReadWarning(code, (str(annex or tables), _span(last + 1, number - 1)), at)
            last = number if last or number == 1 else 0


def _row_numbers(table: Block) -> Iterator[int]:
    for row in table.rows:
        found = _ROW_NUMBER.match(row[0])
        if found:
            yield int(found.group(1))


def _span(first: int, last: int) -> str:
    """Return the numbers, a long row of them by its ends."""
    if last - first < _MOST_LISTED:
        return "、".join(str(number) for number in range(first, last + 1))
    return f"{first}—{last}"
