"""A zone moves from SQLite to PostgreSQL whole, or not at all."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Float,
    LargeBinary,
    Table,
    create_engine,
    insert,
    make_url,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from controller import keys
from controller.cli import main
from controller.services.audit import AuditLog
from controller.services.moving import CannotMove, move
from controller.store.audit import audit
from controller.store.database import Database
from controller.store.documents import documents
from controller.store.metadata import WholeNumber
from controller.store.people import find_login
from controller.store.schema import COMPLETE
from devices.clock import SystemClock
from tests.support.postgresql import (
    HAS_POSTGRESQL,
    SKIPPED,
    Cluster,
    make_database,
    running_cluster,
)
from tests.support.zone import open_zone

pytestmark = pytest.mark.skipif(not HAS_POSTGRESQL, reason=SKIPPED)
BIG = (1 << 40) + 7
MEDDLE = (
    (
        "CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN NEW.title := 'x'; RETURN NEW; END $$"
    ),
    ("CREATE TRIGGER meddle BEFORE INSERT ON documents FOR EACH ROW EXECUTE FUNCTION meddle()"),
)
"""What a database may do behind our back."""
Rows = dict[str, set[tuple[object, ...]]]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture
def target(cluster: Cluster) -> str:
    return cluster.database()


@pytest.fixture
async def plain(tmp_path: Path) -> str:
    """A zone in which something was done."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'zone.db'}"
    async with open_zone(tmp_path, database=url) as zone:
        await zone.staff()
        await zone.published()
    return url


@pytest.fixture
def source(plain: str) -> str:
    """The same with a row in every table, the odder the better."""
    with _sqlite(plain) as c:
        for table in COMPLETE.sorted_tables:
            if c.execute(select(table).limit(1)).first() is None:
                c.execute(insert(table).values({one.name: _value(c, one) for one in table.columns}))
        c.commit()
    return plain


def _sqlite(url: str) -> Connection:
    engine = create_engine(make_url(url).set(drivername="sqlite"), poolclass=NullPool)
    return engine.connect()


def _value(c: Connection, column: Column[object]) -> object:
    """Return something that this column takes."""
    for key in column.foreign_keys:
        return c.execute(select(key.column).limit(1)).scalar_one()
    match column.type:
        case Boolean():
            return True
        case LargeBinary():
            return bytes(range(256))
        case Float():
            return 104.06476100000001
        case Date():
            return date(2026, 2, 28)
        case WholeNumber() | BigInteger():
            return BIG
        case _:
            length = getattr(column.type, "length", None) or 40
            return "示范'\"\\\U00020bb7\n😀"[:length]


async def _move(source: str, target: str) -> dict[str, int]:
    database = Database(source)
    try:
        log = AuditLog(database=database, clock=SystemClock())
        return dict((await move(source, target, audit=log)).tables)
    finally:
        await database.close()


def _held(c: Connection) -> Rows:
    return {
        one.name: {tuple(row) for row in c.execute(select(one))} for one in COMPLETE.sorted_tables
    }


def held_by_sqlite(url: str) -> Rows:
    with _sqlite(url) as c:
        return _held(c)


async def held_by_postgresql(url: str) -> Rows:
    engine = create_async_engine(url)
    async with engine.connect() as c:
        held = await c.run_sync(_held)
    await engine.dispose()
    return held


async def test_every_row_of_every_table_arrives_as_it_was_and_the_file_stays(
    source: str, target: str
) -> None:
    before = held_by_sqlite(source)

    moved = await _move(source, target)

    after = await held_by_postgresql(target)
    added = after["audit"] - before["audit"]
    after["audit"] -= added
    assert after == before == held_by_sqlite(source)
    assert moved == {name: len(rows) for name, rows in before.items()}
    assert all(moved.values())
    assert [row[3] for row in added] == ["database_moved"]


async def test_the_zone_goes_on_where_it_was(plain: str, target: str, tmp_path: Path) -> None:
    await _move(plain, target)

    async with open_zone(tmp_path, database=target) as zone:
        async with zone.app[keys.DATABASE].read() as c:
            found = await find_login(c, "drafter")
        assert found is not None
        zone.people["drafter"] = found[0]
        await zone.draft()
        assert await zone.app[keys.AUDIT].verify() == 0
        async with zone.app[keys.DATABASE].write() as c:
            for table in COMPLETE.sorted_tables:
                await c.run_sync(_add_another, table)


