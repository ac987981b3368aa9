"""Turn the parts that are not fields into blocks: headings, paragraphs, tables, annexes.

A heading that runs into its text (（一）标题。正文……) becomes two blocks; a sentence that the foot of a page has
cut in two becomes one. No character is added or lost but the gap at the cut.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from content.disclosure.official_text.annexes import Annex
from content.disclosure.official_text.layout import Line, Part
from content.disclosure.official_text.titles import TitleSpan
from content.disclosure.official_text.wording import compact, heading_level, is_plain_end, is_prose
from content.disclosure.record import Block, BlockKind

_LONGEST_HEADING = 60
_OWN_LINE_LEVEL = 2
_LONGEST_ALONE = 24
"""Characters of a heading that stands alone and closes with 。: a longer one is an item of a list."""
_OPEN_ENDS = ("，", "；", "：", ",", ";", ":")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is known about the parts.

    Attributes:
        fields: parts that are wholly kept in fields, so that they are no blocks.
        standing: parts that stay lines of their own: addressees, signature, date, mark, imprint.
        titles: titles inside the text, as of the document that a notice prints.
        annexes: annexes that are there.
    """

    fields: frozenset[int]
    standing: frozenset[int]
    titles: tuple[TitleSpan, ...]
    annexes: tuple[Annex, ...]


def build_blocks(parts: tuple[Part, ...], plan: Plan) -> tuple[Block, ...]:
    """Return the blocks in reading order."""
    blocks: list[Block] = []
    may_join = False
    for at, block in _raw_blocks(parts, plan):
        plain = block.kind is BlockKind.PARAGRAPH and at not in plan.standing
        if plain and may_join and _is_cut(blocks[-1], block):
            blocks[-1] = Block(BlockKind.PARAGRAPH, blocks[-1].text + block.text)
        elif plain:
            blocks.extend(_split_heading(block.text))
        else:
            blocks.append(block)
        may_join = plain
    return tuple(blocks)


def _raw_blocks(parts: tuple[Part, ...], plan: Plan) -> Iterator[tuple[int, Block]]:
    titles = {span.first: span for span in plan.titles}
    annexes = {annex.first: annex for annex in plan.annexes}
    at = 0
    while at < len(parts):
        part, start = parts[at], at
        if at in plan.fields:
            pass
        elif at in annexes:
            at = annexes[at].last_head
            yield start, Block(BlockKind.ANNEX, _lines(parts, start, at), annexes[start].number)
        elif at in titles:
            at = titles[at].last
            yield start, Block(BlockKind.HEADING, titles[start].text, 1)
        elif isinstance(part, Line):
            yield at, Block(BlockKind.PARAGRAPH, part.text)
        else:
            yield at, Block(BlockKind.TABLE, "", rows=part.rows)
        at += 1


def _lines(parts: tuple[Part, ...], first: int, last: int) -> str:
    return " ".join(part.text for part in parts[first : last + 1] if isinstance(part, Line))


def _is_cut(above: Block, below: Block) -> bool:
    """Tell whether two paragraphs are one sentence that a page's foot has cut."""
    starts_anew = heading_level(below.text) or below.text.startswith(("—", "-", "·", "附"))
    return above.kind is BlockKind.PARAGRAPH and is_plain_end(above.text) and not starts_anew


def _split_heading(text: str) -> Iterator[Block]:
    level = heading_level(text)
    head, mark, rest = text.partition("。")
    if not level or len(compact(head)) > _LONGEST_HEADING or head.endswith(_OPEN_ENDS):
        yield Block(BlockKind.PARAGRAPH, text)
    elif not mark:
        kind = BlockKind.PARAGRAPH if is_prose(text) and level > 1 else BlockKind.HEADING
        yield Block(kind, text, level if kind is BlockKind.HEADING else 0)
    elif rest.strip() or (level <= _OWN_LINE_LEVEL and len(compact(head)) <= _LONGEST_ALONE):
        yield Block(BlockKind.HEADING, head + mark, level)
        if rest.strip():
            yield Block(BlockKind.PARAGRAPH, rest.strip())
    else:
        yield Block(BlockKind.PARAGRAPH, text)
