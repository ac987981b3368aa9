"""What bodies are packed against on their way: the version before, or a trained dictionary; and where blobs lie."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection

from content.canonical import sha256_hex
from content.feed.entry import BadEntry
from content.feed.kept import kept_from_bytes
from content.feed.packing import Packed, Packing, pack_smallest
from content.feed.statement import Action, Statement
from controller.store import feeds as store
from controller.store.log import LogRow


class BlobFolder:
    """Files named by the SHA-256 of what is in them. What has its name is whole: it is renamed into place."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, sha256: str) -> bytes:
        """Return a blob, b"" if it is not here or was changed on disk."""
        try:
            data = (self._path / sha256).read_bytes()
        except OSError:
            return b""
        return data if sha256_hex(data) == sha256 else b""

    def write(self, data: bytes) -> str:
        """Keep a blob and return its hash."""
        name = sha256_hex(data)
        if self.read(name) != data:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            part = self._path / f".{name}.part"
            part.write_bytes(data)
            part.replace(self._path / name)
        return name

    def remove(self, sha256: str) -> None:
        """Drop a blob."""
        (self._path / sha256).unlink(missing_ok=True)


class Folding:
    """Finds what terminals hold already and packs against it."""

    def __init__(self, blobs: BlobFolder | None) -> None:
        self._blobs = blobs

    async def fold(self, c: AsyncConnection, statement: Statement, body: bytes) -> Packed | None:
        """Return the smallest packing of a body, None if that is the one that can be read alone."""
        if statement.action is Action.DELETE:
            return None
        before = await self._body_before(c, statement.feed, statement.record)
        dictionary = await self._dictionary(c, statement.feed)
        packed = await asyncio.to_thread(
            pack_smallest, body, previous=before, dictionary=dictionary
        )
        return None if packed.packing is Packing.ZSTD else packed

    async def bodies_before(
        self, c: AsyncConnection, feed: str, records: Sequence[tuple[str, int]]
    ) -> list[bytes]:
        """Return the bodies that are in force now, b"" for what is new."""
        rows = await store.newest_of_many(c, feed, [record for record, _ in records])
        return [_body(rows.get(record)) for record, _ in records]

    async def _body_before(self, c: AsyncConnection, feed: str, record: str) -> bytes:
        return _body(await store.newest_of(c, feed, record))

    async def _dictionary(self, c: AsyncConnection, feed: str) -> bytes:
        known = await store.newest_dictionary(c, feed)
        if known is None or self._blobs is None:
            return b""
        return await asyncio.to_thread(self._blobs.read, known.sha256)


def _body(row: LogRow | None) -> bytes:
    if row is None or row.action is Action.DELETE:
        return b""
    try:
        return kept_from_bytes(row.line).body()
    except BadEntry:
        return b""  # changed on disk: then the whole body travels
