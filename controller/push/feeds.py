"""Say what was published: the new line in full if it is small, and the feed's signed head, kept by the broker.

Nothing depends on any of this arriving. Heads are said again when the link comes back (the broker keeps nothing over
its own restart) and once a day: a terminal that hears only old heads knows that it is cut off.

Where everybody reads it, a line and its head are one message that no broker keeps. What it keeps is the head of the
last day, or of the coming of the link: older than what a terminal may hold, and then it says nothing. Who connects
says hello, and is answered with the newest.
"""

import asyncio
import logging
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from content.errors import ZoneError
from content.feed.entry import SignedHead, head_to_bytes
from content.feed.together import together
from controller.push.broker_link import ControllerLink
from controller.push.readers import Readers
from controller.push.welcome import INLINE_BYTES, FeedSource, Welcomer
from controller.services.events import (
    DocumentChanged,
    Event,
    EventBus,
    JobChanged,
    Overflowed,
    PolicyChanged,
    Published,
    RequestChanged,
    RolloutChanged,
    TerminalChanged,
    WantChanged,
)
from controller.services.terminals import Terminals
from devices.clock import Clock
from devices.wire import topics
from devices.wire.messages import Hello, to_bytes

logger = logging.getLogger(__name__)

DAY_S = 24 * 3600.0
AGAIN_S = 5.0
"""A head that did not reach the broker is said again after so long: a cluster that heals takes nothing for a while."""


@dataclass(frozen=True, slots=True)
class Audience:
    """Who listens, how they are reached, and what they read."""

    terminals: Terminals
    link: ControllerLink
    readers: Readers


class FeedPush:
    """Says published content to terminals. `run` it as a task; `say_all` when the link is up."""

    def __init__(
        self,
        *,
        feeds: FeedSource,
        welcomer: Welcomer,
        audience: Audience,
        events: EventBus,
        clock: Clock,
    ) -> None:
        self._feeds = feeds
        self._welcomer = welcomer
        self._terminals = audience.terminals
        self._link = audience.link
        self._readers = audience.readers
        self._events = events
        self._clock = clock
        self._unsaid: set[str] = set()

    async def run(self) -> None:
        """Follow the events and the day until cancelled."""
        async with self._events.subscribe(but=(TerminalChanged,)) as events:
            due = self._clock.monotonic() + DAY_S
            while True:
                rest = max(0.0, due - self._clock.monotonic())
                try:
                    async with asyncio.timeout(min(AGAIN_S, rest) if self._unsaid else rest):
                        event: Event = await anext(events)
                except TimeoutError:
                    if rest > AGAIN_S:
                        await self._say_unsaid()
                        continue
                    event, due = Overflowed(), self._clock.monotonic() + DAY_S
                await self.say(event)

    async def say_all(self) -> None:
        """Say the head of every feed that some terminal holds, as it is now; failures are logged."""
        self._readers.begin()
        await self.say(Overflowed())

    async def _say_heads(self) -> None:
        held = {feed for one in await self._terminals.enrolled() for feed in one.feeds}
        for feed in sorted(held):
            await self._say_head(feed)

    async def say(self, event: Event) -> None:
        """Say what an event asks for; failures are logged."""
        try:
            match event:
                case Published(feed, sequence):
                    await self._say_published(feed, sequence)
                case PolicyChanged():
                    await self._say_policy()
                case Overflowed():
                    await self._say_heads()
                case (
                    DocumentChanged()
                    | RequestChanged()
                    | TerminalChanged()
                    | JobChanged()
                    | WantChanged()
                    | RolloutChanged()
                ):
                    pass
        except (ZoneError, SQLAlchemyError, OSError):
            logger.exception("event not pushed", extra={"event": type(event).__name__})

    async def _say_published(self, feed: str, sequence: int) -> None:
        page, head = await self._feeds.page(feed, sequence), await self._feeds.head(feed)
        line = page[0] if page and len(page[0]) <= INLINE_BYTES else b""
        both = together(line, head) if line and head and self._readers.all_read else None
        if both is not None:
            self._said(feed, done=await self._link.publish(topics.log(feed), both))
            return
        if line:
            await self._link.publish(topics.log(feed), line)
        await self._say_this(feed, head)

    async def _say_head(self, feed: str) -> None:
        await self._say_this(feed, await self._feeds.head(feed))

    async def _say_this(self, feed: str, head: SignedHead | None) -> None:
        if head is not None:
            done = await self._link.publish(topics.head(feed), head_to_bytes(head), retain=True)
            self._said(feed, done=done)

    def _said(self, feed: str, *, done: bool) -> None:
        (self._unsaid.discard if done else self._unsaid.add)(feed)

    async def _say_unsaid(self) -> None:
        try:
            for feed in tuple(self._unsaid):
                await self._say_head(feed)
        except (ZoneError, SQLAlchemyError, OSError):
            logger.exception("heads not said again")

    async def _say_policy(self) -> None:
        nothing_held = Hello(policy=0, applied={})
        for terminal in await self._terminals.enrolled():
            welcome = await self._welcomer.answer(terminal, nothing_held)
            await self._link.publish(topics.down_message(terminal.id), to_bytes(welcome))
