"""Open the zone's database: many readers, one writer at a time, nothing lost after a commit.

SQLite runs in WAL with synchronous=FULL (wire.md 7: a request that was acknowledged survives a power
cut); a writer begins IMMEDIATE, so that two writers wait for each other instead of failing half-way.
PostgreSQL, by URL, keeps the same promises to several controllers at once (controller.store.postgresql).
"""

import asyncio
import errno
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from content.errors import ZoneError
from controller.store.migrate import is_postgresql, upgrade
from controller.store.postgresql import reading_engine, writing_engine
from controller.store.sqlite import keep_transactions

READERS = 4
DISK_FULL = "53100"
"""PostgreSQL's word for it (Appendix A, class 53)."""


class DiskFull(ZoneError):
    """There is no room to write. What was kept before is untouched; nothing of this write remains."""

    def __init__(self) -> None:
        super().__init__(
            "服务器磁盘空间不足，本次操作没有保存，已有数据没有丢失。"
            "请管理员清理数据目录所在磁盘（例如旧日志和备份）后重试。"
        )


class Database:
    """The database of one controller process. `migrate` comes first, `close` last."""

    def __init__(self, url: str) -> None:
        self._url = url
        if is_postgresql(url):
            self._writer, self._readers = writing_engine(url), reading_engine(url)
        else:
            self._writer = _engine(url, size=1, begin="BEGIN IMMEDIATE")
            self._readers = _engine(url, size=READERS, begin="BEGIN")
        self._turn = asyncio.Lock()

    async def migrate(self) -> None:
        """Bring the tables to this version's form."""
        await asyncio.to_thread(upgrade, self._url)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Give one consistent view; what is written meanwhile is not in it."""
        async with self._readers.connect() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Give one transaction: committed at the end, undone by any exception.

        Raises:
            DiskFull: the disk has no room; nothing of the transaction remains.
        """
        try:
            async with self._turn, self._writer.begin() as connection:
                yield connection
        except (DBAPIError, OSError) as error:
            if is_disk_full(error):
                raise DiskFull from error
            raise

    async def close(self) -> None:
        """Close all connections."""
        await self._writer.dispose()
        await self._readers.dispose()


def is_disk_full(error: BaseException) -> bool:
    """Say whether an error means that the disk, a quota or the database file has no more room."""
    if isinstance(error, DBAPIError):
        state = getattr(error.orig, "sqlstate", None)
        return state == DISK_FULL or "disk is full" in str(error.orig)
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}


def _engine(url: str, *, size: int, begin: str) -> AsyncEngine:
    # Errors must not carry what was being written: it may be an applicant's.
    engine = create_async_engine(url, pool_size=size, max_overflow=0, hide_parameters=True)

    keep_transactions(engine.sync_engine, begin=begin)
    return engine
