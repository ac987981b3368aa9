"""Assemble the public web application: desk, phone pages and what lies around them."""

from aiohttp import web
from argon2 import PasswordHasher

from controller import keys
from controller.auth.sessions import authenticate
from controller.config import ZoneConfig
from controller.desk.install import install
from controller.lifespan import services
from controller.middlewares import add_headers, identify, problems
from controller.pairing_routes import ROUTES as PAIRING_ROUTES
from devices.clock import Clock, SystemClock


def create_app(
    config: ZoneConfig, *, clock: Clock | None = None, hasher: PasswordHasher | None = None
) -> web.Application:
    """Return the application of a zone; nothing is opened before it starts.

    Args:
        config: what the zone was told.
        clock: the wall clock unless a test brings its own.
        hasher: argon2id with the library's costs unless a test brings a cheaper one.
    """
    app = web.Application(middlewares=[identify, problems, authenticate])
    app[keys.CONFIG] = config
    app[keys.CLOCK] = clock or SystemClock()
    app[keys.HASHER] = hasher or PasswordHasher()
    app.on_response_prepare.append(add_headers)
    app.cleanup_ctx.append(services)
    app.router.add_get("/healthz", healthz)
    app.add_routes(PAIRING_ROUTES)
    install(app)
    return app


async def healthz(request: web.Request) -> web.Response:
    """Say that the process serves and its database answers; no more, for anybody may ask."""
    async with request.config_dict[keys.DATABASE].read():
        return web.json_response({"status": "ok"})
