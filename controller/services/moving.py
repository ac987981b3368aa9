"""Move a zone from SQLite to PostgreSQL: everything in one transaction, and nothing believed that was not read back.

The source stays as it is and is a backup from then on. Nobody may write to it meanwhile: what a controller committed
there after it was read would be lost.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

import msgspec
from sqlalchemy import Connection, Table, create_engine, func, insert, make_url, select, text
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from content.errors import ZoneError
from controller.services.audit import AuditLog, first_broken
from controller.store.migrate import is_postgresql, upgrade
from controller.store.postgresql import WRITERS_TURN
from controller.store.schema import COMPLETE

AT_ONCE = 1000
WHO = "command_line"
MOVED = "database_moved"


class CannotMove(ZoneError):
    """Nothing was moved; the sentence says why and what to do."""


@dataclass(slots=True)
class Tally:
    """What a table holds: how many rows, and a sum of their digests that knows no order."""

    rows: int = 0
    digest: int = 0

    def count(self, rows: Iterable[tuple[object, ...]]) -> None:
        """Count rows."""
        for row in rows:
            self.rows += 1
            one = sha256(msgspec.msgpack.encode(row)).digest()
            self.digest = (self.digest + int.from_bytes(one, "big")) % (1 << 256)


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved: rows by table, and deeds in the audit log."""

    tables: Mapping[str, int] = field(default_factory=dict)
    deeds: int = 0


async def move(source: str, target: str, *, audit: AuditLog) -> Moved:
    """Move everything, or nothing.

    Args:
        source: URL of the SQLite database in use.
        target: URL of an empty PostgreSQL database.
        audit: writes the deed itself, into the target.

    Raises:
        CannotMove: nothing has changed in either.
    """
    if is_postgresql(source):
        raise CannotMove("这个专区已经在使用 PostgreSQL，无需迁移。")
    if not is_postgresql(target):
        raise CannotMove("目标地址应以 postgresql+asyncpg:// 开头。")
    try:
        await asyncio.to_thread(upgrade, source)
        await _check_encoding(target)
        await asyncio.to_thread(upgrade, target)
    except (SQLAlchemyError, OSError) as error:
        raise CannotMove(
            "无法打开源数据库或目标数据库，没有迁移任何数据。"
            f"请检查地址、账号、口令和网络后重试。（{type(error).__name__}）"
        ) from error
    engine = create_engine(
        make_url(source).set(drivername="sqlite"), hide_parameters=True, poolclass=NullPool
    )
    try:
        with engine.connect() as held:
            _hold(held)
            return await _into(target, held, audit=audit)
    finally:
        engine.dispose()


async def _check_encoding(target: str) -> None:
    engine = create_async_engine(target)
    try:
        async with engine.connect() as c:
            encoding = (await c.execute(text("SHOW server_encoding"))).scalar_one()
    finally:
        await engine.dispose()
    if encoding != "UTF8":
        raise CannotMove(
            f"目标数据库的编码是 {encoding}，不能保存中文。"
            "请用 createdb --encoding UTF8 --template template0 新建一个数据库后重试。"
        )


def _hold(source: Connection) -> None:
    """Keep everybody else out. Only the last connection to a database can leave WAL: so nobody else has it open."""
    try:
        mode = source.exec_driver_sql("PRAGMA journal_mode=DELETE").scalar_one()
        source.commit()
        source.exec_driver_sql("BEGIN EXCLUSIVE")
    except OperationalError as error:
        raise _in_use() from error
    if mode != "delete":
        raise _in_use()


def _in_use() -> CannotMove:
    return CannotMove(
        "数据库正在使用，没有迁移任何数据。请先停止控制端和其他正在运行的命令后重试。"
    )


async def _into(target: str, source: Connection, *, audit: AuditLog) -> Moved:
    engine = create_async_engine(target, hide_parameters=True)
    place = ""
    try:
        async with engine.begin() as c:
            await c.execute(select(func.pg_advisory_xact_lock(WRITERS_TURN)))
            await _check_empty(c)
            tallies: dict[str, Tally] = {}
            for table in COMPLETE.sorted_tables:
                place = table.name
                tallies[place] = await _copy(source, c, table)
            await _check(c, tallies)
            deeds = tallies["audit"].rows
            await audit.write(c, actor=WHO, act=MOVED, subject="postgresql", detail=f"{deeds}")
    except (DBAPIError, OSError, ValueError) as error:
        # Only the error's name: a database error quotes its statement's values.
        why = type(error.orig if isinstance(error, DBAPIError) else error).__name__
        raise CannotMove(
            f"表 {place} 无法写入目标数据库，没有迁移任何数据，原数据库没有改动。"
            f"请检查目标数据库的磁盘空间和连接后重试。（{why}）"
        ) from error
    finally:
        await engine.dispose()
    return Moved({name: one.rows for name, one in tallies.items()}, deeds)


async def _check_empty(c: AsyncConnection) -> None:
    for table in COMPLETE.sorted_tables:
        found = (await c.execute(select(table).limit(1))).first()
        if found is not None:
            raise CannotMove(
                f"目标数据库不是空的（表 {table.name} 中已有数据），没有迁移任何数据。"
                "请新建一个空数据库后重试；已有的数据不会被覆盖。"
            )


async def _copy(source: Connection, c: AsyncConnection, table: Table) -> Tally:
    tally, names = Tally(), [column.name for column in table.columns]
    for part in source.execute(select(table)).partitions(AT_ONCE):
        rows = [tuple(row) for row in part]
        tally.count(rows)
        await c.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])
    number = table.autoincrement_column
    if number is not None and tally.rows:
        await c.execute(
            text("SELECT setval(pg_get_serial_sequence(:table, :column), :last)"),
            {
                "table": table.name,
                "column": number.name,
                "last": (await c.execute(select(func.max(number)))).scalar_one(),
            },
        )
    return tally


async def _check(c: AsyncConnection, tallies: Mapping[str, Tally]) -> None:
    """Read everything back, in the same transaction: what is not the same is not committed."""
    for table in COMPLETE.sorted_tables:
        arrived = Tally()
        async with c.stream(select(table)) as rows:
            async for part in rows.partitions(AT_ONCE):
                arrived.count(tuple(row) for row in part)
        if arrived != tallies[table.name]:
            raise CannotMove(
                f"表 {table.name} 迁移后与原来不一致（原有 {tallies[table.name].rows} 行，"
                f"写入 {arrived.rows} 行），已全部撤销，原数据库没有改动。请联系维护人员。"
            )
    broken = await first_broken(c)
    if broken:
        raise CannotMove(
            f"审计日志第 {broken} 条与它的前后不符，说明有人改动过记录；没有迁移任何数据。"
            "请先查明原因，保留原数据库作为证据。"
        )
