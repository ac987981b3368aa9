"""Find ruled tables on a page and put its glyphs into their cells. Pure geometry."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from controller.importing.pdf_lines import cell_text
from controller.importing.pdf_marks import Glyph, Rule

_SNAP = 3.0
_NEAR = 6.0
_GAP = 9.0
_MIN_COLUMN_RULES = 3
_MIN_ROW_RULES = 2
_MOST_RULES = 4000


@dataclass(frozen=True, slots=True)
class PageTable:
    """A table on a page.

    Attributes:
        top: height of its upper edge.
        columns: places of its upright rules.
        rows: its cells; one that a merged cell covers is empty.
        glyphs: the glyphs in it.
    """

    top: float
    columns: tuple[float, ...]
    rows: tuple[tuple[str, ...], ...]
    glyphs: frozenset[Glyph]


def tables_of(glyphs: Sequence[Glyph], rules: Sequence[Rule]) -> tuple[PageTable, ...]:
    """Return the tables from top to bottom. A page drawn of thousands of strokes holds a picture, not tables."""
    if len(rules) > _MOST_RULES:
        return ()
    tables = (_table(group, glyphs) for group in _connected(rules))
    return tuple(sorted((table for table in tables if table), key=lambda table: -table.top))


def goes_on(above: PageTable, below: PageTable) -> bool:
    """Tell whether the first table of a page continues the last one of the page before: same columns."""
    pairs = zip(above.columns, below.columns, strict=False)
    return len(above.columns) == len(below.columns) and all(abs(x - y) <= _NEAR for x, y in pairs)


def _connected(rules: Sequence[Rule]) -> list[list[Rule]]:
    """Return the groups of rules that touch each other."""
    groups: list[list[Rule]] = []
    for rule in rules:
        touching = [group for group in groups if any(_touch(rule, other) for other in group)]
        merged = [rule, *(item for group in touching for item in group)]
        groups = [group for group in groups if group not in touching]
        groups.append(merged)
    return groups


def _touch(one: Rule, other: Rule) -> bool:
    apart_x = one.x0 > other.x1 + _SNAP or other.x0 > one.x1 + _SNAP
    apart_y = one.y0 > other.y1 + _SNAP or other.y0 > one.y1 + _SNAP
    return not (apart_x or apart_y)


def _table(group: list[Rule], glyphs: Sequence[Glyph]) -> PageTable | None:
    upright = [rule for rule in group if rule.y1 - rule.y0 > max(rule.x1 - rule.x0, _SNAP)]
    level = [rule for rule in group if rule.x1 - rule.x0 > max(rule.y1 - rule.y0, _SNAP)]
    if not upright or not level:
        return None
    # A table may be open at its sides, or at the foot of a page: there its rules end.
    ends_x = (min(rule.x0 for rule in level), max(rule.x1 for rule in level))
    ends_y = (min(rule.y0 for rule in upright), max(rule.y1 for rule in upright))
    xs = _edges([*(_mid_x(rule) for rule in upright), *ends_x])
    ys = _edges([*(_mid_y(rule) for rule in level), *ends_y])
    inside = [glyph for glyph in glyphs if _is_in(glyph, xs, ys)]
    xs = _without_gaps(xs, [(glyph.x0 + glyph.x1) / 2 for glyph in inside])
    ys = _without_gaps(ys, [(glyph.top + glyph.bottom) / 2 for glyph in inside])[::-1]
    if len(xs) < _MIN_COLUMN_RULES or len(ys) < _MIN_ROW_RULES or not inside:
        return None
    owner = _merged_cells(xs, ys, upright, level)
    return PageTable(ys[0], tuple(xs), _fill(xs, ys, owner, inside), frozenset(inside))


def _fill(
    xs: list[float],
    ys: list[float],
    owner: dict[tuple[int, int], tuple[int, int]],
    inside: list[Glyph],
) -> tuple[tuple[str, ...], ...]:
    """Return the rows of cells with their text, that of a merged cell in its first one."""
    cells: dict[tuple[int, int], list[Glyph]] = {}
    for glyph in inside:
        cells.setdefault(owner[_cell_at(glyph, xs, ys)], []).append(glyph)
    right = {first: xs[c + 1] for (_, c), first in owner.items()}
    return tuple(
        tuple(
            cell_text(cells.get((r, c), ()), right=right.get((r, c), 0.0))
            for c in range(len(xs) - 1)
        )
        for r in range(len(ys) - 1)
    )


def _without_gaps(edges: list[float], middles: list[float]) -> list[float]:
    """Return the edges without narrow strips that hold no text, as between the lines of a double border."""
    kept = edges[:1]
    for edge in edges[1:]:
        is_narrow = edge - kept[-1] < _GAP
        if is_narrow and not any(kept[-1] <= middle <= edge for middle in middles):
            kept[-1] = (kept[-1] + edge) / 2
        else:
            kept.append(edge)
    return kept


def _edges(values: Iterable[float]) -> list[float]:
    """Return the values in order; a chain of values that are nearly the same counts as one, its middle."""
    chains: list[list[float]] = []
    for value in sorted(values):
        if chains and value - chains[-1][-1] <= _SNAP:
            chains[-1].append(value)
        else:
            chains.append([value])
    return [(chain[0] + chain[-1]) / 2 for chain in chains]


def _is_in(glyph: Glyph, xs: list[float], ys: list[float]) -> bool:
    x, y = _middle(glyph)
    return xs[0] <= x <= xs[-1] and ys[0] <= y <= ys[-1]


def _middle(glyph: Glyph) -> tuple[float, float]:
    return (glyph.x0 + glyph.x1) / 2, (glyph.top + glyph.bottom) / 2


def _cell_at(glyph: Glyph, xs: list[float], ys: list[float]) -> tuple[int, int]:
    x, y = _middle(glyph)
    column = next((c for c in range(len(xs) - 2) if x < xs[c + 1]), len(xs) - 2)
    row = next((r for r in range(len(ys) - 2) if y > ys[r + 1]), len(ys) - 2)
    return row, column


def _merged_cells(
    xs: list[float], ys: list[float], upright: list[Rule], level: list[Rule]
) -> dict[tuple[int, int], tuple[int, int]]:
    """Return for each cell of the grid the first cell of those that no rule parts it from."""
    owner = {(r, c): (r, c) for r in range(len(ys) - 1) for c in range(len(xs) - 1)}
    for r, c in owner:
        x, y = (xs[c] + xs[c + 1]) / 2, (ys[r] + ys[r + 1]) / 2
        if c and not any(
            abs(_mid_x(rule) - xs[c]) <= _NEAR and rule.y0 <= y <= rule.y1 for rule in upright
        ):
            owner[r, c] = owner[r, c - 1]
        elif r and not any(
            abs(_mid_y(rule) - ys[r]) <= _NEAR and rule.x0 <= x <= rule.x1 for rule in level
        ):
            owner[r, c] = owner[r - 1, c]
    return owner


def _mid_x(rule: Rule) -> float:
    return (rule.x0 + rule.x1) / 2


def _mid_y(rule: Rule) -> float:
    return (rule.y0 + rule.y1) / 2
