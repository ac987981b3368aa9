"""Serve the public web of a zone until told to stop: HTTPS everywhere but on loopback."""

import asyncio
import errno
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from aiohttp import web

from content.errors import ZoneError
from controller import keys
from controller.app import create_app
from controller.broker.pki import ZoneCa
from controller.broker.ports import holder_of
from controller.config import Tls, ZoneConfig, is_ip
from devices.clock import Clock, SystemClock

logger = logging.getLogger(__name__)

END_S = 2.0
"""How long open pages may go on when the controller ends; live pages would never end by themselves."""


class CannotServe(ZoneError):
    """The web does not listen; the sentence says what to do."""


@dataclass(frozen=True, slots=True)
class Serving:
    """A zone that serves. `set_up_link` is "" once somebody has an account."""

    app: web.Application
    set_up_link: str


@asynccontextmanager
async def serving(config: ZoneConfig, *, clock: Clock | None = None) -> AsyncIterator[Serving]:
    """Serve the zone inside the block.

    Raises:
        CannotServe: the port is taken, or the certificate cannot be used.
    """
    clock = clock or SystemClock()
    app = create_app(config, clock=clock)
    runner = web.AppRunner(app, handle_signals=False, access_log=None, shutdown_timeout=END_S)
    try:
        await runner.setup()
        tls = tls_context(config, clock=clock)
        await _listen(runner, config, tls)
        token = await app[keys.PEOPLE].set_up_token()
        yield Serving(app, f"{config.public_url}/setup/{token}" if token else "")
    finally:
        await runner.cleanup()


def tls_context(config: ZoneConfig, *, clock: Clock) -> ssl.SSLContext | None:
    """Return the TLS settings of the public web, None for plain HTTP on loopback.

    Raises:
        CannotServe: the given certificate or key cannot be used.
    """
    match config.web.tls:
        case Tls.OFF:
            return None
        case Tls.OWN:
            certificate, key = _own_certificate(config, clock=clock)
        case Tls.GIVEN:
            certificate = config.state / config.web.certificate
            key = config.state / config.web.key
        case _:
            assert_never(config.web.tls)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as error:
        raise CannotServe(
            f"无法使用网站证书 {certificate} 和密钥 {key}，请检查两个文件是否存在、是否成对、密钥是否未加密。"
        ) from error
    return context


def _own_certificate(config: ZoneConfig, *, clock: Clock) -> tuple[Path, Path]:
    now = clock.now()
    ca = ZoneCa.open_or_create(config.state / "ca", zone=config.zone, now=now)
    hosts = [one for one in (config.public_host, config.web.host) if one]
    names = [one for one in hosts if not is_ip(one)]
    ips = [one for one in hosts if is_ip(one) and one not in {"0.0.0.0", "::"}]  # noqa: S104 - not to bind
    issued = ca.issue_server((*names, "localhost"), (*ips, "127.0.0.1"), now=now)
    folder = config.state / "web"
    folder.mkdir(mode=0o700, exist_ok=True)
    return issued.write(folder, "server")


async def _listen(runner: web.AppRunner, config: ZoneConfig, tls: ssl.SSLContext | None) -> None:
    port = config.web.port
    try:
        await web.TCPSite(runner, config.web.host, port, ssl_context=tls).start()
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise CannotServe(
                f"无法在 {config.web.host} 的端口 {port} 提供网页，请检查 zone.toml 中 web 的 host 和 port。"
            ) from error
        holder = await asyncio.to_thread(holder_of, port)
        by = f"（{holder.name}，进程号 {holder.pid}）" if holder else ""
        raise CannotServe(
            f"端口 {port} 已被其他程序占用{by}。请停止该程序，或在 zone.toml 中把 web 的 port 改为空闲端口。"
        ) from error
