"""Moves the replica on with what arrives: policy, heads and lines; fetches what is missing.

One thing after the other. A refused line stops its feed there (no gaps) and is reported; the last good content stays.
"""

import asyncio
import base64
import binascii
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial

from content.feed.batch import line_or_batch
from content.feed.entry import BadEntry, LogLine, MissingBase, SignedHead, head_from_bytes
from content.feed.kept import kept_from_bytes
from content.feed.policy import PolicyRefused
from content.feed.verify import Reason, Refused, is_of_its_time
from content.replica.writer import Line, NoPolicy
from devices.agent import sentences
from devices.agent.blobs import BadBlob
from devices.agent.disk import OneThread, held_of
from devices.agent.faults import FaultBook
from devices.agent.heard import Applied, HeadHeard, Heard, LineHeard, Poll, Welcomed, read_lines
from devices.agent.ports import ContentSource, NotPossible, Page, Replica, Unreachable
from devices.agent.snapshots import Snapshots
from devices.wire.messages import FeedMark, Hello, Welcome

__all__ = ["HeadHeard", "Heard", "LineHeard", "Poll", "Sync", "Welcomed"]

logger = logging.getLogger(__name__)

MOST_QUEUED = 256
FIRST_RETRY_S = 2.0
LONGEST_RETRY_S = 60.0


