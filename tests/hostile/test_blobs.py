"""Attacks on content-addressed files: what lies under a hash is what the hash says, or it is not used."""

from pathlib import Path
from typing import Any

import pytest

from content.canonical import sha256_hex
from content.errors import PeerError

blobs = pytest.importorskip("devices.agent.blobs")

pytestmark = pytest.mark.hostile
TRUE = b"a chunk of a snapshot " * 500
NAME = sha256_hex(TRUE)


class Upstream:
    """Serves whatever the thief put under the name."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    async def blob(self, sha256: str, *, start: int, sink: Any) -> None:
        assert sha256 == NAME
        sink(self.data[start:])


@pytest.fixture
def store(tmp_path: Path) -> Any:
    return blobs.BlobStore(tmp_path / "blobs")


async def test_a_blob_changed_on_the_terminals_disk(store: Any, tmp_path: Path) -> None:
    await store.fetch(Upstream(TRUE), NAME, size=len(TRUE))
    (tmp_path / "blobs" / NAME).write_bytes(TRUE[:-1] + b"X")

    with pytest.raises(PeerError):
        store.read(NAME)
    assert not store.has(NAME)
    await store.fetch(Upstream(TRUE), NAME, size=len(TRUE))
    assert store.read(NAME) == TRUE


@pytest.mark.parametrize("data", [b"X" * len(TRUE), TRUE[:-1] + b"X", TRUE * 2, TRUE + b"!"])
async def test_a_blob_changed_on_the_controllers_disk(store: Any, data: bytes) -> None:
    with pytest.raises(PeerError):
        await store.fetch(Upstream(data), NAME, size=len(TRUE))

    assert not store.has(NAME)
    await store.fetch(Upstream(TRUE), NAME, size=len(TRUE))
    assert store.read(NAME) == TRUE


async def test_a_forged_beginning_left_on_disk(store: Any, tmp_path: Path) -> None:
    """Half a file, changed while the terminal was off: going on from it leads to nothing false."""
    folder = tmp_path / "blobs"
    folder.mkdir()
    (folder / f".{NAME}.part").write_bytes(b"X" * 100)

    with pytest.raises(PeerError):
        await store.fetch(Upstream(TRUE), NAME, size=len(TRUE))

    await store.fetch(Upstream(TRUE), NAME, size=len(TRUE))
    assert store.read(NAME) == TRUE


async def test_a_blob_that_promises_the_disk_full(store: Any) -> None:
    with pytest.raises(PeerError):
        await store.fetch(Upstream(TRUE), NAME, size=10**12)
