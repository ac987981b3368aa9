"""Official titles found as citizens type and say them. No timing, no sentence model: words, sounds and slips alone."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from benchmarks.judging.measures import Score, score
from benchmarks.judging.product import Product
from benchmarks.judging.sets import golden, known_items, typed_items

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


def test_the_golden_questions_are_all_different_and_answerable() -> None:
    texts = [asked.text for one in SPOKEN for asked in one.queries]
    numbers = count()

    assert len(texts) == len(set(texts)) == 120
    assert all(asked.relevant for one in SPOKEN for asked in one.queries)
    assert [doc.id for doc in DOCS] == [f"T{next(numbers):03}" for _ in DOCS]
