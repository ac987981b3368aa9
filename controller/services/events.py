"""Tell the rest of the process what has just been committed: push, live pages, screens.

An event is a hint, never the data itself: who misses one reads the store again. So a slow listener
loses its oldest events and is told so by `Overflowed`, and publishing never waits for anybody.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from typing_extensions import override

QUEUE = 256
"""Events that wait for one listener before the oldest is dropped."""


@dataclass(frozen=True, slots=True)
class Published:
    """A line was appended to a feed's log."""

    feed: str
    sequence: int
    record: str
    version: int


@dataclass(frozen=True, slots=True)
class PolicyChanged:
    """A new policy was signed by the root and is in use."""

    version: int


@dataclass(frozen=True, slots=True)
class DocumentChanged:
    """A working copy changed or moved to another state."""

    document: str
    state: str


@dataclass(frozen=True, slots=True)
class RequestChanged:
    """A request was registered or moved to another state."""

    number: str
    state: str


@dataclass(frozen=True, slots=True)
class TerminalChanged:
    """A terminal said something new: link, applied, on glass or a fault."""

    device: str


@dataclass(frozen=True, slots=True)
class JobChanged:
    """A job of a terminal was ordered, called back, or came further."""

    device: str
    job: str


@dataclass(frozen=True, slots=True)
class WantChanged:
    """A terminal shall be something else, or says that it is."""

    device: str
    version: int


@dataclass(frozen=True, slots=True)
class RolloutChanged:
    """A staged rollout began, went on, halted, or is led back."""

    rollout: str


@dataclass(frozen=True, slots=True)
class Overflowed:
    """This listener was too slow and lost events: read everything again."""


Event = (
    Published
    | PolicyChanged
    | DocumentChanged
    | RequestChanged
    | TerminalChanged
    | JobChanged
    | WantChanged
    | RolloutChanged
    | Overflowed
)


class Subscription(AsyncIterator[Event]):
    """One listener. Registered from creation on; leave the `async with` block to end it."""

    def __init__(self, bus: "EventBus", limit: int, but: tuple[type[Event], ...] = ()) -> None:
        self._bus = bus
        self._but = but
        self._queue: asyncio.Queue[Event] = asyncio.Queue(limit)

    def offer(self, event: Event) -> None:
        """Take an event; a full queue is emptied into one `Overflowed`."""
        if isinstance(event, self._but):
            return
        if self._queue.full():
            while not self._queue.empty():
                self._queue.get_nowait()
            self._queue.put_nowait(Overflowed())
        self._queue.put_nowait(event)

    @property
    def waiting(self) -> int:
        """How many events wait to be taken."""
        return self._queue.qsize()

    @override
    async def __anext__(self) -> Event:
        return await self._queue.get()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the subscription."""
        self._bus.forget(self)


class EventBus:
    """Hands each event to every listener of this process."""

    def __init__(self) -> None:
        self._listeners: set[Subscription] = set()

    def publish(self, event: Event, *, but: Subscription | None = None) -> None:
        """Hand on an event. Call it after the commit, never inside the transaction.

        Args:
            event: what happened.
            but: a listener that brought it from elsewhere and is not to hear it again.
        """
        for listener in self._listeners:
            if listener is not but:
                listener.offer(event)

    def subscribe(self, *, limit: int = QUEUE, but: tuple[type[Event], ...] = ()) -> Subscription:
        """Return a new listener: `async with bus.subscribe() as events: async for event in events`.

        Events of the kinds in `but` are not for it: thousands of terminals that speak at once must not
        make a listener overflow that does not care for them.
        """
        subscription = Subscription(self, max(limit, 2), but)
        self._listeners.add(subscription)
        return subscription

    def forget(self, subscription: Subscription) -> None:
        """Stop handing events to this listener."""
        self._listeners.discard(subscription)
