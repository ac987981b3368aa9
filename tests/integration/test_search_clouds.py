"""Vectors of a replica: what was read while a question was still being read is not fetched again."""

from pathlib import Path

import apsw
import numpy as np
import pytest

from content.replica.clouds import Clouds, Values
from content.search.vectors import CloudMaker, to_code

MODEL = "drawn"
DIMENSIONS = 64
QUESTION = np.eye(DIMENSIONS, dtype=np.float32)[0]


@pytest.fixture
def asked(tmp_path: Path) -> list[tuple[int, ...]]:
    return []


@pytest.fixture
def clouds(tmp_path: Path, asked: list[tuple[int, ...]], monkeypatch: pytest.MonkeyPatch) -> Clouds:
    """Thirty rows, of which the last points where the question does, kept on disk; notes which rows are fetched."""
    monkeypatch.setattr("content.replica.clouds.HELD_BYTES", 0)
    return clouds_of(tmp_path, asked)


def clouds_of(tmp_path: Path, asked: list[tuple[int, ...]]) -> Clouds:
    tmp_path.mkdir(exist_ok=True)
    disk = apsw.Connection(str(tmp_path / "vectors.db"))
    disk.execute("CREATE TABLE corpus (changes INTEGER)")
    disk.execute("INSERT INTO corpus VALUES (1)")
    disk.execute("CREATE TABLE vector (row INTEGER, model TEXT, code BLOB)")
    drawn = np.random.default_rng(5).standard_normal((30, DIMENSIONS)).astype(np.float32)
    drawn[-1] = QUESTION
    disk.executemany(
        "INSERT INTO vector VALUES (?, ?, ?)",
        [(at, MODEL, to_code(one)) for at, one in enumerate(drawn)],
    )

    def fetch(sql: str, values: Values) -> list[tuple]:  # type: ignore[type-arg]
        if " IN (" in sql:
            asked.append(tuple(int(str(one)) for one in values[1:]))
        return disk.execute(sql, values).fetchall()

    return Clouds(fetch)


def test_known_vectors_are_not_fetched_again_and_weigh_the_same(
    clouds: Clouds, asked: list[tuple[int, ...]]
) -> None:
    rows = np.arange(0, 30, 3)
    plain = clouds.seen_from(MODEL, QUESTION).cosines(rows)
    asked.clear()

    sight = clouds.seen_from(MODEL, QUESTION, clouds.vectors_of(MODEL, rows))

    assert sight.cosines(rows).tolist() == plain.tolist()
    assert asked == [tuple(rows.tolist())]
    assert sight.nearest(1, sifted=30) == [29]
    assert set(asked[1]) == set(range(30)) - set(rows.tolist())


def test_what_was_looked_at_takes_nothing_later(
    clouds: Clouds, asked: list[tuple[int, ...]]
) -> None:
    sight = clouds.seen_from(MODEL, QUESTION)
    sight.look(np.arange(5))
    asked.clear()

    assert len(sight.cosines(np.arange(5))) == 5
    assert asked == []


def test_a_row_without_a_vector_is_neither_near_nor_far(clouds: Clouds) -> None:
    assert clouds.seen_from(MODEL, QUESTION).cosines(np.array([99])).tolist() == [0.0]
    assert clouds.vectors_of(MODEL, np.empty(0, np.int64)) == ()


def test_few_vectors_are_kept_and_weigh_the_same_as_those_on_disk(
    clouds: Clouds, asked: list[tuple[int, ...]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = np.array([29, 3, 99, 0, -1, 17])
    on_disk = clouds.seen_from(MODEL, QUESTION)
    plain, near = on_disk.cosines(rows).tolist(), on_disk.nearest(5, sifted=12)
    monkeypatch.setattr("content.replica.clouds.HELD_BYTES", 30 * DIMENSIONS)
    kept = clouds_of(tmp_path / "kept", asked)
    asked.clear()

    sight = kept.seen_from(MODEL, QUESTION, kept.vectors_of(MODEL, np.empty(0, np.int64)))

    assert sight.cosines(rows).tolist() == plain
    assert sight.nearest(5, sifted=12) == near
    assert kept.vectors_of(MODEL, rows) == ()
    assert asked == []


def test_a_vector_that_comes_while_the_others_are_read_leaves_all_on_disk() -> None:
    codes = np.arange(4 * DIMENSIONS, dtype=np.int8).reshape(4, DIMENSIONS)
    maker = CloudMaker(DIMENSIONS, most_held=1 << 20)
    maker.weigh(codes[:3])
    maker.take(np.arange(3), codes[:3])
    maker.take(np.array([3]), codes[3:])

    cloud = maker.made()

    assert cloud.rows.tolist() == [0, 1, 2, 3]
    assert cloud.held(np.array([1])) is None
