"""Answer the citizens' pages: a document by its id, a request by its receipt code."""

from datetime import datetime
from http import HTTPStatus
from math import ceil

from aiohttp import web

from content.catalog.item import CatalogItem
from content.codes import BadCode, parse_code, show_code
from content.disclosure.record import DisclosureRecord
from content.errors import NotFound
from content.requests.states import is_open
from controller.keys import CONFIG, PUBLISHING, REQUESTS
from controller.phone.guessing import guesser
from controller.phone.pages import GUESSES, HERE, error_page, language_of, page, say, show_day
from controller.phone.search import ROUTES as SEARCH_ROUTES
from controller.phone.views import document_view
from controller.services.published import Withdrawn
from devices.clock import CHINA


async def document(request: web.Request) -> web.StreamResponse:
    """Show a published document. `?v=` is the version on the reader's slip."""
    try:
        code = parse_code(request.match_info["id"])
        published = await request.config_dict[PUBLISHING].record(code)
    except Withdrawn as gone:
        return _taken_back(request, gone)
    except (BadCode, NotFound):
        return error_page(request, status=HTTPStatus.NOT_FOUND)
    if isinstance(published.record, CatalogItem):
        return page(request, "item.html", item=published.record)
    if not isinstance(published.record, DisclosureRecord):
        return error_page(request, status=HTTPStatus.NOT_FOUND)
    had = request.query.get("v", "")
    view = document_view(
        published, published.record, had=int(had) if had.isascii() and had.isdigit() else 0
    )
    return page(request, "document.html", view=view)


def _taken_back(request: web.Request, gone: Withdrawn) -> web.Response:
    day = show_day(datetime.fromtimestamp(gone.at, CHINA).date(), language=language_of(request))
    return page(
        request,
        "message.html",
        status=HTTPStatus.GONE,
        private=True,
        title=say(request, "banner.withdrawn"),
        text=say(request, "banner.withdrawn_text", day=day),
        way="/s",
        way_word=say(request, "missing.way"),
        way_icon="search",
    )


async def look_up(request: web.Request) -> web.StreamResponse:
    """Show the form for a receipt code, or go to the page of the code that was typed."""
    typed = request.query.get("code", "")
    if not typed:
        return page(request, "lookup.html", private=True, typed="", title="", text="")
    try:
        code = parse_code(typed)
    except BadCode:
        return _ask_again(request, "form.unknown", "form.bad_code", typed=typed)
    raise web.HTTPSeeOther(
        request.rel_url.with_path(f"/r/{code}", keep_query=True).without_query_params("code")
    )


async def progress(request: web.Request) -> web.StreamResponse:
    """Show where a request stands. No personal data; wrong codes slow the guesser down."""
    guesses, typed = request.config_dict[GUESSES], request.match_info["code"]
    site = guesser(request.remote or "")
    wait_s = guesses.wait_s(site)
    if wait_s:
        return _slow_down(request, wait_s)
    try:
        state = await request.config_dict[REQUESTS].public_state(parse_code(typed))
    except (BadCode, NotFound) as error:
        guesses.miss(site)
        known = "form.unknown_text" if isinstance(error, NotFound) else "form.bad_code"
        return _ask_again(request, "form.unknown", known, typed=typed[:24])
    return page(
        request,
        "request.html",
        private=True,
        state=state,
        code=show_code(state.code),
        waits=is_open(state.state),
        contact=request.config_dict[CONFIG].contact,
    )


def _ask_again(request: web.Request, title: str, text: str, *, typed: str) -> web.Response:
    return page(
        request,
        "lookup.html",
        status=HTTPStatus.NOT_FOUND,
        private=True,
        typed=typed,
        title=say(request, title),
        text=say(request, text),
    )


def _slow_down(request: web.Request, wait_s: int) -> web.Response:
    response = page(
        request,
        "lookup.html",
        status=HTTPStatus.TOO_MANY_REQUESTS,
        private=True,
        typed="",
        title=say(request, "form.slow_down"),
        text=say(request, "form.slow_down_text", minutes=ceil(wait_s / 60)),
    )
    response.headers["Retry-After"] = str(wait_s)
    return response


ROUTES = (
    web.get("/d/{id}", document, name="phone-document"),
    web.get("/r", look_up, name="phone-lookup"),
    web.get("/r/{code}", progress, name="phone-request"),
    *SEARCH_ROUTES,
    web.static("/phone", HERE / "static", name="phone-static"),
)
