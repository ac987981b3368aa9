"""Listen for terminals: HTTPS where a certificate of this zone is the only way in."""

import asyncio
import errno
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web
from typing_extensions import override

from content.errors import CallerError
from controller.api.handlers import ROUTES
from controller.api.keys import SERVICES, DeviceServices
from controller.api.peer import identify, problems
from controller.api.trespass import noted
from controller.broker.ports import holder_of
from controller.broker.refusals import Refusal, RefusedHandshake

MAX_BODY = 128 * 1024
STOP_S = 2.0


class ApiProblem(CallerError):
    """The device API does not listen; the sentence says what to do."""


def create_device_api(services: DeviceServices) -> web.Application:
    """Return the application of the device API."""
    app = web.Application(middlewares=[noted, problems, identify], client_max_size=MAX_BODY)
    app[SERVICES] = services
    app.add_routes(ROUTES)
    return app


def server_tls(
    certificate: Path,
    key: Path,
    *,
    authority: Path,
    on_refused: Callable[[RefusedHandshake], None],
) -> ssl.SSLContext:
    """Return TLS settings that ask every client for a certificate of the zone and report who had none."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(authority)
    context.verify_mode = ssl.CERT_REQUIRED
    # asyncio drops failed handshakes without a word; this is where they can still be heard.
    context.sslobject_class = _listening(on_refused)
    return context


@asynccontextmanager
async def listening(
    app: web.Application, *, host: str, port: int, tls: ssl.SSLContext
) -> AsyncIterator[None]:
    """Serve the application inside the block.

    Raises:
        ApiProblem: the port is taken or cannot be used.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=STOP_S)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, ssl_context=tls)
        try:
            await site.start()
        except OSError as error:
            raise await _why(error, port) from error
        yield
    finally:
        await runner.cleanup()


async def _why(error: OSError, port: int) -> ApiProblem:
    if error.errno != errno.EADDRINUSE:
        return ApiProblem(
            f"终端接口无法使用端口 {port}，请检查 zone.toml 中 api 的 host 和 port 后重新启动。"
        )
    holder = await asyncio.to_thread(holder_of, port)
    by = f"（{holder.name}，进程号 {holder.pid}）" if holder else ""
    return ApiProblem(
        f"端口 {port} 已被其他程序占用{by}，终端接口没有启动。"
        "请停止该程序，或在 zone.toml 中把 api 的 port 改为空闲端口后重新启动。"
    )


def _listening(on_refused: Callable[[RefusedHandshake], None]) -> type[ssl.SSLObject]:
    class WatchedHandshake(ssl.SSLObject):
        """Tells who was refused; the address is not known at this depth."""

        @override
        def do_handshake(self) -> None:
            try:
                super().do_handshake()
            except ssl.SSLCertVerificationError:
                on_refused(RefusedHandshake(Refusal.FOREIGN, ""))
                raise
            except ssl.SSLError as error:
                if error.reason == "PEER_DID_NOT_RETURN_A_CERTIFICATE":
                    on_refused(RefusedHandshake(Refusal.NO_CERTIFICATE, ""))
                raise

    return WatchedHandshake
