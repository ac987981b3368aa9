"""Say welcomes over the broker, many at once: none waits for the broker's word about the one before."""

import asyncio
from collections.abc import Sequence

from controller.push.broker_link import ControllerLink
from controller.push.welcome import Welcomer
from controller.store.terminals import Terminal
from devices.wire import topics
from devices.wire.messages import Hello, Welcome, to_bytes

MOST_IN_FLIGHT = 100
"""A broker that shakes hands with a whole fleet answers each only after some tenths of a second."""


class Greeter:
    """Answers hellos that came over the broker."""

    def __init__(self, *, welcomer: Welcomer, link: ControllerLink) -> None:
        self._welcomer = welcomer
        self._link = link
        self._turn = asyncio.Semaphore(MOST_IN_FLIGHT)

    async def answer(self, hellos: Sequence[tuple[Terminal, Hello]]) -> None:
        """Answer these; what does not reach the broker is asked again by the terminal."""
        welcomes = await self._welcomer.answer_all(hellos)
        async with asyncio.TaskGroup() as group:
            for (terminal, _), welcome in zip(hellos, welcomes, strict=True):
                group.create_task(self._say(terminal.id, welcome))

    async def _say(self, device: str, welcome: Welcome) -> None:
        async with self._turn:
            await self._link.publish(topics.down_message(device), to_bytes(welcome))
