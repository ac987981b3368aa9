"""Keep the warnings of an import at their blocks while a person adds, edits and takes away blocks. No I/O."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from content.disclosure.record import Block
from controller.store.documents import DocumentWarning


def follow_blocks(
    warnings: Iterable[DocumentWarning], old: Sequence[Block], new: Sequence[Block]
) -> tuple[DocumentWarning, ...]:
    """Return the warnings, each at the new place of its block; about the whole document where that is gone.

    A block that was edited is followed; one that became several is followed to the first of them.
    """
    places = _places(old, new)
    return tuple(
        one if one.block is None else replace(one, block=places.get(one.block)) for one in warnings
    )


def _places(old: Sequence[Block], new: Sequence[Block]) -> dict[int, int]:
    places: dict[int, int] = {}
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for _, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if new_from == new_to:
            continue
        for step, place in enumerate(range(old_from, old_to)):
            places[place] = min(new_from + step, new_to - 1)
    return places
