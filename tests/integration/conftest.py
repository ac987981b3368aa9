"""One replica with its writer and its reader, whose content the keys of one zone sign: for every test that wants it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from content.replica.replica import ReplicaReader, ReplicaWriter
from tests.support.signers import ZoneKeys


@pytest.fixture
def keys() -> ZoneKeys:
    return ZoneKeys()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "replica.db"


@pytest.fixture
def writer(path: Path, keys: ZoneKeys) -> Iterator[ReplicaWriter]:
    writer = ReplicaWriter(path, keys.trust_root)
    writer.accept_policy(keys.policy().to_bytes())
    yield writer
    writer.close()


@pytest.fixture
def reader(path: Path, keys: ZoneKeys) -> Iterator[ReplicaReader]:
    reader = ReplicaReader(path, keys.trust_root)
    yield reader
    reader.close()
