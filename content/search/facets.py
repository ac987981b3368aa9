"""Ways to narrow a list of results: 领域, 部门, 层级, 对象; only those that divide what was found. Pure."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from content.catalog.item import CatalogItem
from content.disclosure.record import DisclosureRecord

Found = DisclosureRecord | CatalogItem

MOST_CHIPS = 5
"""More than five choices are a list to read and no help to choose."""
TOO_COMMON = 0.9
"""A facet whose largest value holds nearly all divides nothing."""
_LEVELS = {2: "province", 4: "city", 6: "county", 9: "town", 12: "village"}
_ENTERPRISE = re.compile("企业|公司|法人|经营|许可|营业|工程|项目|单位|机构|个体工商户|合作社")


class Facet(StrEnum):
    """What results are divided by, in the order in which it is tried."""

    DOMAIN = "domain"
    DEPARTMENT = "department"
    LEVEL = "level"
    AUDIENCE = "audience"


@dataclass(frozen=True, slots=True)
class Chip:
    """One choice: a value of a facet and how many of the results have it."""

    facet: Facet
    value: str
    count: int


_VALUES: Mapping[Facet, Callable[[Found], str]] = {
    Facet.DOMAIN: lambda found: found.domain,
    Facet.DEPARTMENT: lambda found: (
        found.department if isinstance(found, CatalogItem) else found.issuing_body
    ),
    Facet.LEVEL: lambda found: _LEVELS.get(len(found.region), ""),
    Facet.AUDIENCE: lambda found: "enterprise" if _ENTERPRISE.search(found.title) else "person",
}


def value_of(found: Found, facet: Facet) -> str:
    """Return the record's value of a facet, "" where it states none. Levels and audiences are keys."""
    return _VALUES[facet](found)


def chips(found: Sequence[Found]) -> tuple[Chip, ...]:
    """Return the choices of the first facet that divides these results; none if none does."""
    for facet in Facet:
        counts = Counter(value_of(one, facet) for one in found)
        stated = sum(counts.values()) - counts.pop("", 0)
        common = max(counts.values(), default=0)
        if len(counts) > 1 and stated * 2 > len(found) and common < TOO_COMMON * len(found):
            return tuple(
                Chip(facet, value, count) for value, count in counts.most_common(MOST_CHIPS)
            )
    return ()


def divided(
    found: Sequence[Found], chosen: Mapping[Facet, str]
) -> tuple[tuple[Facet, tuple[Chip, ...]], ...]:
    """Return every facet with its values, the most frequent first, for those who have a whole page for it.

    A facet counts what the choices of the others leave, so that each count is what choosing it would show.
    """
    rows = []
    for facet in Facet:
        others = {one: value for one, value in chosen.items() if one is not facet}
        counts = Counter(value_of(one, facet) for one in found if is_chosen(one, others))
        counts.pop("", None)
        if len(counts) > 1 or facet in chosen:
            rows.append((facet, tuple(Chip(facet, *pair) for pair in counts.most_common())))
    return tuple(rows)


def is_chosen(found: Found, chosen: Mapping[Facet, str]) -> bool:
    """Say whether a record has every chosen value."""
    return all(value_of(found, facet) == value for facet, value in chosen.items())


def has(found: Found, chip: Chip) -> bool:
    """Say whether a record is among those of a choice."""
    return value_of(found, chip.facet) == chip.value
