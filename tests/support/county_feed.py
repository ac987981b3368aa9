"""A controller's feed with its real log, store, compaction and blobs, and the way to it without a network."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from content.feed.batch import BatchSaid, statements_of, to_sign
from content.feed.body import Record, body_bytes
from content.feed.entry import SignedHead, head_to_bytes
from content.feed.statement import Action, Statement
from controller.services.compaction import Compaction
from controller.services.events import EventBus
from controller.services.feed_library import FeedLibrary
from controller.services.feed_log import FeedLog, SignedBatch
from controller.services.folding import BlobFolder
from controller.services.keyring import open_keyring
from controller.store import keys as key_store
from controller.store.database import Database
from devices.agent.ports import Page, Unreachable
from devices.clock import Clock
from devices.wire.messages import Ack, Hello, Welcome
from tests.support.signers import FEED, Signer, ZoneKeys


class CountyFeed:
    """One feed of a controller; content comes in signed by `keys`' people."""

    def __init__(self, folder: Path, database: Database, *, clock: Clock, threshold: int) -> None:
        self.keys = ZoneKeys(threshold=threshold)
        self.clock = clock
        self.database = database
        self.blobs = folder / "blobs"
        keyring = open_keyring(folder / "keys", may_make=True)
        self.keys.log = Signer("controller", Ed25519PrivateKey.from_private_bytes(keyring.log))
        self.log = FeedLog(database=database, keyring=keyring, clock=clock, blobs=self.blobs)
        self.library = FeedLibrary(database=database)
        self.compaction = Compaction(
            database=database, blobs=BlobFolder(self.blobs), events=EventBus(), clock=clock
        )

    @property
    def signers(self) -> tuple[Signer, ...]:
        return (self.keys.approver, self.keys.second)[: self.keys.threshold]

    async def publish(self, *records: Record, version: int = 1) -> None:
        """Publish records one by one."""
        async with self.database.write() as c:
            for record in records:
                said = self.keys.statement(record, version=version)
                approvals = tuple(one.sign(said.signed_bytes()) for one in self.signers)
                await self.log.append(c, said, approvals=approvals, body=body_bytes(record))

    async def publish_batch(self, records: Sequence[Record], *, version: int = 1) -> None:
        """Publish records at once, under one signature of each signer."""
        said = BatchSaid(FEED, "u-drafter", int(self.clock.now().timestamp()))
        named = tuple((record.id, version) for record in records)
        bodies = tuple(body_bytes(record) for record in records)
        data = to_sign(statements_of(said, named, bodies))
        approvals = tuple(one.sign(data) for one in self.signers)
        async with self.database.write() as c:
            await self.log.append_batch(c, SignedBatch(said, approvals, named, bodies))

    async def withdraw(self, record: str, *, version: int) -> None:
        now = int(self.clock.now().timestamp())
        said = Statement(FEED, record, version, Action.DELETE, "", 0, "u-drafter", now)
        approvals = tuple(one.sign(said.signed_bytes()) for one in self.signers)
        async with self.database.write() as c:
            await self.log.append(c, said, approvals=approvals, body=b"")

    async def head(self) -> SignedHead:
        signed = await self.log.head(FEED)
        assert signed is not None
        return signed


@asynccontextmanager
async def county_feed(
    folder: Path, *, clock: Clock, threshold: int = 1
) -> AsyncIterator[CountyFeed]:
    """Open a feed with its policy signed."""
    database = Database(f"sqlite+aiosqlite:///{folder / 'zone.db'}")
    try:
        await database.migrate()
        county = CountyFeed(folder, database, clock=clock, threshold=threshold)
        async with database.write() as c:
            await key_store.keep_policy(c, county.keys.policy(), now=1)
        yield county
    finally:
        await database.close()


class FeedUpstream:
    """The HTTPS interface over a county's feed. `cut_after` bytes of blobs the link is cut once."""

    def __init__(self, county: CountyFeed) -> None:
        self._county = county
        self.up = True
        self.cut_after = 10**12
        self.pages: list[tuple[str, int]] = []
        self.plain: list[int] = []
        self.blobs: list[tuple[str, int]] = []
        self.received = 0
        self.lies = False

    async def hello(self, _hello: Hello) -> Welcome | None:
        self._check()
        return None

    async def log_page(self, feed: str, start: int) -> Page:
        self._check()
        self.pages.append((feed, start))
        return await self._page(await self._county.log.page(feed, start))

    async def plain_page(self, feed: str, start: int) -> Page:
        self._check()
        self.plain.append(start)
        return await self._page(await self._county.library.plain_page(feed, start))

    async def newest_entry(self, feed: str, record: str) -> bytes:
        self._check()
        return await self._county.library.newest_entry(feed, record)

    async def blob(self, sha256: str, *, start: int, sink: Callable[[bytes], None]) -> None:
        self._check()
        self.blobs.append((sha256, start))
        folder = self._county.blobs
        data = (folder / sha256).read_bytes() if self.lies else BlobFolder(folder).read(sha256)
        if not data:
            raise Unreachable("no such blob")
        for at in range(start, len(data), 1000):
            piece = data[at : at + 1000]
            self.cut_after -= len(piece)
            if self.cut_after < 0:
                self.cut_after = 10**12
                raise Unreachable("the link is cut")
            self.received += len(piece)
            sink(piece)

    async def post(self, _envelope: bytes) -> Ack:
        raise Unreachable("no intake here")

    async def _page(self, lines: tuple[bytes, ...]) -> Page:
        self.received += sum(map(len, lines))
        return Page(lines, head_to_bytes(await self._county.head()))

    def _check(self) -> None:
        if not self.up:
            raise Unreachable("the test says so")
