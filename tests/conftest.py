"""For the whole of the suite: with TEST_DATABASE=postgresql every zone of a test lives on a PostgreSQL server."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.support.postgresql import SERVER, running_cluster

# How fast an example is belongs to benchmarks: a busy machine must not fail a property.
settings.register_profile("zone", deadline=None)
settings.load_profile("zone")


@pytest.fixture(scope="session", autouse=True)
def _postgresql() -> Iterator[None]:
    if os.environ.get("TEST_DATABASE") != "postgresql":
        yield
        return
    with running_cluster() as cluster:
        os.environ[SERVER] = cluster.url("postgres")
        yield
        del os.environ[SERVER]
