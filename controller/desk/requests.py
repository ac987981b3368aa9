"""Pages of information requests: the list without personal data, one request with them (each reading audited)."""

from http import HTTPStatus

from aiohttp import web

from content.errors import CallerError
from content.requests.states import RequestState
from controller.auth.permissions import Permission, allow
from controller.auth.sessions import signed_in
from controller.desk.forms import word
from controller.desk.pages import done, page
from controller.desk.paging import Pager, offset_of
from controller.keys import PEOPLE, REQUESTS

LIST = 50


async def requests(request: web.Request) -> web.Response:
    """List requests, the most urgent first."""
    by, offset = signed_in(request), offset_of(request)
    state = word(request.query, "state", limit=40)
    rows = await request.config_dict[REQUESTS].list(by, state=state, limit=LIST + 1, offset=offset)
    counts = await request.config_dict[REQUESTS].counts(by)
    return await page(
        request,
        "requests.html",
        rows=rows[:LIST],
        state=state,
        states=tuple(state for state in RequestState if state in counts),
        counts=counts,
        request_tone=request_tone,
        may_read=allow(by, Permission.READ_REQUEST),
        pager=Pager.of(request, offset=offset, size=LIST, more=len(rows) > LIST),
    )


async def request_page(request: web.Request) -> web.StreamResponse:
    """Show one request with personal data; the service writes the reading to the audit log."""
    return await _show(request)


async def confirm(request: web.Request) -> web.StreamResponse:
    """Note that the applicant was reached: today is the day of receipt (article 31)."""
    form, number = await request.post(), request.match_info["number"]
    try:
        await request.config_dict[REQUESTS].confirm(
            signed_in(request), number, note=word(form, "note")
        )
    except CallerError as error:
        return await _show(request, problem=str(error))
    raise done(request, "request", "confirmed", number=number)


async def _show(request: web.Request, *, problem: str = "") -> web.Response:
    by, services = signed_in(request), request.config_dict
    detail = await services[REQUESTS].read(by, request.match_info["number"])
    waits = detail.row.state is RequestState.AWAITING_CONFIRMATION
    return await page(
        request,
        "request.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        problem=problem,
        row=detail.row,
        form=detail.form,
        history=detail.history,
        may_confirm=waits and allow(by, Permission.WORK_REQUEST),
        names=await services[PEOPLE].names(),
        request_tone=request_tone,
    )


def request_tone(state: RequestState) -> tuple[str, str]:
    """Return the tone and icon of a state's tag."""
    match state:
        case RequestState.AWAITING_CONFIRMATION:
            return "warn", "phone-call"
        case (
            RequestState.AWAITING_CORRECTION
            | RequestState.AWAITING_REASONS
            | RequestState.AWAITING_PAYMENT
            | RequestState.CONSULTING
        ):
            return "", "pause"
        case RequestState.REPLIED | RequestState.DELIVERED | RequestState.ARCHIVED:
            return "good", "circle-check"
        case RequestState.ABANDONED | RequestState.WITHDRAWN | RequestState.NOT_PROCESSED:
            return "", "archive"
        case _:
            return "blue", "clipboard-list"
