"""Facets: only what divides the results is offered, and at most five."""

from dataclasses import replace

import pytest

from content.search.facets import MOST_CHIPS, Facet, chips, has
from content.search.nearest import nearest_domain
from tests.support.signers import document, item

ITEM, NOTICE = item(), document()


def items(*departments: str) -> list:  # type: ignore[type-arg]
    return [replace(ITEM, department=name, id=f"T{at:09d}") for at, name in enumerate(departments)]


def test_one_value_is_no_choice() -> None:
    assert chips(items("县民政局", "县民政局")) == ()
    assert chips([]) == ()
    assert chips([NOTICE]) == ()


def test_departments_are_offered_with_their_counts() -> None:
    offered = chips(items("县民政局", "县民政局", "县残联"))

    assert [(one.facet, one.value, one.count) for one in offered] == [
        (Facet.DEPARTMENT, "县民政局", 2),
        (Facet.DEPARTMENT, "县残联", 1),
    ]


def test_domains_go_before_departments_where_most_state_theirs() -> None:
    found = [
        replace(one, domain=name)
        for one, name in zip(items("甲", "乙"), ("救灾", "扶贫"), strict=True)
    ]

    assert {one.facet for one in chips(found)} == {Facet.DOMAIN}


def test_there_are_never_more_than_five() -> None:
    assert len(chips(items(*map(str, range(30))))) == MOST_CHIPS


def test_a_chip_keeps_exactly_as_many_as_it_says() -> None:
    found = [*items("县民政局", "县民政局", "县残联"), NOTICE]

    for chip in chips(found):
        assert sum(has(one, chip) for one in found) == chip.count


@pytest.mark.parametrize(
    ("query", "department"),
    [
        ("农合怎么报销", "人力资源和社会保障局"),
        ("老家盖房子", "住房和城乡建设局"),
        ("五保户", "民政局"),
        ("开店执照", "市场监督管理局"),
    ],
)
def test_the_nearest_domain_is_told_from_everyday_words(query: str, department: str) -> None:
    domain = nearest_domain(query)

    assert domain is not None
    assert domain.department == department


def test_nonsense_belongs_to_no_domain() -> None:
    assert nearest_domain("骆驼驯养奖励") is None
