"""Tell the other controllers of a zone what was committed here, and hear it from them (PostgreSQL's NOTIFY).

As in one process an event is a hint, never the data: who was cut off for a while is told so by `Overflowed`.
"""

import asyncio
import logging
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

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
    Subscription,
    TerminalChanged,
    WantChanged,
)
from controller.store.notice_board import LOST, connected

if TYPE_CHECKING:
    from controller.store.notice_board import Connection

logger = logging.getLogger(__name__)

CHANNEL = "disclosure_zone"
NAME = "disclosure-zone-relay"
AGAIN_S = 2.0
SETTLE_S = 0.2
"""A fleet changes all the time: its changes are told together."""
KINDS: dict[str, type[Event]] = {
    one.__name__: one
    for one in (
        *(Published, PolicyChanged, DocumentChanged, RequestChanged),
        *(TerminalChanged, JobChanged, WantChanged, RolloutChanged),
    )
}


class EventRelay:
    """`run` it as a task."""

    def __init__(self, url: str, *, bus: EventBus, node: str) -> None:
        self._url = url
        self._bus = bus
        self._node = node

    async def run(self) -> None:
        """Relay until cancelled, whatever happens to the database."""
        async with self._bus.subscribe() as events:
            while True:
                with suppress(*LOST):
                    async with connected(self._url, name=NAME) as connection:
                        await self._relay(connection, events)
                await asyncio.sleep(AGAIN_S)

    async def _relay(self, connection: "Connection", events: Subscription) -> None:
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        await connection.add_listener(CHANNEL, lambda *heard: self._hear(events, heard[-1]))
        self._bus.publish(Overflowed(), but=events)
        await self._tell(connection, events, lost)

    async def _tell(
        self, connection: "Connection", events: Subscription, lost: asyncio.Event
    ) -> None:
        while not lost.is_set():
            batch: dict[Event, None] = {}
            with suppress(TimeoutError):
                async with asyncio.timeout(AGAIN_S):
                    batch[await anext(events)] = None
            if not batch:
                continue
            if isinstance(next(iter(batch)), TerminalChanged):
                await asyncio.sleep(SETTLE_S)
            while events.waiting:
                batch[await anext(events)] = None
            for event in _together(batch):
                await connection.execute("SELECT pg_notify($1, $2)", CHANNEL, self._written(event))

    def _written(self, event: Event) -> str:
        fields = (self._node, type(event).__name__, msgspec.to_builtins(event))
        return msgspec.json.encode(fields).decode()

    def _hear(self, events: Subscription, payload: object) -> None:
        try:
            node, kind, fields = msgspec.json.decode(
                str(payload), type=tuple[str, str, dict[str, str | int]]
            )
            if node != self._node:
                event = msgspec.convert(fields, KINDS[kind]) if kind in KINDS else Overflowed()
                self._bus.publish(event, but=events)
        except msgspec.MsgspecError:
            logger.warning("event of another controller not understood")


def _together(batch: Iterable[Event]) -> list[Event]:
    """Return the events to tell: many terminals are told as one change of them all."""
    rest = [one for one in batch if not isinstance(one, TerminalChanged)]
    terminals = [one for one in batch if isinstance(one, TerminalChanged)]
    return [*rest, *(terminals if len(terminals) < 3 else [TerminalChanged("")])]  # noqa: PLR2004 - "many"
