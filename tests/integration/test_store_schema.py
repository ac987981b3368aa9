"""The migrations make exactly the tables that the code expects; the database keeps its promises."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import OperationalError

from controller.store.database import Database, DiskFull
from controller.store.migrate import upgrade
from controller.store.schema import COMPLETE


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(f"sqlite+aiosqlite:///{tmp_path / 'zone.db'}")
    await opened.migrate()
    yield opened
    await opened.close()


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, COMPLETE))


def test_migrations_make_the_tables_of_the_code(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'zone.db'}"
    upgrade(url)
    engine = create_engine(url)

    with engine.connect() as connection:
        differences = _differences(connection)
    engine.dispose()

    assert differences == []


def test_a_migration_that_fails_half_way_leaves_no_table(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'zone.db'}"
    made: list[str] = []

    def fail_at_last(connection: Connection, cursor: object, statement: str, *_: object) -> None:
        made.append(statement)
        if statement.lstrip().startswith("INSERT INTO alembic_version"):
            raise RuntimeError("power cut")

    event.listen(Engine, "before_cursor_execute", fail_at_last)
    try:
        with pytest.raises(RuntimeError, match="power cut"):
            upgrade(url)
    finally:
        event.remove(Engine, "before_cursor_execute", fail_at_last)

    engine = create_engine(url)
    tables = inspect(engine).get_table_names()
    engine.dispose()
    assert any("CREATE TABLE people" in statement for statement in made)
    assert tables == []


async def test_migrating_again_changes_nothing(database: Database) -> None:
    async with database.write() as c:
        await c.execute(text("INSERT INTO policies VALUES (1, x'00', 1)"))

    await database.migrate()

    async with database.read() as c:
        assert (await c.execute(text("SELECT version FROM policies"))).scalars().all() == [1]


async def test_a_commit_is_on_disk_before_it_is_said(database: Database) -> None:
    async with database.write() as c:
        journal = (await c.execute(text("PRAGMA journal_mode"))).scalar_one()
        synchronous = (await c.execute(text("PRAGMA synchronous"))).scalar_one()
        foreign = (await c.execute(text("PRAGMA foreign_keys"))).scalar_one()

    assert (journal, synchronous, foreign) == ("wal", 2, 1)


async def test_an_error_undoes_the_whole_transaction(database: Database) -> None:
    async def fail_half_way() -> None:
        async with database.write() as c:
            await c.execute(text("INSERT INTO policies VALUES (1, x'00', 1)"))
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        await fail_half_way()

    async with database.read() as c:
        assert (await c.execute(text("SELECT count(*) FROM policies"))).scalar_one() == 0


async def test_many_writers_take_turns_and_none_is_lost(database: Database) -> None:
    async def add() -> None:
        async with database.write() as c:
            top = (
                await c.execute(text("SELECT coalesce(max(version), 0) FROM policies"))
            ).scalar_one()
            await asyncio.sleep(0)
            await c.execute(text(f"INSERT INTO policies VALUES ({top + 1}, x'00', 1)"))  # noqa: S608 - a number

    await asyncio.gather(*(add() for _ in range(20)))

    async with database.read() as c:
        assert (await c.execute(text("SELECT max(version) FROM policies"))).scalar_one() == 20


async def test_a_second_process_waits_for_its_turn(database: Database, tmp_path: Path) -> None:
    other = Database(f"sqlite+aiosqlite:///{tmp_path / 'zone.db'}")
    try:
        async with database.write() as c:
            await c.execute(text("INSERT INTO policies VALUES (1, x'00', 1)"))
            waiting = asyncio.create_task(_insert(other, 2))
            await asyncio.sleep(0)
            assert not waiting.done()
        await waiting
    finally:
        await other.close()

    async with database.read() as c:
        assert (await c.execute(text("SELECT count(*) FROM policies"))).scalar_one() == 2


async def test_a_reader_sees_what_was_committed_when_it_began(database: Database) -> None:
    async with database.read() as before:
        assert (await before.execute(text("SELECT count(*) FROM policies"))).scalar_one() == 0
        await _insert(database, 1)
        assert (await before.execute(text("SELECT count(*) FROM policies"))).scalar_one() == 0


async def test_a_full_disk_is_said_so_and_loses_nothing(database: Database) -> None:
    await _insert(database, 1)
    async with database.write() as c:
        pages = (await c.execute(text("PRAGMA page_count"))).scalar_one()
        await c.execute(text(f"PRAGMA max_page_count = {pages}"))

    with pytest.raises(DiskFull, match="没有丢失"):
        async with database.write() as c:
            await c.execute(text("INSERT INTO policies VALUES (2, zeroblob(1000000), 1)"))

    async with database.read() as c:
        assert (await c.execute(text("SELECT version FROM policies"))).scalars().all() == [1]
    async with database.write() as c:
        await c.execute(text("PRAGMA max_page_count = 1000000"))
    await _insert(database, 2)


async def test_other_errors_are_not_called_a_full_disk(database: Database) -> None:
    with pytest.raises(OperationalError):
        async with database.write() as c:
            await c.execute(text("INSERT INTO nowhere VALUES (1)"))


async def _insert(database: Database, version: int) -> None:
    async with database.write() as c:
        await c.execute(text(f"INSERT INTO policies VALUES ({version}, x'00', 1)"))  # noqa: S608 - a number
