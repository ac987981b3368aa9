"""A PostgreSQL cluster of our own in a temporary folder, on loopback, without fsync."""

import asyncio
import hashlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import asyncpg
import pytest

SERVER = "TEST_POSTGRESQL"
"""Set while the whole of a suite runs over PostgreSQL: the URL of its server."""
_PLACES = (Path("/usr/local/bin"), *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))
SKIPPED = "PostgreSQL is not installed (apt-get install postgresql): the store was tried over SQLite alone"


def program(name: str) -> str | None:
    """Return the path of one of PostgreSQL's programs."""
    found = shutil.which(name)
    if found:
        return found
    return next((str(place / name) for place in _PLACES if (place / name).exists()), None)


HAS_POSTGRESQL = program("initdb") is not None and program("pg_ctl") is not None


class Cluster:
    """A running server; `database` makes an empty database for one test."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port
        self._count = 0

    def url(self, database: str) -> str:
        return f"postgresql+asyncpg://zone@127.0.0.1:{self.port}/{database}"

    def database(self) -> str:
        """Make an empty database; return its URL."""
        self._count += 1
        name = f"zone_{self._count}"
        make_database(self.url("postgres"), name)
        return self.url(name)

    def restart(self) -> None:
        """Kill the server and start it again."""
        self.ctl("restart", "-m", "immediate", "-l", str(self.folder.parent / "log"))

    def ctl(self, *arguments: str) -> None:
        """Run pg_ctl; root may not run a server, so somebody else does."""
        tool = program("pg_ctl")
        assert tool is not None
        _as_nobody([tool, "-D", str(self.folder), "-w", *arguments])


def make_database(server: str, name: str, form: str = "") -> None:
    """Make an empty database on a server, unless it is there."""

    async def run() -> None:
        c = await asyncpg.connect(server.replace("+asyncpg", ""))
        try:
            with suppress(asyncpg.DuplicateDatabaseError):
                await c.execute(f'CREATE DATABASE "{name}" {form}')
        finally:
            await c.close()

    # In another thread: a test's own event loop may be running in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, run()).result()


def database_of(folder: Path, *, default: str = "") -> str:
    """Return the URL of a folder's database: on the server that `make test-postgres` runs, else the default."""
    server = os.environ.get(SERVER, "")
    if not server:
        return default
    name = "zone_" + hashlib.sha256(str(folder).encode()).hexdigest()[:20]
    make_database(server, name)
    return server.rpartition("/")[0] + "/" + name


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Run a cluster inside the block, or skip loudly."""
    initdb = program("initdb")
    if initdb is None or not HAS_POSTGRESQL:
        pytest.skip(SKIPPED)
    parent = Path(tempfile.mkdtemp(prefix="zone-pg-"))
    folder, port = parent / "data", _free_port()
    folder.mkdir()
    if os.geteuid() == 0:
        for place in (parent, folder):
            shutil.chown(place, "nobody")
    cluster = Cluster(folder, port)
    _as_nobody([initdb, "-D", str(folder), "-U", "zone", "-A", "trust", "-N", "--locale=C.UTF-8"])
    options = f"-p {port} -h 127.0.0.1 -k {parent} -c fsync=off -c max_connections=200"
    cluster.ctl("start", "-l", str(parent / "log"), "-o", options)
    try:
        yield cluster
    finally:
        cluster.ctl("stop", "-m", "immediate")
        shutil.rmtree(parent, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _as_nobody(command: list[str]) -> None:
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        # A server that inherited our pipes would keep them open.
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 0, done.stderr
