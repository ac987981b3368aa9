"""A searchable copy of all that is public, for the desk and the phone pages: the same replica as at a terminal.

It is made of the signed log alone and can be thrown away: it is filled again at the next question.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from content.answers.answer import NO_ANSWER, Answers
from content.answers.guide import Aspect
from content.errors import ZoneError
from content.feed.batch import line_or_batch
from content.feed.policy import TrustRoot
from content.replica.curated_reader import CuratedReader
from content.replica.ports import Results
from content.replica.writer import ReplicaWriter, open_writer
from content.search.completing import Completion
from content.search.curated import CuratedWords
from controller.services.policy import NoRoot, Policies
from devices.agent.disk import OneThread
from devices.clock import Clock

logger = logging.getLogger(__name__)

T = TypeVar("T")


class SignedLog(Protocol):
    """The published log."""

    async def sequences(self) -> dict[str, tuple[int, str]]:
        """Return feed -> sequence and link hash of its newest line."""
        ...


class PlainPages(Protocol):
    """The same log in a form that needs nothing that is held already."""

    async def plain_page(self, feed: str, start: int) -> tuple[bytes, ...]:
        """Return lines and batches from sequence `start` on."""
        ...


@dataclass(frozen=True, slots=True)
class Published:
    """Where the published content is read."""

    log: SignedLog
    pages: PlainPages


@dataclass(frozen=True, slots=True)
class Preview:
    """What a citizen would see: results, and what would be offered while typing."""

    results: Results
    completions: tuple[Completion, ...]


class SearchCopy:
    """Answers searches from the copy; brings it up to date before each."""

    def __init__(
        self, path: Path, *, region: str, published: Published, policies: Policies, clock: Clock
    ) -> None:
        self._path = path
        self._region = region
        self._published = published
        self._policies = policies
        self._clock = clock
        self._thread = OneThread("search")
        self._turn = asyncio.Lock()
        self._root: TrustRoot | None = None
        self._policy = b""
        self._writer: ReplicaWriter | None = None
        self._readers: dict[str, CuratedReader] = {}
        self._filling: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Fill the copy in the background, so that the first visitor does not wait for it."""
        self._filling = asyncio.create_task(self._fill(), name="search copy")

    async def _fill(self) -> None:
        async with self._turn:
            await self._catch_up()

    async def close(self) -> None:
        """Close the files."""
        if self._filling is not None:
            self._filling.cancel()
            await asyncio.wait((self._filling,))
        await self._thread(self._close)
        self._thread.close()

    async def search(
        self, text: str, *, region: str = "", limit: int = 10, offset: int = 0
    ) -> Results:
        """Return what a terminal of the region (the zone's for "") would find."""
        return await self._read(
            region, lambda reader: reader.search(text, limit=limit, offset=offset), Results((), 0)
        )

    async def preview(self, words: CuratedWords, text: str, *, limit: int = 6) -> Preview:
        """Return what a citizen would see with these words, signed or not."""

        def look(reader: CuratedReader) -> Preview:
            with reader.trying(words):
                return Preview(reader.search(text, limit=limit), reader.complete(text, limit=limit))

        return await self._read(words.region, look, Preview(Results((), 0), ()))

    async def complete(self, text: str, *, limit: int = 6) -> tuple[Completion, ...]:
        """Return what completes the text."""
        return await self._read("", lambda reader: reader.complete(text, limit=limit), ())

    async def meant(self, text: str) -> str:
        """Return how the text is written in a title that sounds the same."""
        return await self._read("", lambda reader: reader.meant(text), "")

    async def hot(self) -> tuple[str, ...]:
        """Return what is offered before anything is typed."""
        return await self._read("", lambda reader: reader.hot(), ())

    async def answer(self, question: str, *, words: dict[Aspect, str]) -> Answers:
        """Return the answer to a question in a record's own words."""
        return await self._read("", lambda reader: reader.answer(question, words=words), NO_ANSWER)

    async def _read(self, region: str, act: Callable[[CuratedReader], T], nothing: T) -> T:
        async with self._turn:
            root = await self._catch_up()
            if root is None:
                return nothing
            return await self._thread(self._with_reader, region or self._region, root, act)

    def _with_reader(self, region: str, root: TrustRoot, act: Callable[[CuratedReader], T]) -> T:
        if region not in self._readers:
            self._readers[region] = CuratedReader(self._path, root, region=region)
        return act(self._readers[region])

    async def _catch_up(self) -> TrustRoot | None:
        """Apply what was published since; return the root, None while nothing can be published yet."""
        try:
            root = await self._policies.root()
        except NoRoot:
            return None
        policy = await self._policies.signed_policy()
        if policy is None:
            return None
        try:
            marks = await self._thread(self._open, root, policy)
            for feed, (newest, _) in (await self._published.log.sequences()).items():
                await self._follow(feed, marks.get(feed, 0), newest)
        except ZoneError as error:
            # What verifies stays searchable; the audit of the log itself is the publishing page's.
            logger.warning("search copy not up to date", extra={"why": type(error).__name__})
        return root

    async def _follow(self, feed: str, held: int, newest: int) -> None:
        while held < newest:
            page = await self._published.pages.plain_page(feed, held + 1)
            reached = await self._thread(self._apply, feed, page) if page else held
            if reached <= held:
                return
            held = reached

    def _open(self, root: TrustRoot, policy: bytes) -> dict[str, int]:
        if self._writer is None or root != self._root:
            self._close()
            self._writer, self._root = open_writer(self._path, root), root
        if policy != self._policy:
            self._writer.accept_policy(policy)
            self._policy = policy
        return {feed: sequence for feed, (sequence, _) in self._writer.marks().items()}

    def _apply(self, feed: str, page: tuple[bytes, ...]) -> int:
        """Apply a page; return the sequence that is reached."""
        lines = [line_or_batch(line) for line in page]
        now = int(self._clock.now().timestamp())
        if self._writer is None:
            return 0
        self._writer.apply(feed, lines, now=now)
        return self._writer.marks().get(feed, (0, ""))[0]

    def _close(self) -> None:
        for reader in self._readers.values():
            reader.close()
        self._readers.clear()
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        self._policy = b""
