"""What the push wing does in the background, and what it does when a link comes, goes or brings something."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import replace

from aiohttp.web_runner import GracefulExit

from controller.push.broker_link import Incoming, LinkEvents
from controller.push.dispatch import Dispatch
from controller.push.many_links import ManyLinks
from controller.services.terminals import Terminals

logger = logging.getLogger(__name__)

Limb = Callable[[], Coroutine[object, object, None]]


class LinkTies:
    """What happens when a link comes, goes or brings something."""

    def __init__(
        self,
        name: str,
        terminals: Terminals,
        *,
        say_all: Sequence[Limb],
        dispatch: Dispatch,
        links: ManyLinks,
    ) -> None:
        self.name = name
        self._terminals = terminals
        self._say_all = say_all
        self._dispatch = dispatch
        self._links = links

    def events(self) -> LinkEvents:
        """Return what the link is to call."""
        return LinkEvents(self._up, self._down, self._message)

    async def _up(self) -> None:
        """Nothing heard before counts now; heads are said anew."""
        self._terminals.link_is(up=True, via=self.name)
        for say_all in self._say_all:
            await say_all()

    def _down(self) -> None:
        """Nobody is known to be there."""
        self._terminals.link_is(up=False, via=self.name)

    async def _message(self, incoming: Incoming) -> None:
        """Serve it."""
        self._links.heard(incoming.topic, via=self.name)
        await self._dispatch.take(replace(incoming, via=self.name))


async def all_of(work: Sequence[Limb]) -> None:
    """Do all of it until one ends or the whole is cancelled."""
    async with asyncio.TaskGroup() as group:
        for one in work:
            group.create_task(one())


async def in_background(
    stack: AsyncExitStack, name: str, work: Coroutine[object, object, None]
) -> None:
    """Run it as a task until the stack unwinds; if it dies the process ends and is started anew."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_ended)
    stack.push_async_callback(_cancelled, task)


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _ended(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and task.exception() is not None:
        # The service manager starts a controller anew that has lost a limb.
        logger.critical(
            "background task died", exc_info=task.exception(), extra={"task": task.get_name()}
        )
        raise GracefulExit
