"""A searchable copy of all that is public, for the desk and the phone pages: the same replica as at a terminal.

It is made of the signed log alone and can be thrown away: it is filled again at the next question.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import apsw

from content.answers.answer import NO_ANSWER, Answers
from content.answers.guide import Aspect
from content.errors import ZoneError
from content.feed.batch import line_or_batch
from content.feed.policy import TrustRoot
from content.replica.curated_reader import CuratedReader
from content.replica.meaning import MeaningMaker
from content.replica.ports import Results
from content.replica.searching import Models
from content.replica.sentences import open_sentences
from content.replica.shelf import open_shelf
from content.replica.writer import ReplicaWriter, open_writer
from content.search.completing import Completion
from content.search.curated import CuratedWords
from content.search.learned import Learned
from controller.services.policy import NoRoot, Policies
from devices.agent.disk import OneThread
from devices.clock import Clock

logger = logging.getLogger(__name__)

STEP, FEW = 64, 8
ROUND_S, REST_S = 60.0, 0.2
PAGES = 1000
MOST_READERS = 16
"""Regions whose view is held open; the one not asked for longest is closed."""
FIRST_S = 45.0
"""After the start: pages are to be served first, and a terminal on the same machine makes its vectors."""
ANSWERING_S = 0.2
"""A controller answers few searches at once: its sentence model may take this long for a question."""

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
        self._models = Models()
        self._loading = OneThread("search models")
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Fill the copy in the background, so that the first visitor does not wait for it."""
        self._tasks = [
            asyncio.create_task(self._fill(), name="search copy"),
            asyncio.create_task(self._think(), name="search models"),
        ]

    async def _fill(self) -> None:
        async with self._turn:
            await self._catch_up()

    async def close(self) -> None:
        """Close the files."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._thread(self._close)
        for thread in (self._thread, self._loading):
            thread.close()

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

    async def meant(self, text: str, *, region: str = "") -> str:
        """Return how the text is written in a title that sounds the same."""
        return await self._read(region, lambda reader: reader.meant(text), "")

    async def hot(self, *, region: str = "") -> tuple[str, ...]:
        """Return what is offered before anything is typed."""
        return await self._read(region, lambda reader: reader.hot(), ())

    async def answer(self, question: str, *, words: dict[Aspect, str], region: str = "") -> Answers:
        """Return the answer to a question in a record's own words."""

        def say(reader: CuratedReader) -> Answers:
            return reader.answer(question, words=words)

        return await self._read(region, say, NO_ANSWER)

    async def _read(self, region: str, act: Callable[[CuratedReader], T], nothing: T) -> T:
        async with self._turn:
            root = await self._catch_up()
            if root is None:
                return nothing
            return await self._thread(self._with_reader, region or self._region, root, act)

    def _with_reader(self, region: str, root: TrustRoot, act: Callable[[CuratedReader], T]) -> T:
        reader = self._readers.pop(region, None) or self._open_reader(region, root)
        self._readers[region] = reader
        while len(self._readers) > MOST_READERS:
            self._readers.pop(next(iter(self._readers))).close()
        return act(reader)

    def _open_reader(self, region: str, root: TrustRoot) -> CuratedReader:
        reader = CuratedReader(self._path, root, region=region)
        reader.use_models(self._models)
        return reader

    async def _think(self) -> None:
        """Load the sentence model once the start is over; then make what vectors are missing, beside the serving."""
        await asyncio.sleep(FIRST_S)
        sentence = await self._loading(lambda: open_sentences(most_s=ANSWERING_S))
        # Search by words is search too: where there is no model nobody is told.
        await self.use_models(Models(self._models.learned, sentence))
        while True:
            await self.fill_in()
            await asyncio.sleep(ROUND_S)

    async def fill_in(self) -> None:
        """Make missing vectors of all models, a few at a time, so that a search waits for a few at most."""
        made = 1
        while made:
            try:
                made = await self._thread(self._make, self._models, FEW)
            except apsw.Error as error:
                logger.warning("vectors not made", extra={"why": type(error).__name__})
                return
            await asyncio.sleep(REST_S)

    @property
    def learned_name(self) -> str:
        """Return the name of the learned model in use, "" for none."""
        return self._models.learned.name if self._models.learned else ""

    async def learn(self, learned: Learned | None) -> None:
        """Search with this learned model from now on; its vectors are made first, a few at a time."""
        if learned is not None:
            made = STEP
            while made:
                made = await self._thread(self._make, Models(learned), STEP)
        await self.use_models(Models(learned, self._models.sentence))

    def _make(self, models: Models, most: int) -> int:
        if not self._path.exists() or models == Models():
            return 0
        maker = MeaningMaker(self._path, models)
        try:
            if models.learned is not None:
                maker.forget_learned(but=(models.learned.name,))
            return maker.step(most)
        finally:
            maker.close()

    async def snapshot(self, to: Path) -> bool:
        """Write a copy of what is published to a file; say whether there is anything."""
        async with self._turn:
            if await self._catch_up() is None:
                return False
            return await self._thread(self._copy_to, to)

    def _copy_to(self, to: Path) -> bool:
        if not self._path.exists():
            return False
        with (
            closing(open_shelf(self._path, writable=False)) as shelf,
            closing(apsw.Connection(str(to))) as copy,
            copy.backup("main", shelf, "main") as backup,
        ):
            while not backup.done:
                backup.step(PAGES)
        return True

    async def use_models(self, models: Models) -> None:
        """Search by meaning too, with these models, from now on."""
        await self._thread(self._use, models)

    def _use(self, models: Models) -> None:
        self._models = models
        if self._writer is not None:
            self._writer.learn(models.learned)
        for reader in self._readers.values():
            reader.use_models(models)

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
            self._writer.learn(self._models.learned)
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
