"""The page of judged questions and of the nights: what a search should find, and what was learned from use."""

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

from aiohttp import web

from content.errors import CallerError
from content.search.curated import Target
from controller.auth.permissions import Forbidden, Permission, allow
from controller.auth.sessions import signed_in
from controller.desk.forms import word
from controller.desk.learning_plot import HEIGHT, LEFT, RIGHT, WIDTH, plot
from controller.desk.pages import address, page
from controller.keys import EXAMS, NIGHTS, SEARCH_COPY
from controller.store.nights import JudgedQuestion

FOUND = 6
TRIED = 40
"""Questions whose place is looked up while the page is drawn: as many as a person reads."""
LOOKED_AT = 50
TOP = 3


@dataclass(frozen=True, slots=True)
class Row:
    """A judged question and where its record stands now: 1 is first, 0 = not found, None = not looked up."""

    judged: JudgedQuestion
    place: int | None


async def exams(request: web.Request) -> web.Response:
    """Show the judged questions and the last nights."""
    return await _show(request)


async def add(request: web.Request) -> web.StreamResponse:
    """Say that a question should find a record; go back to where that was said."""
    form = await request.post()
    try:
        await request.config_dict[EXAMS].add(
            signed_in(request), word(form, "text"), word(form, "record", limit=10)
        )
    except Forbidden:
        raise
    except CallerError as error:
        return await _show(request, problem=str(error))
    if word(form, "back") == "search":
        query = urlencode({"q": word(form, "text"), "done": "exam_added"})
        raise web.HTTPSeeOther(f"{address(request, 'search')}?{query}")
    raise web.HTTPSeeOther(f"{address(request, 'exams')}?done=exam_added")


async def remove(request: web.Request) -> web.StreamResponse:
    """Take a judged question out."""
    number = int(request.match_info["number"])
    await request.config_dict[EXAMS].drop(signed_in(request), number)
    raise web.HTTPSeeOther(f"{address(request, 'exams')}?done=exam_removed")


async def go_back(request: web.Request) -> web.StreamResponse:
    """Search as before the model in use."""
    await request.config_dict[NIGHTS].go_back(signed_in(request))
    raise web.HTTPSeeOther(f"{address(request, 'exams')}?done=model_dropped")


async def _show(request: web.Request, *, problem: str = "") -> web.Response:
    by, services = signed_in(request), request.config_dict
    learning = await services[NIGHTS].learning(by)
    kept = await services[EXAMS].list(by)
    typed, looking = word(request.query, "text", limit=60), word(request.query, "find", limit=60)
    rows = [Row(one, await _place(request, one)) for one in kept[:TRIED]]
    return await page(
        request,
        "exams.html",
        status=HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK,
        problem=problem,
        rows=(*rows, *(Row(one, None) for one in kept[TRIED:])),
        missing=sum(row.place is not None and not 0 < row.place <= TOP for row in rows),
        nights=learning.nights,
        models=learning.models,
        picture=plot(learning.nights[:30]),
        size=(WIDTH, HEIGHT, LEFT, WIDTH - RIGHT),
        typed=typed,
        looking=looking or typed,
        found=await _found(request, looking or typed),
        may_edit=allow(by, Permission.EDIT_WORDS),
    )


async def _place(request: web.Request, one: JudgedQuestion) -> int:
    results = await request.config_dict[SEARCH_COPY].search(one.question, limit=LOOKED_AT)
    ids = [hit.found.record.id for hit in results.hits]
    return ids.index(one.record) + 1 if one.record in ids else 0


async def _found(request: web.Request, text: str) -> tuple[Target, ...]:
    if not text:
        return ()
    results = await request.config_dict[SEARCH_COPY].search(text, limit=FOUND)
    return tuple(Target(hit.found.record.id, hit.found.record.title) for hit in results.hits)
