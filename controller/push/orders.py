"""Say each terminal its next job and its desired shadow, kept by the broker (wire.md 9.2).

Nothing depends on the broker keeping them: they are said again when the link comes back, and a terminal that
only passes HTTPS asks for them.
"""

import asyncio
import logging
from contextlib import suppress

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from content.errors import ZoneError
from controller.push.broker_link import ControllerLink
from controller.services.events import (
    Event,
    EventBus,
    JobChanged,
    Overflowed,
    TerminalChanged,
    WantChanged,
)
from controller.services.jobs import Jobs
from devices.wire import topics

logger = logging.getLogger(__name__)

EXPIRE_S = 20.0


class OrderPush:
    """Says orders. `run` it as a task; `say_all` when the link is up."""

    def __init__(self, *, jobs: Jobs, link: ControllerLink, events: EventBus) -> None:
        self._jobs = jobs
        self._link = link
        self._events = events
        self._said: dict[str, bytes] = {}

    async def run(self) -> None:
        """Follow what is ordered, and end what nobody began, until cancelled."""
        loop = asyncio.get_running_loop()
        # What a whole fleet says all the time must not keep the end of an order from coming.
        async with self._events.subscribe(but=(TerminalChanged,)) as events:
            due = loop.time() + EXPIRE_S
            while True:
                event: Event | None = None
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(due):
                        event = await anext(events)
                await self._serve(event)
                if event is None:
                    due = loop.time() + EXPIRE_S

    async def say_all(self) -> None:
        """Say everything anew: the broker may have kept nothing, or something old."""
        self._said.clear()
        for device in await self._jobs.addressed():
            await self._say_job(device)
            await self._say_want(device)

    async def _serve(self, event: Event | None) -> None:
        try:
            match event:
                case None:
                    await self._jobs.expire()
                    await self._jobs.wants.expire()
                case JobChanged(device):
                    await self._say_job(device)
                case WantChanged(device):
                    await self._say_want(device)
                case Overflowed():
                    await self.say_all()
                case _:
                    pass
        except (ZoneError, SQLAlchemyError, OSError):
            logger.exception("order not said", extra={"event": type(event).__name__})

    async def _say_job(self, device: str) -> None:
        job = await self._jobs.next(device)
        payload = msgspec.json.encode(job) if job else b""
        await self._say(topics.job(device), payload)

    async def _say_want(self, device: str) -> None:
        want = await self._jobs.wants.signed(device)
        # A wish that ended unheard is taken from the broker, too.
        await self._say(topics.want(device), msgspec.json.encode(want) if want else b"")

    async def _say(self, topic: str, payload: bytes) -> None:
        # A job that comes further stays the same job: the terminal need not hear it again.
        if self._said.get(topic) == payload:
            return
        if await self._link.publish(topic, payload, retain=True):
            self._said[topic] = payload
