"""Keep an open page true: server-sent events that draw a part of it anew whenever something changed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from aiohttp import web

from controller.keys import EVENTS
from controller.services.events import Event, Overflowed, Subscription

STREAMS = web.AppKey("DESK_STREAMS", set[asyncio.Task[Any]])

SETTLE_S = 0.5
"""Changes that come together are drawn together."""

KEEP_ALIVE_S = 20.0
"""A proxy closes what is silent; and a page must not stay green on old news."""

Draw = Callable[[], Awaitable[str]]


async def stream(
    request: web.Request, name: str, *, draw: Draw, on: tuple[type[Event], ...]
) -> web.StreamResponse:
    """Send the drawn part as event `name`, and again after each change of the kinds in `on`."""
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/event-stream",
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
        }
    )
    await response.prepare(request)
    with _noted(request.app):
        async with request.config_dict[EVENTS].subscribe() as events:
            # The browser has gone: that is how such a stream ends.
            with suppress(ConnectionResetError):
                while True:
                    await response.write(_event(name, await draw()))
                    await _wait_for_change(events, on)
    return response


async def end_streams(app: web.Application) -> None:
    """End every open stream; the pages try again by themselves."""
    streams = app[STREAMS]
    for task in tuple(streams):
        task.cancel()


@contextmanager
def _noted(app: web.Application) -> Iterator[None]:
    """Let the application end this stream when it stops: an open page must not hold it up."""
    task, streams = asyncio.current_task(), app[STREAMS]
    if task is None:
        raise RuntimeError("a stream runs in a task")
    streams.add(task)
    try:
        yield
    finally:
        streams.discard(task)


async def _wait_for_change(events: Subscription, on: tuple[type[Event], ...]) -> None:
    """Return after the next change that this page shows, or when it is time to look again."""
    try:
        async with asyncio.timeout(KEEP_ALIVE_S):
            async for event in events:
                if isinstance(event, (*on, Overflowed)):
                    break
    except TimeoutError:
        return
    await asyncio.sleep(SETTLE_S)


def _event(name: str, html: str) -> bytes:
    lines = "".join(f"data: {line}\n" for line in html.splitlines())
    return f"event: {name}\n{lines}\n".encode()
