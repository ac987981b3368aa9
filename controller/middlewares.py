"""What happens around every request: it gets an id, its errors become problems, its answer safe headers."""

import logging
from http import HTTPStatus
from urllib.parse import quote
from uuid import uuid4

from aiohttp import web
from aiohttp.typedefs import Handler

from controller.auth.sessions import SAFE_METHODS
from controller.keys import ERROR_PAGE, PERSON, REQUEST_ID
from controller.problems import NotSignedIn, Problem, occurred

logger = logging.getLogger(__name__)

LOGIN = "/desk/login"

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none';"
        " form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


@web.middleware
async def identify(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Give the request an id of our own; one that a client sends is not believed."""
    request[REQUEST_ID] = str(uuid4())
    return await handler(request)


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer errors: problem JSON for programs and htmx, a page or the login for browsers."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        return await _answer(request, occurred(error, request[REQUEST_ID]))
    except NotSignedIn as error:
        if wants_page(request) and request.method in SAFE_METHODS:
            raise web.HTTPSeeOther(_login(request, error)) from error
        problem = occurred(error, request[REQUEST_ID])
        problem.headers["HX-Trigger"] = "signed-out"  # the page stays, with all that was typed
        return await _answer(request, problem)
    except Exception as error:
        problem = occurred(error, request[REQUEST_ID])
        if problem.status is HTTPStatus.INTERNAL_SERVER_ERROR:
            logger.exception("request failed", extra={"request": request[REQUEST_ID]})
        return await _answer(request, problem)


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Put safe headers on each response; a handler's own stay."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = "zone"  # versions are nobody's business
    response.headers.setdefault("X-Request-Id", request.get(REQUEST_ID, ""))
    if PERSON in request:
        response.headers.setdefault("Cache-Control", "no-store")


def wants_page(request: web.Request) -> bool:
    """Say whether a browser asks for a whole page: not htmx, not a program."""
    return "HX-Request" not in request.headers and "text/html" in request.headers.get("Accept", "")


def _login(request: web.Request, error: NotSignedIn) -> str:
    expired = "&expired=1" if error.expired else ""
    return f"{LOGIN}?next={quote(request.path_qs, safe='')}{expired}"


async def _answer(request: web.Request, problem: Problem) -> web.Response:
    response = await _page(request, problem) if wants_page(request) else None
    if response is None:
        response = web.json_response(
            problem.members(), status=problem.status, content_type="application/problem+json"
        )
    response.headers.update(problem.headers)
    return response


async def _page(request: web.Request, problem: Problem) -> web.Response | None:
    draw = request.config_dict.get(ERROR_PAGE)
    if draw is None:
        return None
    try:
        response = await draw(request, problem)
    except Exception:
        # Drawing may fail for the reason that brought us here; a bare sentence always can be said.
        logger.exception("error page failed", extra={"request": request[REQUEST_ID]})
        response = web.Response(text=f"{problem.title}\n{problem.detail}\n{problem.instance}\n")
    response.set_status(problem.status)
    return response
