"""What the store promises, over both databases: one writer at a time, all or nothing, whole numbers of any size."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import DBAPIError

from controller.store.database import Database
from controller.store.intake import LedgerRow, claim
from controller.store.keys import policies
from controller.store.schema import COMPLETE
from tests.support.postgresql import HAS_POSTGRESQL, SKIPPED, Cluster, running_cluster

WRITERS = 12
DATABASES = [
    "sqlite",
    pytest.param("postgresql", marks=pytest.mark.skipif(not HAS_POSTGRESQL, reason=SKIPPED)),
]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'zone.db'}"
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.database()


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    opened = Database(url)
    await opened.migrate()
    yield opened
    await opened.close()


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, COMPLETE))


async def versions(database: Database) -> list[int]:
    async with database.read() as c:
        query = select(policies.c.version).order_by(policies.c.version)
        return list((await c.execute(query)).scalars())


async def next_version(database: Database, *, pause: bool = True) -> None:
    async with database.write() as c:
        held = (await c.execute(select(policies.c.version))).scalars().all()
        if pause:
            await asyncio.sleep(0.005)
        row = {"version": max(held, default=0) + 1, "signed": b"", "at": 1}
        await c.execute(insert(policies).values(row))


async def test_migrations_make_the_tables_of_the_code(database: Database) -> None:
    async with database.read() as c:
        assert await c.run_sync(_differences) == []


async def test_two_controllers_that_start_at_once_migrate_once(url: str) -> None:
    both = Database(url), Database(url)
    await asyncio.gather(*(one.migrate() for one in both))

    await next_version(both[0])

    assert await versions(both[1]) == [1]
    for one in both:
        await one.close()


async def test_writers_of_two_controllers_take_turns_and_none_is_lost(
    database: Database, url: str
) -> None:
    other = Database(url)

    await asyncio.gather(*(next_version(one) for one in (database, other) * WRITERS))

    assert await versions(database) == list(range(1, 2 * WRITERS + 1))
    await other.close()


async def test_an_error_undoes_the_whole_transaction(database: Database) -> None:
    async def fail_half_way() -> None:
        async with database.write() as c:
            await c.execute(insert(policies).values(version=1, signed=b"", at=1))
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        await fail_half_way()

    assert await versions(database) == []
    await next_version(database)


async def test_a_reader_sees_one_moment_and_cannot_write(database: Database, url: str) -> None:
    other = Database(url)
    async with database.read() as c:
        before = (await c.execute(select(policies.c.version))).scalars().all()
        await next_version(other, pause=False)
        after = (await c.execute(select(policies.c.version))).scalars().all()

    assert (before, after) == ([], [])
    assert await versions(database) == [1]
    await other.close()


async def test_seconds_live_beyond_the_year_2038(database: Database) -> None:
    async with database.write() as c:
        await c.execute(insert(policies).values(version=1, signed=b"", at=4_102_444_800))
    async with database.read() as c:
        assert (await c.execute(select(policies.c.at))).scalar_one() == 4_102_444_800


async def test_an_envelope_is_claimed_once_by_two_controllers(database: Database, url: str) -> None:
    other = Database(url)
    row = LedgerRow("hall-1", "hall-1-1", "digest", "req", 1)

    async def once(one: Database) -> int:
        async with one.write() as c:
            return (await claim(c, row)).dups

    assert sorted(await asyncio.gather(*(once(one) for one in (database, other) * 5))) == list(
        range(10)
    )
    await other.close()


async def test_what_a_database_refuses_does_not_show_what_was_written(database: Database) -> None:
    with pytest.raises(DBAPIError) as refused:
        async with database.write() as c:
            await c.execute(text("INSERT INTO nowhere VALUES (:secret)"), {"secret": "TESTNAME42"})

    assert "TESTNAME42" not in str(refused.value)


async def test_a_server_that_went_away_and_came_back_serves_again(cluster: Cluster) -> None:
    database = Database(cluster.database())
    await database.migrate()
    await next_version(database)

    cluster.restart()

    await next_version(database)
    assert await versions(database) == [1, 2]
    await database.close()
