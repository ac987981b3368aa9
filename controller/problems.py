"""Turn errors into problems (RFC 9457): what went wrong, in the reader's words, with what to do.

The services know nothing of HTTP; here their errors get a status. Sentences come from the errors themselves.
"""

import math
from dataclasses import dataclass, field, replace
from functools import singledispatch
from http import HTTPStatus
from typing import Any

from aiohttp import web

from content.errors import CallerError, NotFound, PeerError
from content.requests.states import WrongStep
from controller.auth.permissions import Forbidden
from controller.services.document_states import WrongState
from controller.services.documents import NotReady, Stale
from controller.services.feed_log import NoPolicy
from controller.services.pairings import TooManyPairings
from controller.services.people import BadLink, TooManyAttempts, WrongLogin
from controller.services.published import Withdrawn
from controller.services.signing import StaleApproval
from controller.store.database import DiskFull

BLANK = "about:blank"


class NotSignedIn(CallerError):
    """Nobody is signed in, or the session has ended (`expired`)."""

    def __init__(self, *, expired: bool) -> None:
        words = "登录已过期，请重新登录后继续。" if expired else "请先登录。"
        super().__init__(words)
        self.expired = expired


class ForgedRequest(CallerError):
    """A change that does not come from our own page."""

    def __init__(self) -> None:
        super().__init__("页面已过期或请求来源不正确，请刷新页面后重试。")


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem as RFC 9457 has it.

    Attributes:
        status: HTTP status.
        title: short, the same for each occurrence of the type.
        type: path of its explanation, or about:blank.
        detail: the sentence that says what to do.
        errors: further points, each a sentence.
        headers: HTTP headers that belong to it.
        instance: names this occurrence: urn:uuid of the request.
    """

    status: HTTPStatus
    title: str
    type: str = BLANK
    detail: str = ""
    errors: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)
    instance: str = ""

    def members(self) -> dict[str, Any]:
        """Return the JSON members; empty ones are left out."""
        members = {
            "type": self.type,
            "title": self.title,
            "status": int(self.status),
            "detail": self.detail,
            "instance": self.instance,
            "errors": [{"detail": point} for point in self.errors],
        }
        return {name: value for name, value in members.items() if value}


@singledispatch
def to_problem(_error: BaseException) -> Problem:
    """Return the problem that an error is. What is not foreseen says nothing of its inside."""
    return Problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "系统内部错误",
        detail="系统出现意外错误，已保存的内容没有丢失。请稍后重试；如仍出现，请把页面上的编号告诉管理员。",
    )


@to_problem.register
def _(error: CallerError) -> Problem:
    return Problem(HTTPStatus.BAD_REQUEST, "无法完成操作", detail=str(error))


@to_problem.register
def _(error: PeerError) -> Problem:
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "内容校验未通过",
        "/problems/not-verified",
        f"{error}。为避免展示被改动的内容，本页暂不显示，请联系管理员。",
    )


@to_problem.register
def _(error: NotFound) -> Problem:
    return Problem(HTTPStatus.NOT_FOUND, "没有找到", "/problems/not-found", str(error))


@to_problem.register
def _(error: Withdrawn) -> Problem:
    return Problem(HTTPStatus.GONE, "已撤回", "/problems/withdrawn", str(error))


@to_problem.register
def _(error: BadLink) -> Problem:
    return Problem(HTTPStatus.GONE, "链接无效", "/problems/bad-link", str(error))


@to_problem.register
def _(error: Forbidden) -> Problem:
    return Problem(HTTPStatus.FORBIDDEN, "没有权限", "/problems/forbidden", str(error))


@to_problem.register
def _(error: ForgedRequest) -> Problem:
    return Problem(HTTPStatus.FORBIDDEN, "请求来源不正确", "/problems/forged", str(error))


@to_problem.register
def _(error: NotSignedIn) -> Problem:
    return Problem(HTTPStatus.UNAUTHORIZED, "需要登录", "/problems/not-signed-in", str(error))


@to_problem.register
def _(error: WrongLogin) -> Problem:
    return Problem(HTTPStatus.UNAUTHORIZED, "登录失败", "/problems/wrong-login", str(error))


@to_problem.register(TooManyAttempts)
@to_problem.register(TooManyPairings)
def _(error: TooManyAttempts | TooManyPairings) -> Problem:
    return Problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        "尝试次数过多",
        "/problems/too-many-attempts",
        str(error),
        headers={"Retry-After": str(math.ceil(error.wait_s))},
    )


@to_problem.register(Stale)
@to_problem.register(StaleApproval)
@to_problem.register(WrongState)
@to_problem.register(WrongStep)
@to_problem.register(NoPolicy)
def _(error: CallerError) -> Problem:
    return Problem(HTTPStatus.CONFLICT, "状态已变化", "/problems/conflict", str(error))


@to_problem.register
def _(error: NotReady) -> Problem:
    return Problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "还不能提交",
        "/problems/not-ready",
        str(error),
        errors=error.points,
    )


@to_problem.register
def _(error: DiskFull) -> Problem:
    return Problem(
        HTTPStatus.INSUFFICIENT_STORAGE, "磁盘空间不足", "/problems/disk-full", str(error)
    )


_HTTP_ZH = {
    HTTPStatus.NOT_FOUND: ("没有这个页面", "请核对网址，或返回首页重新查找。"),
    HTTPStatus.METHOD_NOT_ALLOWED: ("不支持这种操作", "请返回上一页，从页面上的按钮操作。"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: (
        "内容过大",
        "提交的内容超过上限，请压缩或拆分后重新提交。",
    ),
    HTTPStatus.TOO_MANY_REQUESTS: ("操作过于频繁", "请稍等片刻再试。"),
}
_KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")


@to_problem.register
def _(error: web.HTTPException) -> Problem:
    status = HTTPStatus(error.status)
    title, detail = _HTTP_ZH.get(
        status, ("无法完成操作", "请返回上一页重试；如仍出现，请联系管理员。")
    )
    kept = {name: error.headers[name] for name in _KEPT_HEADERS if name in error.headers}
    return Problem(status, title, detail=detail, headers=kept)


def occurred(error: BaseException, request_id: str) -> Problem:
    """Return the problem of one request."""
    return replace(to_problem(error), instance=f"urn:uuid:{request_id}")
