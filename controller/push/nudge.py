"""Tell terminals again what they have not taken some seconds after it was published.

A broker may lose a line and the head after it: a cluster that lost a node, a queue that was full. Who is linked and
says that it holds less is answered as if it had said hello. Who is away says hello when it comes back. Who was told
twice and speaks but does not hear, as at a node of a cluster that lost what it had to deliver, has its link ended:
it comes back with a new one.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Iterable
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from content.errors import ZoneError
from controller.push.access import Door
from controller.push.inbox import Answering
from controller.services.events import EventBus, Overflowed, Published, TerminalChanged
from controller.services.terminal_status import TerminalStatus
from controller.store.terminals import Terminal
from devices.clock import Clock
from devices.wire.messages import Hello

logger = logging.getLogger(__name__)

LOOKS_S = (5.0, 15.0, 30.0, 45.0, 60.0, 120.0, 300.0)
"""After a publication, or after a link came up; then every terminal's own daily head must do."""
MOST = 500
"""Terminals that are told again at once: who fetches something large must not be hurried with all others."""
TELLS = 2
"""So often is somebody told before it counts as deaf."""
MOST_DEAF = 20
"""Links that are ended at once."""
NOTHING_HELD = Hello(policy=0, applied={})


class Roll(Protocol):
    """Who is there, and what each holds."""

    async def list(self) -> tuple[TerminalStatus, ...]:
        """Return every terminal in use with its status."""
        ...

    async def find_all(self, devices: Iterable[str]) -> tuple[Terminal, ...]:
        """Return those of these terminals that are welcome."""
        ...


class Nudge:
    """`run` it as a task where this controller leads."""

    def __init__(
        self, *, roll: Roll, answer: Answering, door: Door, events: EventBus, clock: Clock
    ) -> None:
        self._roll = roll
        self._answer = answer
        self._door = door
        self._told: Counter[str] = Counter()
        self._events = events
        self._clock = clock
        self._looks: deque[float] = deque()
        self._begun = asyncio.Event()

    async def run(self) -> None:
        """Look some times after each publication, and after each coming of a link, until cancelled."""
        await self.begin()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow())
            group.create_task(self._look_when_due())

    async def begin(self) -> None:
        """Look some times from now on: what was said a moment ago may have reached nobody."""
        now = self._clock.monotonic()
        self._told.clear()
        self._looks = deque(now + after for after in LOOKS_S)
        self._begun.set()

    async def _follow(self) -> None:
        async with self._events.subscribe(but=(TerminalChanged,)) as events:
            while True:
                if isinstance(await anext(events), Published | Overflowed):
                    await self.begin()

    async def _look_when_due(self) -> None:
        while True:
            self._begun.clear()
            looks = self._looks
            rest = max(0.0, looks[0] - self._clock.monotonic()) if looks else None
            try:
                async with asyncio.timeout(rest):
                    await self._begun.wait()
            except TimeoutError:
                looks.popleft()
                await self.look()

    async def look(self) -> None:
        """Tell again who is linked and behind."""
        try:
            behind = [one.id for one in await self._roll.list() if _is_behind(one)][:MOST]
            deaf = [one for one in behind if self._told[one] == TELLS][:MOST_DEAF]
            self._told.update(behind)
            if behind:
                extra = {"terminals": len(behind), "deaf": len(deaf)}
                logger.info("told again", extra=extra)
                welcome = await self._roll.find_all(behind)
                await self._answer([(one, NOTHING_HELD) for one in welcome])
                await asyncio.gather(
                    *(self._door.expel(one.id) for one in welcome if one.id in deaf)
                )
        except (ZoneError, SQLAlchemyError, OSError):
            logger.exception("not told again")


def _is_behind(one: TerminalStatus) -> bool:
    return one.online and any(feed.applied < feed.desired for feed in one.feeds)
