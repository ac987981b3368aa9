"""The page of terminals, and the stream that keeps it true while it is open."""

from dataclasses import dataclass

from aiohttp import web

from controller.auth.permissions import Permission, require
from controller.auth.sessions import signed_in
from controller.desk.forms import word
from controller.desk.pages import fragment, page
from controller.desk.paging import Pager, offset_of
from controller.desk.streams import stream
from controller.keys import TERMINALS
from controller.services.events import Published, TerminalChanged
from controller.services.terminal_status import TerminalStatus

PAGE = 50
"""Terminals on one page: a stream that draws thousands anew helps nobody."""


async def terminals(request: web.Request) -> web.Response:
    """List the terminals: published, applied, on glass."""
    require(signed_in(request), Permission.READ_TERMINALS)
    return await page(request, "terminals.html", view=await _view(request))


async def live(request: web.Request) -> web.StreamResponse:
    """Send the list anew whenever something changed, as server-sent events."""
    require(signed_in(request), Permission.READ_TERMINALS)

    async def draw() -> str:
        return fragment(request, "terminals_list.html", view=await _view(request))

    return await stream(request, "terminals", draw=draw, on=(TerminalChanged, Published))


@dataclass(frozen=True, slots=True)
class View:
    """What the list shows: one page of those that were asked for, and how many there are in all.

    Attributes:
        shown: the terminals, those that need somebody first.
        words, only_ill: what was asked for.
        total, ill, online, found: numbers of terminals: all, needing somebody, with a link, found.
        live: address of the stream of just this.
        pager: the pages beside this one.
    """

    shown: tuple[TerminalStatus, ...]
    words: str
    only_ill: bool
    total: int
    ill: int
    online: int
    found: int
    live: str
    pager: Pager


async def _view(request: web.Request) -> View:
    everybody = await request.config_dict[TERMINALS].list()
    words, only_ill = word(request.query, "q", limit=60), word(request.query, "ill") == "1"
    offset = offset_of(request)
    found = sorted(
        (one for one in everybody if _fits(one, words) and not (only_ill and one.green)),
        key=lambda one: (one.green, one.name, one.id),
    )
    path = request.app.router["desk-terminals"].url_for()
    listed = request.rel_url.with_path(str(path))
    return View(
        shown=tuple(found[offset : offset + PAGE]),
        words=words,
        only_ill=only_ill,
        total=len(everybody),
        ill=sum(not one.green for one in everybody),
        online=sum(one.online for one in everybody),
        found=len(found),
        live=str(request.app.router["desk-terminals-live"].url_for().with_query(request.query)),
        pager=Pager.at(listed, offset=offset, size=PAGE, more=offset + PAGE < len(found)),
    )


def _fits(one: TerminalStatus, words: str) -> bool:
    said = f"{one.id} {one.site} {one.region}".casefold()
    return all(piece in said for piece in words.casefold().split())
