"""Official titles found as citizens type and say them. No timing, no sentence model: words, sounds and slips alone."""

from collections.abc import Callable, Iterable, Iterator
from itertools import count
from pathlib import Path

import pytest

from benchmarks.judging.measures import Score, score
from benchmarks.judging.product import Product
from benchmarks.judging.sets import Asked, golden, known_items, typed_items, unseen
from content.search.request import UNCURATED, Curation

GOLDEN = Path(__file__).parents[1] / "golden"
DOCS, SPOKEN = golden(GOLDEN)


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    product = Product(tmp_path_factory.mktemp("golden") / "replica.db", DOCS)
    yield product
    product.close()


def scores(product: Product) -> dict[str, Score]:
    sets = (*SPOKEN, *typed_items(DOCS), *known_items(DOCS))
    return {one.name: score(one.queries, product.rank(one.queries)) for one in sets}


def test_every_title_is_found_by_its_sound_its_initials_and_with_a_slip(product: Product) -> None:
    found = scores(product)

    assert found["pinyin"].found10 >= 0.98
    assert found["initials"].found10 >= 0.96
    assert found["typo"].mrr10 >= 0.95
    assert found["drop"].mrr10 >= 0.90


def test_everyday_words_find_their_official_title_among_the_first_three(product: Product) -> None:
    found = scores(product)

    assert found["everyday names"].found3 >= 0.90
    assert found["everyday questions"].found3 >= 0.90


def judged(product: Product, *, popular: Callable[[Asked], Iterable[str]]) -> list[Score]:
    """Return the scores of all sets, with other records popular for each query."""
    scores = []
    for one in (*SPOKEN, *known_items(DOCS)):
        ranked = []
        for asked in one.queries:
            product.curate(Curation(popularity=dict.fromkeys(popular(asked), 1.0)))
            ranked.append(product.one(asked.text))
        scores.append(score(one.queries, ranked))
    product.curate(UNCURATED)
    return scores


def test_popularity_decides_between_equals_and_no_judged_set_falls(product: Product) -> None:
    without = judged(product, popular=lambda _: ())
    truthful = judged(product, popular=lambda asked: asked.relevant)
    hostile = judged(
        product, popular=lambda asked: [one.id for one in DOCS if one.id not in asked.relevant]
    )

    assert all(after.mrr10 >= before.mrr10 for after, before in zip(truthful, without, strict=True))
    # The worst there can be: for every query everything is popular but the answer.
    for after, before in zip(hostile, without, strict=True):
        assert after.found3 >= before.found3 - 0.02
        assert after.mrr10 >= before.mrr10 - 0.02


def test_the_golden_questions_are_all_different_and_answerable() -> None:
    texts = [asked.text for one in SPOKEN for asked in one.queries]
    numbers = count()

    assert len(texts) == len(set(texts)) == 180
    assert all(asked.relevant for one in SPOKEN for asked in one.queries)
    assert [doc.id for doc in DOCS] == [f"T{next(numbers):03}" for _ in DOCS]


def test_the_unseen_questions_and_names_are_new_and_answerable() -> None:
    seen = {asked.text for one in SPOKEN for asked in one.queries}
    later = [asked for one in unseen(GOLDEN) for asked in one.queries]

    assert len({asked.text for asked in later} - seen) == len(later) == 56
    assert all(asked.relevant for asked in later)
