"""Note which terminals asked the device API for what they may not have; the answer is as it was."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from controller.api.keys import SERVICES
from controller.api.peer import name_shown
from controller.services.findings import Finding

STRANGER = "stranger"
MAX_PATH = 120
_TOLD = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN, HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def noted(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Note refusals; an address that is none of ours counts as one, a file that is missing does not."""
    try:
        answer = await handler(request)
    except web.HTTPException as refusal:
        _note(request, refusal.status)
        raise
    _note(request, answer.status)
    return answer


def _note(request: web.Request, status: int) -> None:
    if status not in _TOLD and request.match_info.http_exception is None:
        return
    actor = name_shown(request) or STRANGER
    # The status is the subject: a thief who varies addresses still fills one line an hour, not the audit log.
    finding = Finding(actor, "api_refused", str(int(status)), request.path[:MAX_PATH])
    request.config_dict[SERVICES].findings.note(finding)
