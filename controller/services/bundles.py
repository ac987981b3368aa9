"""Write a content bundle for terminals without a link: policy, heads, snapshots and lines, as they are signed."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from content.errors import NotFound
from content.feed.batch import line_or_batch
from content.feed.entry import SignedHead, head_to_bytes
from content.feed.snapshot import manifest_from_bytes
from controller.services.feed_library import FeedLibrary
from controller.services.feed_log import FeedLog, NoPolicy
from controller.services.folding import BlobFolder
from controller.services.policy import Policies
from devices.wire.bundle_file import BundleWriter


@dataclass(frozen=True, slots=True)
class Bundled:
    """What went into a bundle: feed, and the place that it reaches."""

    feed: str
    sequence: int


def _to_nobody(done: int, total: int) -> None:
    """Hear nothing: nobody waits before a page."""
    del done, total


def _after(before: int, total: int, *, tell: Callable[[int, int], None]) -> Callable[[int], None]:
    return lambda place: tell(before + place, total)


class Bundles:
    """Makes bundles. The controller signs the heads; content it can only copy."""

    def __init__(
        self, *, log: FeedLog, library: FeedLibrary, policies: Policies, blobs: BlobFolder
    ) -> None:
        self._log = log
        self._library = library
        self._policies = policies
        self._blobs = blobs

    async def write(
        self, path: Path, feeds: Sequence[str], *, tell: Callable[[int, int], None] = _to_nobody
    ) -> tuple[Bundled, ...]:
        """Write a bundle of these feeds; `tell` hears how many lines of how many are in.

        Raises:
            BundleExists: there is such a file.
            NoPolicy: nothing was signed yet.
            NotFound: a feed has no content.
        """
        signed = await self._policies.signed_policy()
        if signed is None:
            raise NoPolicy
        heads = [await self._head(feed) for feed in feeds]
        total, before = sum(one.head.sequence for one in heads), 0
        with BundleWriter(path) as bundle:
            bundle.policy(signed)
            for head in heads:
                counted = _after(before, total, tell=tell)
                await self._add(bundle, head, tell=counted)
                before += head.head.sequence
                tell(before, total)
        return tuple(Bundled(one.head.feed, one.head.sequence) for one in heads)

    async def _head(self, feed: str) -> SignedHead:
        head = await self._log.head(feed)
        if head is None:
            raise NotFound(f"频道 {feed} 还没有发布过内容，没有生成内容包。")
        return head

    async def _add(
        self, bundle: BundleWriter, signed: SignedHead, *, tell: Callable[[int], None]
    ) -> None:
        head = signed.head
        after = await asyncio.to_thread(self._add_snapshot, bundle, head.snapshot)
        number = bundle.feed(head.feed, head_to_bytes(signed))
        lines: list[bytes] = []
        place = after
        while place < head.sequence:
            page = await self._library.plain_page(head.feed, place + 1)
            if not page:
                break
            lines += page
            place = line_or_batch(page[-1]).link.sequence
            tell(place)
        await asyncio.to_thread(bundle.lines, number, iter(lines))

    def _add_snapshot(self, bundle: BundleWriter, name: str) -> int:
        """Put a snapshot in and return the place that it reaches; 0 without one, or if a blob of it is gone."""
        data = self._blobs.read(name) if name else b""
        if not data:
            return 0
        manifest = manifest_from_bytes(data)
        blobs = {one.sha256: self._blobs.read(one.sha256) for one in manifest.blobs}
        if not all(blobs.values()):
            return 0
        bundle.blob(name, data)
        for sha256, blob in blobs.items():
            bundle.blob(sha256, blob)
        return manifest.sequence