def _add_another(c: Connection, table: Table) -> None:
    """Add a row like the last one; its number, if the database gives it, must be the next."""
    number = table.autoincrement_column
    if number is None:
        return
    last = c.execute(select(table).order_by(number.desc()).limit(1)).mappings().first()
    if last is None:
        return
    values = {name: value for name, value in last.items() if name != number.name}
    values |= {"cleared": BIG} if "cleared" in values else {}
    given = c.execute(insert(table).values(values).returning(number)).scalar_one()
    assert given == last[number.name] + 1, table.name


async def test_a_database_that_holds_anything_is_not_touched(source: str, target: str) -> None:
    await _move(source, target)
    before = await held_by_postgresql(target)

    with pytest.raises(CannotMove, match="不是空的"):
        await _move(source, target)

    assert await held_by_postgresql(target) == before


async def test_nothing_moves_while_a_controller_is_running(
    plain: str, target: str, tmp_path: Path
) -> None:
    async with open_zone(tmp_path, database=plain) as zone:
        with pytest.raises(CannotMove, match="正在使用"):
            await _move(plain, target)
        assert (await zone.client.get("/")).status < 500

    assert not any((await held_by_postgresql(target)).values())


async def test_a_changed_audit_log_stays_where_it_is_as_evidence(source: str, target: str) -> None:
    with _sqlite(source) as c:
        c.execute(update(audit).where(audit.c.id == 2).values(detail="changed"))
        c.commit()

    with pytest.raises(CannotMove, match="审计日志第 2 条"):
        await _move(source, target)

    assert not any((await held_by_postgresql(target)).values())


@pytest.mark.parametrize("odd", ["nul \x00 inside", "x" * 100_000])
async def test_what_postgresql_does_not_take_moves_nothing(
    source: str, target: str, odd: str
) -> None:
    column = documents.c.title if "\x00" in odd else documents.c.state
    with _sqlite(source) as c:
        c.execute(update(documents).values({column.name: odd}))
        c.commit()

    with pytest.raises(CannotMove, match="documents") as caught:
        await _move(source, target)

    assert odd[:5] not in str(caught.value)
    assert not any((await held_by_postgresql(target)).values())


async def test_what_arrives_changed_is_not_committed(source: str, target: str) -> None:
    engine = create_async_engine(target)
    await Database(target).migrate()
    async with engine.begin() as c:
        for line in MEDDLE:
            await c.execute(text(line))
    await engine.dispose()
    with pytest.raises(CannotMove, match="documents 迁移后与原来不一致"):
        await _move(source, target)

    assert not any((await held_by_postgresql(target)).values())


async def test_a_database_that_cannot_hold_chinese_is_named(source: str, cluster: Cluster) -> None:
    make_database(cluster.url("postgres"), "ascii", "ENCODING 'SQL_ASCII' TEMPLATE template0")

    with pytest.raises(CannotMove, match="SQL_ASCII"):
        await _move(source, cluster.url("ascii"))


def test_the_command_says_what_to_do_next_without_the_password(
    tmp_path: Path, target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "zone"
    assert main(["init", "--state", str(state), "--zone", "示范县", "--region", "519900"]) == 0
    to = target.replace("zone@", "zone:secret@")

    assert main(["move-database", "--state", str(state), "--to", to]) == 0
    said = capsys.readouterr().out
    assert "zone.toml" in said
    assert "serve" in said
    assert "secret" not in said

    assert main(["move-database", "--state", str(state), "--to", to]) == 2
    assert "不是空的" in capsys.readouterr().err


def test_addresses_that_cannot_be_moved_to_are_refused_in_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "zone"
    assert main(["init", "--state", str(state), "--zone", "示范县", "--region", "519900"]) == 0

    for to in (
        "mysql://x/y",
        "postgresql+asyncpg://zone@127.0.0.1:1/none",
        "postgresql+asyncpg://[",
    ):
        assert main(["move-database", "--state", str(state), "--to", to]) == 2
        assert re.search("没有迁移|应以", capsys.readouterr().err)
