"""Make SQLite keep our transactions: begun when and how we say, durable when committed."""

import sqlite3
from collections.abc import Iterable
from threading import Event
from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection

WAL = "PRAGMA journal_mode=WAL"
WAL_TRIES = 100
WAL_PAUSE_S = 0.05
PRAGMAS = (
    WAL,
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=5000",
)
MIGRATION_PRAGMAS = (
    WAL,
    "PRAGMA synchronous=FULL",
    "PRAGMA busy_timeout=30000",
)
"""Batch migrations rebuild tables, which foreign keys would forbid."""


def keep_transactions(engine: Engine, *, begin: str, pragmas: Iterable[str] = PRAGMAS) -> None:
    """Let every transaction of an engine begin with these words, on connections with these settings."""

    @event.listens_for(engine, "connect")
    def prepare(connection: DBAPIConnection, _record: Any) -> None:
        # The driver must not begin transactions by itself: late, deferred, and not at all for DDL.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            _patiently(cursor, pragma)
        cursor.close()

    @event.listens_for(engine, "begin")
    def start(connection: Connection) -> None:
        connection.exec_driver_sql(begin)


def _patiently(cursor: Any, pragma: str) -> None:
    """Set a pragma. Two who make the same new file WAL at once: one is told that it is locked, whatever its timeout."""
    for _ in range(WAL_TRIES if pragma == WAL else 0):
        try:
            cursor.execute(pragma)
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            Event().wait(WAL_PAUSE_S)
        else:
            return
    cursor.execute(pragma)