class Sync:
    """Owns the moving-on of the replica.

    `on_moved` is called with what is held after each step that changed it; `vet` is asked first what of an
    offered policy counts (devices.agent.key_updates).
    """

    def __init__(
        self,
        replica: Replica,
        *,
        feeds: tuple[str, ...],
        upstream: ContentSource,
        faults: FaultBook,
        disk: OneThread,
        on_moved: Callable[[Hello], None],
    ) -> None:
        self._replica = replica
        self._snapshots = Snapshots(replica, upstream=upstream, disk=disk)
        self._feeds = feeds
        self._upstream = upstream
        self._faults = faults
        self._disk = disk
        self._on_moved = on_moved
        self._queue: asyncio.Queue[Heard] = asyncio.Queue(MOST_QUEUED)
        self._turn = asyncio.Lock()
        self._behind: set[str] = set()
        self._retry_s = FIRST_RETRY_S
        self.vet = _as_it_is

    def follow(self, feeds: tuple[str, ...]) -> None:
        """Keep exactly these feeds up to date from now on."""
        self._feeds = feeds
        self.hear(Poll())

    def hear(self, heard: Heard) -> None:
        """Take what arrived; a flood is dropped and fetched later, in order."""
        try:
            self._queue.put_nowait(heard)
        except asyncio.QueueFull:
            self._behind.update(self._feeds)

    async def poll(self) -> bool:
        """Ask over HTTPS what is new; say whether the controller was reached."""
        await self.step(Poll())
        return not self._faults.has("api_unreachable", "api")

    async def hello(self) -> Hello:
        """Return what to say to the controller at each connect."""
        return await self._disk(held_of, self._replica)

    async def hello_or_nothing(self) -> Hello:
        """Return what is held; nothing, if the file cannot be read: it is then begun anew."""
        try:
            return await self.hello()
        except NotPossible as error:
            self._cannot_write(error)
            return Hello(policy=0, applied={})

    async def marks(self) -> dict[str, FeedMark]:
        """Return how far each feed has been taken."""
        return (await self.hello()).applied

    async def run(self) -> None:
        """Work for ever; feeds that are behind are tried again with growing waits."""
        while True:
            heard: Heard | None = None
            with suppress(TimeoutError):
                async with asyncio.timeout(self._retry_s if self._behind else None):
                    heard = await self._queue.get()
            if heard is not None:
                await self.step(heard)
            else:
                await self.catch_up_behind()

    def beside(self, upstream: ContentSource, *, faults: FaultBook) -> "Sync":
        """Return a sync of the same copy from elsewhere; the two take turns."""
        other = Sync(
            self._replica,
            feeds=self._feeds,
            upstream=upstream,
            faults=faults,
            disk=self._disk,
            on_moved=self._on_moved,
        )
        other._turn = self._turn
        return other

    async def step(self, heard: Heard) -> None:
        """Do what one message asks for."""
        await self._in_turn(partial(self._step, heard))

    async def catch_up_behind(self) -> None:
        """Try again what could not be fetched or written."""
        self._retry_s = min(self._retry_s * 2, LONGEST_RETRY_S)
        for feed in tuple(self._behind):
            self._behind.discard(feed)
            await self._in_turn(partial(self._catch_up, feed))
        if not self._behind:
            self._retry_s = FIRST_RETRY_S

    async def _in_turn(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do one thing. A replica that cannot be written is reported, not raised."""
        try:
            async with self._turn:
                await work()
        except NotPossible as error:
            self._cannot_write(error)
        else:
            self._faults.clear("replica_unwritable", "replica")

    async def mend(self, record: str) -> bool:
        """Put one record's newest entry in the place of a damaged one; say whether it is sound then.

        Raises:
            Unreachable, NotPossible: nothing was changed.
        """
        found = [await self._upstream.newest_entry(feed, record) for feed in self._feeds]
        try:
            entries = [kept_from_bytes(data) for data in found if data]
            if not entries:
                return False
            async with self._turn:
                await self._disk(self._replica.mend, record, entries)
                self._on_moved(await self.hello())
            return await self._disk(self._replica.is_sound, record)
        except (BadEntry, Refused, NoPolicy):
            return False

    async def rebuild(self, feed: str, *, plain: bool = False) -> bool:
        """Put a feed's log, fetched anew (`plain`: packed against nothing), in the place of what is held.

        Returns: False if it was refused.

        Raises:
            Unreachable, NotPossible: nothing was changed.
        """
        manifest = await self._snapshots.for_rebuild(feed)
        after = manifest.sequence if manifest else 0
        spool = await self._snapshots.spooled(feed, after, plain=plain)
        snapshot = (manifest, self._snapshots.reader(feed)) if manifest else None
        rebuilt = False
        try:
            with self._reported("entry_refused", feed):
                async with self._turn:
                    lines = (line_or_batch(data) for data in spool.lines())
                    await self._disk(self._replica.rebuild, feed, lines, snapshot=snapshot)
                    if manifest is not None:
                        self._snapshots.forget(manifest)
                    await self._catch_up(feed)
                self._on_moved(await self.hello())
                rebuilt = True
        except MissingBase:
            return not plain and await self.rebuild(feed, plain=True)
        finally:
            spool.close()
        return rebuilt

    async def _step(self, heard: Heard) -> None:
        match heard:
            case Welcomed(welcome):
                await self._welcomed(welcome)
            case HeadHeard(feed, data, kept):
                await self._head(feed, data, kept=kept)
            case LineHeard(feed, data):
                await self._line(feed, data)
            case Poll():
                await self._poll()

    async def _welcomed(self, welcome: Welcome) -> None:
        welcome = await self.vet(welcome)
        if welcome.policy:
            try:
                policy = base64.b64decode(welcome.policy, validate=True)
                await self._disk(self._replica.accept_policy, policy)
            except (PolicyRefused, binascii.Error):
                self._faults.note("policy_refused", "policy", sentences.POLICY_REFUSED)
            else:
                self._faults.clear("policy_refused", "policy")
                self._on_moved(await self.hello())
                self._behind.update(self._feeds)
        for text in welcome.heads:
            with suppress(binascii.Error):
                await self._head("", base64.b64decode(text, validate=True))

    async def _head(self, feed: str, data: bytes, *, kept: bool = False) -> None:
        """Note a head and fetch what it promises. `feed` is "" where no topic names it."""
        try:
            signed = head_from_bytes(data)
            feed = feed or signed.head.feed
            sequence = await self._take_head(signed, feed=feed, kept=kept)
        except BadEntry:
            self._refuse("head_refused", Reason.UNREADABLE, feed=feed)
        except Refused as error:
            self._refuse("head_refused", error.reason, feed=feed, subject=error.subject)
        except NoPolicy:
            self._behind.add(feed)
        else:
            self._faults.clear_scope(f"head {feed}")
            if signed.head.sequence > sequence:
                await self._catch_up(feed)

    async def _take_head(self, signed: SignedHead, *, feed: str, kept: bool) -> int:
        """Check and keep a head; return the sequence that the replica has reached."""
        if signed.head.feed != feed or feed not in self._feeds:
            raise Refused(Reason.WRONG_FEED, feed)
        try:
            await self._disk(self._replica.note_head, signed)
        except Refused as error:
            if not (kept and is_of_its_time(signed, error, await self._disk(self._replica.as_of))):
                raise
        return await self._sequence(feed)

    async def _sequence(self, feed: str) -> int:
        return (await self._disk(self._replica.marks)).get(feed, (0, ""))[0]

    async def _line(self, feed: str, data: bytes) -> None:
        lines = read_lines([data])
        if not lines:
            self._refuse("entry_refused", Reason.UNREADABLE, feed=feed)
            return
        line, sequence = lines[0], await self._sequence(feed)
        if line.link.begins > sequence + 1:
            await self._catch_up(feed)
        elif line.link.begins == sequence + 1:
            # Refused inline may be a forgery on the broker: the log over HTTPS is asked before long.
            applied = await self._apply(feed, [line])
            if applied is Applied.REFUSED:
                self._behind.add(feed)
            elif applied is not Applied.GOOD:
                await self._catch_up(feed)
        elif line.link.sequence == sequence and isinstance(line, LogLine):
            # The same again is nothing, another for the same place is a fork.
            with self._reported("entry_refused", feed):
                await self._disk(self._replica.check_rival, line)

    async def _poll(self) -> None:
        try:
            welcome = await self._upstream.hello(await self.hello())
        except Unreachable as error:
            self._faults.note("api_unreachable", "api", error.sentence)
            return
        self._faults.clear("api_unreachable", "api")
        if welcome is not None:
            await self._welcomed(welcome)
            return
        for feed in self._feeds:
            await self._catch_up(feed)

    async def _catch_up(self, feed: str) -> None:
        """Jump to a snapshot if that is shorter, then take page after page to the end, or to a refused line."""
        try:
            await self._jump(feed)
            await self._follow(feed)
        except Unreachable as error:
            self._faults.note("api_unreachable", "api", error.sentence)
            self._behind.add(feed)

    async def _jump(self, feed: str, *, must: bool = False) -> None:
        with self._reported("snapshot_refused", feed):
            if await self._snapshots.jump(feed, await self._sequence(feed), must=must):
                self._faults.clear_scope(f"snapshot {feed}")
                self._on_moved(await self.hello())

    async def _follow(self, feed: str) -> None:
        ask = self._upstream.log_page
        while True:
            page = await ask(feed, await self._sequence(feed) + 1)
            self._faults.clear("api_unreachable", "api")
            if page.lines and await self._is_beyond(feed, page.lines[0]):
                return
            applied = await self._apply_bytes(feed, page.lines) if page.lines else Applied.REFUSED
            if applied is Applied.FOLDED and ask != self._upstream.plain_page:
                ask = self._upstream.plain_page
            elif applied in {Applied.GOOD, Applied.AGAIN}:
                ask = self._upstream.log_page
            else:
                await self._note_head_of(page, feed)
                return

    async def _is_beyond(self, feed: str, first: bytes) -> bool:
        """Say whether what is offered begins after our next place; then the snapshot before it was tried.

        A bundle has the log from its snapshot on alone, however little a terminal is behind.
        """
        with suppress(BadEntry):
            begins = line_or_batch(first).link.begins
            if begins > await self._sequence(feed) + 1:
                await self._jump(feed, must=True)
                if begins > await self._sequence(feed) + 1:
                    self._refuse("entry_refused", Reason.OUT_OF_ORDER, feed=feed)
                    return True
        return False

    async def _note_head_of(self, page: Page, feed: str) -> None:
        """Keep the head that came with a page; what is wrong with it shows when it is pushed or polled."""
        if not page.head:
            return
        with self._reported("head_refused", feed):
            signed = head_from_bytes(page.head)
            if signed.head.feed == feed:
                await self._disk(self._replica.note_head, signed)

    async def _apply_bytes(self, feed: str, lines: Sequence[bytes]) -> Applied:
        """Apply lines as bytes, the good ones before one that cannot be read."""
        read = read_lines(lines)
        applied = await self._apply(feed, read)
        if len(read) == len(lines):
            return applied
        self._refuse("entry_refused", Reason.UNREADABLE, feed=feed)
        return Applied.REFUSED

    async def _apply(self, feed: str, lines: Sequence[Line]) -> Applied:
        before = await self.hello()
        applied = await self._try(feed, lines)
        held = await self.hello()
        if held != before:
            self._on_moved(held)
        if applied is Applied.GOOD and lines:
            self._faults.clear_scope(f"entry {feed}")
        return applied

    async def _try(self, feed: str, lines: Sequence[Line]) -> Applied:
        applied = Applied.REFUSED
        try:
            with self._reported("entry_refused", feed):
                await self._disk(self._replica.apply, feed, lines)
                applied = Applied.GOOD
        except MissingBase as missing:
            supplied = await self._snapshots.supply(missing)
            return Applied.AGAIN if supplied else Applied.FOLDED
        return applied

    @contextmanager
    def _reported(self, code: str, feed: str) -> Iterator[None]:
        """Report what is refused inside, and go on after it; only a missing base is for the caller."""
        try:
            yield
        except MissingBase:
            raise
        except (BadBlob, BadEntry):
            self._refuse(code, Reason.UNREADABLE, feed=feed)
        except Refused as error:
            self._refuse(code, error.reason, feed=feed, subject=error.subject)
        except NoPolicy:
            self._behind.add(feed)

    def _refuse(self, code: str, reason: Reason, *, feed: str, subject: str = "") -> None:
        scope = f"{code.partition('_')[0]} {feed}"
        text = sentences.refused(reason, subject, feed=feed)
        place = (f"{code}:{reason}", subject or feed)
        self._faults.clear_scope(scope, but=place)
        self._faults.note(*place, text, scope=scope)

    def _cannot_write(self, error: NotPossible) -> None:
        logger.warning("replica not written", extra={"cause": str(error)})
        self._faults.note("replica_unwritable", "replica", sentences.REPLICA_FULL)
        self._behind.update(self._feeds)


async def _as_it_is(welcome: Welcome) -> Welcome:
    """Take what is offered; the replica checks it."""
    return welcome
