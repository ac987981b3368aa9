"""What a simulated terminal holds: a claim that costs nothing, or a real verified replica."""

import asyncio
import base64
import binascii
from collections.abc import Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from functools import lru_cache
from typing import Protocol

from content.errors import PeerError
from content.feed.batch import line_or_batch
from content.feed.entry import BadEntry, head_from_bytes
from content.feed.policy import SignedPolicy
from content.feed.together import apart
from devices.agent import tasks
from devices.agent.config import Home, TerminalConfig
from devices.agent.disk import DiskReplica, OneThread
from devices.agent.faults import FaultBook
from devices.agent.heard import heard_of_log
from devices.agent.https import HttpsUpstream, client_tls
from devices.agent.sync import HeadHeard, Sync, Welcomed
from devices.clock import Clock
from devices.wire.messages import Fault, FeedMark, Hello, Welcome

Moved = Callable[[Hello], None]


class Holdings(Protocol):
    """What is held, and how it moves on."""

    async def hello(self) -> Hello:
        """Return what is held."""
        ...

    def faults(self) -> tuple[Fault, ...]:
        """Return what is wrong with it."""
        ...

    def welcomed(self, welcome: Welcome) -> None:
        """Take the controller's answer."""
        ...

    async def ask(self, upstream: HttpsUpstream) -> None:
        """Ask over HTTPS what is new.

        Raises:
            Unreachable: the controller does not answer there either.
        """
        ...

    def head(self, feed: str, data: bytes, *, kept: bool = False) -> None:
        """Take a head; see `HeadHeard` for `kept`."""
        ...

    def line(self, feed: str, data: bytes) -> None:
        """Take a line, or a line with its head."""
        ...


class ClaimedCopy:
    """Acknowledges each line and head on receipt, unverified: for the mass of a fleet."""

    def __init__(self, *, on_moved: Moved) -> None:
        self._on_moved = on_moved
        self._policy = 0
        self._marks: dict[str, FeedMark] = {}

    async def hello(self) -> Hello:
        """See `Holdings`."""
        return self._held()

    def faults(self) -> tuple[Fault, ...]:
        """See `Holdings`."""
        return ()

    def welcomed(self, welcome: Welcome) -> None:
        """See `Holdings`."""
        if welcome.policy:
            with suppress(PeerError, binascii.Error):
                self._policy = _policy_version(welcome.policy)
        for head in welcome.heads:
            with suppress(binascii.Error):
                self._move(_mark_of_head(base64.b64decode(head, validate=True)))

    async def ask(self, upstream: HttpsUpstream) -> None:
        """See `Holdings`."""
        welcome = await upstream.hello(self._held())
        if welcome is not None:
            self.welcomed(welcome)

    def head(self, feed: str, data: bytes, *, kept: bool = False) -> None:
        """See `Holdings`."""
        del feed, kept  # the head names its feed
        self._move(_mark_of_head(data))

    def line(self, feed: str, data: bytes) -> None:
        """See `Holdings`."""
        del feed
        self._move(_mark_of_line(data))

    def _move(self, to: tuple[str, FeedMark] | None) -> None:
        if to is None:
            return
        feed, mark = to
        held = self._marks.get(feed)
        if held is None or held.sequence < mark.sequence:
            self._marks[feed] = mark
            self._on_moved(self._held())

    def _held(self) -> Hello:
        return Hello(policy=self._policy, applied=dict(self._marks))


class RealCopy:
    """The agent's own Sync over a real replica file: what a fleet's sample is made of. `run` it."""

    def __init__(
        self,
        home: Home,
        settings: TerminalConfig,
        *,
        clock: Clock,
        disk: OneThread | None,
        on_moved: Moved,
    ) -> None:
        self._shares_disk = disk is not None
        self._disk = disk or OneThread("replica")
        self._replica = DiskReplica(home.replica, settings.root, clock=clock)
        self._upstream = HttpsUpstream(settings.api_url, tls=client_tls(home))
        self._faults = FaultBook(clock=clock, on_change=lambda: None)
        self._sync = Sync(
            self._replica,
            feeds=settings.feeds,
            upstream=self._upstream,
            faults=self._faults,
            disk=self._disk,
            on_moved=on_moved,
        )

    async def run(self) -> None:
        """Verify and apply until cancelled."""
        async with AsyncExitStack() as stack:
            if not self._shares_disk:
                stack.callback(self._disk.close)
            stack.push_async_callback(self._disk, self._replica.close)
            await stack.enter_async_context(self._upstream)
            await tasks.keep("sync", self._sync.run)

    async def hello(self) -> Hello:
        """See `Holdings`."""
        return await self._sync.hello_or_nothing()

    def faults(self) -> tuple[Fault, ...]:
        """See `Holdings`."""
        return self._faults.all()

    def welcomed(self, welcome: Welcome) -> None:
        """See `Holdings`."""
        self._sync.hear(Welcomed(welcome))

    async def ask(self, upstream: HttpsUpstream) -> None:
        """See `Holdings`; its own way is open for as long as it runs."""
        del upstream
        await self._sync.poll()

    def head(self, feed: str, data: bytes, *, kept: bool = False) -> None:
        """See `Holdings`."""
        self._sync.hear(HeadHeard(feed, data, kept))

    def line(self, feed: str, data: bytes) -> None:
        """See `Holdings`."""
        for heard in heard_of_log(feed, data):
            self._sync.hear(heard)


# Everybody in a process hears the same bytes: they are read once.


@lru_cache(maxsize=64)
def _mark_of_line(data: bytes) -> tuple[str, FeedMark] | None:
    try:
        parted = apart(data)
        if parted.head:
            return _mark_of_head(parted.head)
        link = line_or_batch(parted.line).link
    except BadEntry:
        return None
    return link.feed, FeedMark(link.sequence, link.hash)


@lru_cache(maxsize=64)
def _mark_of_head(data: bytes) -> tuple[str, FeedMark] | None:
    try:
        head = head_from_bytes(data).head
    except BadEntry:
        return None
    return head.feed, FeedMark(head.sequence, head.link)


@lru_cache(maxsize=8)
def _policy_version(text: str) -> int:
    return SignedPolicy.from_bytes(base64.b64decode(text, validate=True)).policy.version


def in_background(work: Coroutine[object, object, None], into: set[asyncio.Task[None]]) -> None:
    """Run something and keep hold of its task."""
    task = asyncio.create_task(work)
    into.add(task)
    task.add_done_callback(into.discard)
