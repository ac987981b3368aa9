"""The services of a zone without its listeners, for commands; a running controller may be beside it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from argon2 import PasswordHasher

from controller import keys
from controller.config import ZoneConfig
from controller.lifespan import add_services, open_store
from controller.store.database import Database
from devices.clock import SystemClock


@asynccontextmanager
async def offline(config: ZoneConfig) -> AsyncIterator[web.Application]:
    """Give the services under the same keys as in the running application."""
    app = web.Application()
    app[keys.CONFIG] = config
    app[keys.CLOCK] = SystemClock()
    app[keys.HASHER] = PasswordHasher()
    config.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    database = Database(config.database_url)
    try:
        keyring = await open_store(config, database)
        add_services(app, database=database, keyring=keyring, clock=app[keys.CLOCK])
        yield app
    finally:
        await database.close()
