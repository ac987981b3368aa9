"""The page of terminals, and the stream that keeps it true while it is open."""

import asyncio

from aiohttp import web

from controller.auth.permissions import Permission, require
from controller.auth.sessions import signed_in
from controller.desk.pages import fragment, page
from controller.keys import EVENTS, TERMINALS
from controller.services.events import Overflowed, Published, Subscription, TerminalChanged
from controller.services.terminal_status import TerminalStatus

SETTLE_S = 0.5
"""Changes that come together are drawn together."""

KEEP_ALIVE_S = 20.0
"""A proxy closes what is silent; and a page must not stay green on old news."""


async def terminals(request: web.Request) -> web.Response:
    """List the terminals: published, applied, on glass."""
    require(signed_in(request), Permission.READ_TERMINALS)
    return await page(request, "terminals.html", terminals=await _by_need(request))


async def live(request: web.Request) -> web.StreamResponse:
    """Send the list anew whenever something changed, as server-sent events."""
    require(signed_in(request), Permission.READ_TERMINALS)
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/event-stream",
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
        }
    )
    await response.prepare(request)
    async with request.config_dict[EVENTS].subscribe() as events:
        while True:
            await response.write(await _event(request))
            await _wait_for_change(events)


async def _wait_for_change(events: Subscription) -> None:
    """Return after the next change that this page shows, or when it is time to look again."""
    try:
        async with asyncio.timeout(KEEP_ALIVE_S):
            async for event in events:
                if isinstance(event, TerminalChanged | Published | Overflowed):
                    break
    except TimeoutError:
        return
    await asyncio.sleep(SETTLE_S)


async def _event(request: web.Request) -> bytes:
    html = fragment(request, "terminals_list.html", terminals=await _by_need(request))
    lines = "".join(f"data: {line}\n" for line in html.splitlines())
    return f"event: terminals\n{lines}\n".encode()


async def _by_need(request: web.Request) -> list[TerminalStatus]:
    found = await request.config_dict[TERMINALS].list()
    return sorted(found, key=lambda one: (one.green, one.name))
