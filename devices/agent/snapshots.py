"""Brings a terminal that is new or far behind up to a compacted snapshot, chunk by chunk over any number of cuts."""

import asyncio
import logging

from content.feed.batch import line_or_batch
from content.feed.chain import Head
from content.feed.opening import ReadBlob
from content.feed.packing import BadEntry, MissingBase
from content.feed.snapshot import (
    MOST_MANIFEST_BYTES,
    ChunkName,
    Manifest,
    manifest_from_bytes,
)
from devices.agent.blobs import BadBlob, PageSpool
from devices.agent.disk import OneThread
from devices.agent.ports import ContentSource, Replica, Unreachable

logger = logging.getLogger(__name__)

MOST_DICTIONARY_BYTES = 256 * 1024


class Snapshots:
    """Fetches snapshots and dictionaries. Every failure of the link leaves what came for the next try."""

    def __init__(self, replica: Replica, *, upstream: ContentSource, disk: OneThread) -> None:
        self._replica = replica
        self._upstream = upstream
        self._blobs = replica.incoming
        self._disk = disk

    async def jump(self, feed: str, sequence: int, *, must: bool = False) -> bool:
        """Take the newest snapshot if the way through the log would be longer, or must; say whether it was.

        Raises:
            Unreachable, NotPossible: try again later.
            BadBlob, BadEntry, Refused, NoPolicy: the snapshot cannot be used; the log can.
        """
        head = await self.named(feed)
        if head is None or head.snapshot_at <= sequence:
            return False
        manifest = await self._manifest(head)
        if not must and sequence and head.snapshot_at - sequence <= manifest.records // 2:
            return False
        await self._fetch(manifest, head)
        await self._disk(self._replica.apply_snapshot, manifest, self.reader(feed))
        self.forget(manifest)
        logger.info("snapshot applied", extra={"feed": feed, "sequence": manifest.sequence})
        return True

    async def for_rebuild(self, feed: str) -> Manifest | None:
        """Return the manifest of the newest snapshot, all its blobs fetched; None if the whole log is to be taken.

        Raises:
            Unreachable, NotPossible: try again later.
        """
        head = await self.named(feed)
        if head is None:
            return None
        try:
            manifest = await self._manifest(head)
            await self._fetch(manifest, head)
        except (BadBlob, BadEntry):
            return None
        return manifest

    async def spooled(self, feed: str, after: int, *, plain: bool) -> PageSpool:
        """Fetch what follows a place into a file; it ends where something cannot be read.

        Raises:
            Unreachable: nothing is left of it.
        """
        spool = self._blobs.spool(feed)
        ask = self._upstream.plain_page if plain else self._upstream.log_page
        try:
            while lines := (await ask(feed, after + 1)).lines:
                for data in lines:
                    spool.add(data)
                after = max(after + 1, line_or_batch(lines[-1]).link.sequence)
        except BadEntry:
            return spool
        except (Unreachable, asyncio.CancelledError):
            spool.close()
            raise
        return spool

    async def named(self, feed: str) -> Head | None:
        """Return the newest head of a feed if it names a snapshot."""
        signed = await self._disk(self._replica.newest_head, feed)
        return signed.head if signed is not None and signed.head.snapshot else None

    async def supply(self, missing: MissingBase) -> bool:
        """Fetch and keep the dictionary that is missing; False if only the plain form helps."""
        name = missing.dictionary
        if not name:
            return False
        try:
            await self._blobs.fetch(self._upstream, name, size=MOST_DICTIONARY_BYTES)
            await self._disk(self._replica.keep_dictionary, self._blobs.read(name))
        except (Unreachable, BadBlob):
            return False
        self._blobs.forget((name,))
        return True

    def reader(self, feed: str) -> ReadBlob:
        """Return what reads the fetched blobs of a feed's snapshot; raises BadEntry for one changed on disk."""
        blobs = self._blobs.of(feed)

        def read(name: ChunkName) -> bytes:
            try:
                return blobs.read(name.sha256)
            except BadBlob as error:
                raise BadEntry("a fetched blob was changed") from error

        return read

    def forget(self, manifest: Manifest) -> None:
        """Drop the blobs of a snapshot that has done its work."""
        self._blobs.of(manifest.feed).keep_only(())

    async def _manifest(self, head: Head) -> Manifest:
        blobs = self._blobs.of(head.feed)
        await blobs.fetch(self._upstream, head.snapshot, size=MOST_MANIFEST_BYTES)
        manifest = manifest_from_bytes(blobs.read(head.snapshot))
        if (manifest.feed, manifest.sequence) != (head.feed, head.snapshot_at):
            raise BadEntry("the manifest is of another snapshot")
        return manifest

    async def _fetch(self, manifest: Manifest, head: Head) -> None:
        blobs = self._blobs.of(manifest.feed)
        blobs.keep_only((head.snapshot, *(name.sha256 for name in manifest.blobs)))
        for name in manifest.blobs:
            await blobs.fetch(self._upstream, name.sha256, size=name.size)
