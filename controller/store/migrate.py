"""Bring a database's tables to the form that this version expects (Alembic)."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, func, make_url, select
from sqlalchemy.ext.asyncio import create_async_engine

from controller.store.postgresql import MIGRATION
from controller.store.sqlite import MIGRATION_PRAGMAS, keep_transactions

SCRIPTS = Path(__file__).with_name("migrations")


def upgrade(url: str) -> None:
    """Run the migrations that are still missing. Blocks: call it in a thread."""
    if is_postgresql(url):
        asyncio.run(_upgrade_postgresql(url))
    else:
        _upgrade_sqlite(url)


def is_postgresql(url: str) -> bool:
    """Say whether a URL names a PostgreSQL database."""
    return url.startswith("postgresql")


def _upgrade_sqlite(url: str) -> None:
    engine = create_engine(make_url(url).set(drivername="sqlite"))
    # One transaction for all: a power cut half-way leaves the tables as they were.
    keep_transactions(engine, begin="BEGIN IMMEDIATE", pragmas=MIGRATION_PRAGMAS)
    try:
        with engine.begin() as connection:
            _run(connection)
    finally:
        engine.dispose()


async def _upgrade_postgresql(url: str) -> None:
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            # Several controllers may start at once: one migrates, the others find it done.
            await connection.execute(select(func.pg_advisory_xact_lock(MIGRATION)))
            await connection.run_sync(_run)
    finally:
        await engine.dispose()


def _run(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
