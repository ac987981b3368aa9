"""Make PostgreSQL keep the promises that the store makes over SQLite: one writer at a time, all or nothing, on disk.

One writer at a time, across all controllers of a zone: numbers, audit chain and log are continued from their last row,
and nobody may slip in between. What fleets say is written in batches (controller.push.inbox), so the turn is short.
"""

from sqlalchemy import Connection, Engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

WRITERS_TURN = 0x5A31
"""Advisory lock of whoever writes; those of leaders are in controller.services.leader."""
MIGRATION = 0x5A32
WAIT_FOR_TURN = "10s"
READERS = 10
"""One controller's reading connections; PostgreSQL's own limit is 100 for all."""


def reading_engine(url: str) -> AsyncEngine:
    """Return an engine whose transactions see one moment and cannot write."""
    return _engine(url, size=READERS).execution_options(
        isolation_level="REPEATABLE READ", postgresql_readonly=True
    )


def writing_engine(url: str) -> AsyncEngine:
    """Return an engine whose transactions take turns with those of every other controller."""
    engine = _engine(url, size=1)
    _take_turns(engine.sync_engine)
    return engine


def _engine(url: str, *, size: int) -> AsyncEngine:
    # Errors must not carry what was being written: it may be an applicant's.
    return create_async_engine(
        url,
        pool_size=size,
        max_overflow=0,
        hide_parameters=True,
        pool_pre_ping=True,
        connect_args={
            "timeout": 10,
            "server_settings": {
                "application_name": "disclosure-zone",
                "lock_timeout": WAIT_FOR_TURN,
                # A commit that was said is on disk (wire.md 7), whatever this server's default is.
                "synchronous_commit": "on",
            },
        },
    )


def _take_turns(engine: Engine) -> None:
    @event.listens_for(engine, "begin")
    def wait_for_turn(connection: Connection) -> None:
        # READ COMMITTED: what is read after the turn has come is what the writer before has left.
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS_TURN})")
