"""Know which terminal is asking: by the certificate of its connection, which the store must still welcome."""

import logging
import ssl
from asyncio import Transport
from collections.abc import Awaitable, Callable
from http import HTTPStatus

import msgspec
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID
from sqlalchemy.exc import SQLAlchemyError

from content.errors import NotFound, PeerError, ZoneError
from controller.api.keys import SERVICES, TERMINAL, DeviceServices
from controller.store.terminals import Terminal

logger = logging.getLogger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
PROBLEM_TYPE = "application/problem+json"

UNKNOWN_DEVICE = "本终端未在系统登记、已停用或证书已更换，请联系管理员重新登记。"
OTHER_FEED = "本终端未登记接收这个频道的内容。"
UNREADABLE = "请求内容格式不正确，请更新终端软件。"
TOO_MANY = "本终端发送过于频繁，稍后会自动重试；如持续出现，请检查终端程序是否异常。"
TOO_LARGE = "任务结果文件过大，请缩小后重新执行任务。"
NOT_NOW = "服务器暂时无法保存，请稍后重试，终端会自动重试。"


def problem(status: HTTPStatus, detail: str, *, kind: str = "about:blank") -> web.Response:
    """Return an RFC 9457 answer with a sentence that says what to do."""
    fields = {"type": kind, "title": status.phrase, "status": int(status), "detail": detail}
    body = msgspec.json.encode(fields)
    return web.Response(status=status, body=body, content_type=PROBLEM_TYPE)


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what went wrong into an answer for a program, without anything of the inside."""
    try:
        return await handler(request)
    except NotFound as error:
        return problem(HTTPStatus.NOT_FOUND, str(error))
    except PeerError:
        return problem(HTTPStatus.BAD_REQUEST, UNREADABLE)
    except (ZoneError, SQLAlchemyError, OSError) as error:
        # Only the error's name is logged: a database error quotes its statement's values.
        extra = {"path": request.path, "why": type(error).__name__}
        logger.error("device request not served", extra=extra)  # noqa: TRY400
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, NOT_NOW)


@web.middleware
async def identify(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let only enrolled terminals pass, each with the very certificate that it was enrolled with."""
    terminal = await _terminal(request.transport, request.config_dict[SERVICES])
    if terminal is None:
        refusal = problem(HTTPStatus.FORBIDDEN, UNKNOWN_DEVICE, kind="/problems/unknown-device")
        refusal.force_close()
        return refusal
    if request.transport is not None:
        request.config_dict[SERVICES].links.note(
            terminal.id, terminal.fingerprint, request.transport
        )
    request[TERMINAL] = terminal
    return await handler(request)


async def _terminal(transport: Transport | None, services: DeviceServices) -> Terminal | None:
    certificate = _certificate(transport)
    if certificate is None:
        return None
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    terminal = await services.terminals.find(str(names[0].value)) if names else None
    shown = certificate.fingerprint(SHA256()).hex()
    if terminal is None or terminal.fingerprint == shown:
        return terminal
    return await services.renewals.shown(terminal, shown)


def name_shown(request: web.Request) -> str:
    """Return the name in the certificate of a connection, whether or not its terminal is welcome."""
    certificate = _certificate(request.transport)
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME) if certificate else []
    return str(names[0].value) if names else ""


def _certificate(transport: Transport | None) -> x509.Certificate | None:
    tls = transport.get_extra_info("ssl_object") if transport else None
    if not isinstance(tls, ssl.SSLObject):
        return None
    data = tls.getpeercert(binary_form=True)
    return x509.load_der_x509_certificate(data) if data else None
