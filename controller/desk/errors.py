"""The page a browser gets when something cannot be done: one sentence, one way on, a number to quote."""

from aiohttp import web

from controller.desk.pages import address, page, say
from controller.keys import PERSON, REQUEST_ID
from controller.phone.pages import error_page as phone_error_page
from controller.problems import Problem

_CITIZEN = ("/d/", "/r/")


async def error_page(request: web.Request, problem: Problem) -> web.Response:
    """Draw a problem for staff, or calmly for citizens on their pages."""
    if request.path.startswith(_CITIZEN) or request.path == "/r":
        return phone_error_page(request, status=problem.status)
    inside = PERSON in request
    return await page(
        request,
        "error.html",
        status=problem.status,
        title=problem.title,
        detail=problem.detail or say(request, "error.detail"),
        way=address(request, "home" if inside else "login"),
        way_icon="house" if inside else "log-in",
        way_word=say(request, "error.home" if inside else "error.login"),
        request_id=request.get(REQUEST_ID, ""),
    )
