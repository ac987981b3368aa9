"""The content bundle on a stick: a zip, nothing compressed again, with the same signed bytes as over the network.

policy                the signed policy
f/0/name, head, log   a feed, its signed head, its lines after the snapshot (or all of them)
b/<sha256>            the manifest and the blobs of its snapshot
"""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from content.errors import CallerError, PeerError

SUFFIX = ".zonebundle"
MOST_FEEDS = 64
MOST_SMALL = 1024 * 1024
MOST_LINE = 64 * 1024 * 1024
_PIECE = 65536


class BadBundle(PeerError):
    """The file is not a bundle, or is damaged; the sentence says what to do."""

    def __init__(self) -> None:
        super().__init__("内容包无法读取或已损坏，终端没有改动。请重新制作内容包后再试。")


class BundleExists(CallerError):
    """There is a file of this name already."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} 已存在，没有覆盖。请换一个文件名，或先删除旧文件。")


@dataclass(frozen=True, slots=True)
class BundledFeed:
    """A feed in a bundle: its number there, its name, its head as bytes."""

    number: int
    name: str
    head: bytes


class BundleWriter:
    """Writes a bundle; it has its name only when it is whole. Use as a context manager."""

    def __init__(self, path: Path) -> None:
        if path.exists():
            raise BundleExists(path)
        self._path = path
        self._part = path.with_name(f".{path.name}.part")
        self._zip = zipfile.ZipFile(self._part, "w", zipfile.ZIP_STORED, strict_timestamps=False)
        self._names: set[str] = set()
        self._feeds = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()
        if kind is None:
            self._part.replace(self._path)
        else:
            self._part.unlink(missing_ok=True)

    def policy(self, data: bytes) -> None:
        """Put the signed policy in."""
        self._put("policy", data)

    def blob(self, sha256: str, data: bytes) -> None:
        """Put a blob in, once."""
        if f"b/{sha256}" not in self._names:
            self._put(f"b/{sha256}", data)

    def feed(self, name: str, head: bytes) -> int:
        """Begin a feed; return the number under which its lines are put."""
        number, self._feeds = self._feeds, self._feeds + 1
        self._put(f"f/{number}/name", name.encode())
        self._put(f"f/{number}/head", head)
        return number

    def lines(self, number: int, lines: Iterator[bytes]) -> None:
        """Put the lines of a feed in, each with its length before it."""
        with self._zip.open(_entry(f"f/{number}/log"), "w", force_zip64=True) as file:
            for line in lines:
                file.write(len(line).to_bytes(4) + line)

    def _put(self, name: str, data: bytes) -> None:
        self._names.add(name)
        self._zip.writestr(_entry(name), data)


class BundleReader:
    """Reads a bundle; believes nothing of it but its form. Use as a context manager.

    Raises:
        BadBundle: at any call.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except (OSError, zipfile.BadZipFile, ValueError, RuntimeError) as error:
            raise BadBundle from error
        # Stored only: nothing in here can grow when it is read.
        if any(one.compress_type != zipfile.ZIP_STORED for one in self._zip.infolist()):
            self._zip.close()
            raise BadBundle

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()

    def policy(self) -> bytes:
        """Return the signed policy."""
        return self._small("policy")

    def feeds(self) -> tuple[BundledFeed, ...]:
        """Return the feeds that are in it."""
        found = []
        for number in range(MOST_FEEDS):
            if f"f/{number}/name" not in self._zip.NameToInfo:
                break
            name = self._small(f"f/{number}/name").decode("utf-8", "replace")
            found.append(BundledFeed(number, name, self._small(f"f/{number}/head")))
        return tuple(found)

    def lines(self, number: int) -> Iterator[bytes]:
        """Yield the lines of a feed."""
        with self._open(f"f/{number}/log") as file:
            while size := self._read(file, 4):
                length = int.from_bytes(size)
                line = self._read(file, length) if length <= MOST_LINE else b""
                if len(size) != 4 or len(line) != length:  # noqa: PLR2004 - four bytes of length
                    raise BadBundle
                yield line

    def blob(self, sha256: str, *, start: int) -> Iterator[bytes]:
        """Yield a blob from `start` on."""
        with self._open(f"b/{sha256}") as file:
            left = start
            while piece := self._read(file, _PIECE):
                yield piece[left:]
                left = max(0, left - len(piece))

    def _small(self, name: str) -> bytes:
        with self._open(name) as file:
            return self._read(file, MOST_SMALL)

    def _open(self, name: str) -> IO[bytes]:
        try:
            return self._zip.open(name)
        except (KeyError, OSError, zipfile.BadZipFile, RuntimeError) as error:
            raise BadBundle from error

    def _read(self, file: IO[bytes], count: int) -> bytes:
        try:
            return file.read(count)
        except (OSError, EOFError, zipfile.BadZipFile) as error:
            raise BadBundle from error


def _entry(name: str) -> zipfile.ZipInfo:
    # A fixed date: the same content gives the same bytes.
    return zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0))
