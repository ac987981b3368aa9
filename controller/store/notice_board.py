"""One connection to the zone's PostgreSQL for locks and notices; not for data."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import asyncpg

if TYPE_CHECKING:
    Connection = asyncpg.Connection[Any]

ANSWER_S = 5.0
LOST = (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
"""What tells that the database cannot be asked now."""
_KEEPALIVES = {
    # A machine that vanishes without a goodbye keeps its locks for so long: 5 + 3 x 2 seconds.
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}


@asynccontextmanager
async def connected(url: str, *, name: str) -> AsyncIterator["Connection"]:
    """Give a connection of its own; every lock that it took is free after the block.

    Args:
        url: as SQLAlchemy writes it.
        name: under which the server lists it.
    """
    connection = await asyncpg.connect(
        url.replace("+asyncpg", ""),
        timeout=ANSWER_S,
        command_timeout=ANSWER_S,
        server_settings={"application_name": name, **_KEEPALIVES},
    )
    try:
        yield connection
    finally:
        with suppress(*LOST):
            await connection.close(timeout=1)
