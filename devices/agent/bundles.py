"""Takes content from a stick: the same bytes through the same checks as from the network, and says what came of it."""

import asyncio
import base64
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from content.feed.batch import line_or_batch
from content.feed.entry import BadEntry, head_from_bytes
from devices.agent import sentences
from devices.agent.faults import FaultBook
from devices.agent.heard import Welcomed
from devices.agent.ports import Page, Unreachable
from devices.agent.sync import Sync
from devices.wire.bundle_file import SUFFIX, BadBundle, BundleReader
from devices.wire.messages import Ack, Hello, Welcome

logger = logging.getLogger(__name__)

EVERY_S = 5.0
SHOWN_S = 600
"""How long staff see in the report that a stick was taken."""
PAGE_LINES = 200
SCOPE = "bundle"


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a bundle: a sentence for who put the stick in, and whether the content is up to date with it."""

    good: bool
    sentence: str


class BundleUpstream:
    """A bundle in the place of the controller's HTTPS interface."""

    def __init__(self, bundle: BundleReader) -> None:
        self._bundle = bundle
        self._numbers = {one.name: one.number for one in bundle.feeds()}
        self._heads = {one.name: one.head for one in bundle.feeds()}

    @property
    def welcome(self) -> Welcome:
        """What the controller would answer to a hello."""
        policy = base64.b64encode(self._bundle.policy()).decode()
        return Welcome(
            policy, tuple(base64.b64encode(head).decode() for head in self._heads.values())
        )

    def is_older_than(self, held: Mapping[str, int]) -> bool:
        """Say whether everything in it is behind what is held."""
        try:
            heads = {feed: head_from_bytes(head).head for feed, head in self._heads.items()}
        except BadEntry:
            return False
        return bool(heads) and all(
            head.sequence < held.get(feed, 0) for feed, head in heads.items()
        )

    async def hello(self, hello: Hello) -> Welcome | None:
        """See devices.agent.ports.Upstream."""
        return self.welcome if hello.policy >= 0 else None

    async def log_page(self, feed: str, start: int) -> Page:
        """See devices.agent.ports.Upstream."""
        head = self._heads.get(feed)
        if head is None:
            return Page((), b"")
        return Page(tuple(await asyncio.to_thread(self._lines_from, feed, start)), head)

    async def plain_page(self, feed: str, start: int) -> Page:
        """See devices.agent.ports.Upstream: nothing in a bundle is packed against anything."""
        return await self.log_page(feed, start)

    async def newest_entry(self, feed: str, record: str) -> bytes:
        """See devices.agent.ports.Upstream."""
        raise Unreachable(f"no single entries in a bundle: {feed} {record}")

    async def blob(self, sha256: str, *, start: int, sink: Callable[[bytes], None]) -> None:
        """See devices.agent.ports.Upstream."""
        try:
            for piece in self._bundle.blob(sha256, start=start):
                sink(piece)
                await asyncio.sleep(0)
        except BadBundle as error:
            raise Unreachable("no such blob in the bundle") from error

    async def post(self, envelope: bytes) -> Ack:
        """See devices.agent.ports.Upstream."""
        raise Unreachable(f"a bundle takes no envelope of {len(envelope)} bytes")

    def _lines_from(self, feed: str, start: int) -> Iterator[bytes]:
        found: list[bytes] = []
        try:
            for line in self._bundle.lines(self._numbers[feed]):
                if line_or_batch(line).link.begins >= start:
                    found.append(line)
                if len(found) == PAGE_LINES:
                    break
        except (BadBundle, BadEntry) as error:
            raise Unreachable("the bundle is damaged") from error
        return iter(found)


class BundleTaker:
    """Takes one bundle; `tell` shows the sentence on the terminal's screens."""

    def __init__(
        self, sync: Sync, *, faults: FaultBook, tell: Callable[[str], None] = lambda _: None
    ) -> None:
        self._sync = sync
        self._faults = faults
        self._tell = tell

    async def take(self, path: Path) -> Taken:
        """Verify and apply a bundle; nothing of it is believed that would not be from the network."""
        try:
            with BundleReader(path) as bundle:
                taken = await self._take(BundleUpstream(bundle))
        except BadBundle as error:
            taken = Taken(good=False, sentence=str(error))
        code = "bundle_taken" if taken.good else "bundle_refused"
        self._faults.clear_scope(SCOPE)
        self._faults.note(code, path.name, taken.sentence, scope=SCOPE)
        self._faults.end_scope(SCOPE, after_s=SHOWN_S)
        self._tell(taken.sentence)
        return taken

    async def _take(self, upstream: BundleUpstream) -> Taken:
        before = await self._sync.marks()
        if upstream.is_older_than({feed: mark.sequence for feed, mark in before.items()}):
            return Taken(good=True, sentence=sentences.BUNDLE_OLDER)
        faults = FaultBook(clock=self._faults.clock, on_change=lambda: None)
        await self._sync.beside(upstream, faults=faults).step(Welcomed(upstream.welcome))
        after = await self._sync.marks()
        if wrong := faults.all():
            return Taken(good=False, sentence=sentences.bundle_refused(wrong[-1].text))
        moved = [feed for feed, mark in after.items() if mark != before.get(feed)]
        return Taken(good=True, sentence=sentences.bundle_taken(len(moved)))


class BundleWatch:
    """Looks for sticks in folders and takes what it has not taken yet; each file once as long as it stays as it is."""

    def __init__(self, taker: BundleTaker, *, folders: tuple[Path, ...]) -> None:
        self._taker = taker
        self._folders = folders
        self._looked: dict[Path, tuple[int, int]] = {}
        self._taken: dict[Path, tuple[int, int]] = {}

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY_S)

    async def look(self) -> None:
        """Look once. What still grows is left for the next look: it is being copied."""
        found = await asyncio.to_thread(self._find)
        settled = {path: told for path, told in found.items() if self._looked.get(path) == told}
        self._looked = found
        self._taken = {path: told for path, told in self._taken.items() if path in found}
        for path, told in settled.items():
            if self._taken.get(path) == told:
                continue
            self._taken[path] = told
            taken = await self._taker.take(path)
            logger.info("bundle taken", extra={"file": path.name, "good": taken.good})
            await asyncio.to_thread(_leave_note, path, taken.sentence)

    def _find(self) -> dict[Path, tuple[int, int]]:
        """Return bundle -> (size, time), in the folders and one below: sticks are mounted there."""
        found: dict[Path, tuple[int, int]] = {}
        for folder in self._folders:
            for pattern in (f"*{SUFFIX}", f"*/*{SUFFIX}"):
                with suppress(OSError):
                    for path in sorted(folder.glob(pattern)):
                        told = path.stat()
                        found[path] = (told.st_size, told.st_mtime_ns)
        return found


def _leave_note(path: Path, sentence: str) -> None:
    """Write the result beside the bundle, for who has only the stick in hand; a stick may be write-protected."""
    with suppress(OSError):
        path.with_suffix(".结果.txt").write_text(sentence + "\n", "utf-8")
