"""Content-addressed files that are being fetched: what came before a cut is kept, what is whole has its name.

A file under its hash was verified when it got that name, and is verified again when it is read.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from content.canonical import sha256_hex
from content.errors import PeerError
from devices.agent.ports import ContentSource, NotPossible, Unreachable

MOST_BYTES = 64 * 1024 * 1024
"""Largest blob; what promises more is not fetched."""
_READ = 1 << 20


class BadBlob(PeerError):
    """What arrived under a hash is something else."""


class BlobStore:
    """A folder of blobs and of pages on their way. Blocking, but for `fetch`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def has(self, sha256: str) -> bool:
        """Say whether a blob is here."""
        return (self._folder / sha256).is_file()

    def read(self, sha256: str) -> bytes:
        """Return a blob that is here.

        Raises:
            BadBlob: it is not here any more, or was changed on disk; then it is gone.
        """
        try:
            data = (self._folder / sha256).read_bytes()
        except OSError as error:
            raise BadBlob(sha256) from error
        if sha256_hex(data) != sha256:
            (self._folder / sha256).unlink(missing_ok=True)
            raise BadBlob(sha256)
        return data

    async def fetch(self, upstream: ContentSource, sha256: str, *, size: int) -> None:
        """Fetch a blob, going on where an earlier try was cut.

        Raises:
            Unreachable: the link failed; what came is kept.
            BadBlob: what came is not what was named; it is thrown away.
            NotPossible: it cannot be written.
        """
        if self.has(sha256):
            return
        if size > MOST_BYTES:
            raise BadBlob(sha256)
        part = self._folder / f".{sha256}.part"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with part.open("ab") as file:
                await self._rest(upstream, sha256, _Sink(file.write, file.tell(), size))
                os.fsync(file.fileno())
            self._settle(part, sha256)
        except OSError as error:
            raise NotPossible(type(error).__name__) from error

    async def _rest(self, upstream: ContentSource, sha256: str, sink: "_Sink") -> None:
        if sink.count < sink.size:
            await upstream.blob(sha256, start=sink.count, sink=sink)

    def _settle(self, part: Path, sha256: str) -> None:
        """Give a file its name if it is what the name says; else it is begun anew."""
        if _hash_of(part) != sha256:
            part.unlink(missing_ok=True)
            raise BadBlob(sha256)
        part.replace(self._folder / sha256)

    def spool(self, feed: str) -> "PageSpool":
        """Return a file for pages of a log, empty."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return PageSpool(self._folder / f".{sha256_hex(feed.encode())[:16]}.log")

    def forget(self, names: Iterable[str]) -> None:
        """Drop blobs that have done their work."""
        for name in names:
            (self._folder / name).unlink(missing_ok=True)

    def of(self, feed: str) -> "BlobStore":
        """Return the part of the store that one feed's snapshots use."""
        return BlobStore(self._folder / sha256_hex(feed.encode())[:16])

    def keep_only(self, names: Iterable[str]) -> None:
        """Drop what was fetched for a snapshot that has been superseded meanwhile."""
        kept = {part for name in names for part in (name, f".{name}.part")}
        if self._folder.is_dir():
            for path in self._folder.iterdir():
                if path.name not in kept:
                    path.unlink(missing_ok=True)


class _Sink:
    """Takes the pieces of a blob; more than was promised is an answer of somebody else."""

    def __init__(self, write: Callable[[bytes], object], count: int, size: int) -> None:
        self._write = write
        self.count = count
        self.size = size

    def __call__(self, piece: bytes) -> None:
        self.count += len(piece)
        if self.count > self.size:
            raise Unreachable("blob is larger than promised")
        self._write(piece)


class PageSpool:
    """Lines of a log on disk, in order: a log of any length is applied without being held in memory."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("w+b")

    def add(self, line: bytes) -> None:
        """Append a line."""
        self._file.write(len(line).to_bytes(4) + line)

    def lines(self) -> Iterator[bytes]:
        """Yield the lines from the first on."""
        self._file.seek(0)
        while size := self._file.read(4):
            yield self._file.read(int.from_bytes(size))

    def close(self) -> None:
        """Drop the file."""
        self._file.close()
        self._path.unlink(missing_ok=True)


def _hash_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_READ):
            digest.update(piece)
    return digest.hexdigest()
