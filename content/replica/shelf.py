"""Opening the replica file, and reading its checked policy. Shared by reader and writer."""

from importlib.resources import files
from pathlib import Path

import apsw

from content.feed.policy import Policy, PolicyRefused, SignedPolicy, TrustRoot, check_policy

BUSY_MS = 5000
POLICY = "policy"
SCHEMAS = ("schema.sql", "schema_feeds.sql")


def open_shelf(path: Path, *, writable: bool) -> apsw.Connection:
    """Open the file; a writer makes its tables, a reader can change nothing."""
    flags = apsw.SQLITE_OPEN_READWRITE
    if writable:
        flags |= apsw.SQLITE_OPEN_CREATE
    connection = apsw.Connection(str(path), flags=flags)
    connection.set_busy_timeout(BUSY_MS)
    if writable:
        connection.pragma("journal_mode", "wal")
        connection.pragma("synchronous", 2)
        for name in SCHEMAS:
            connection.execute(files("content.replica").joinpath(name).read_text("utf-8"))
    else:
        connection.pragma("query_only", True)
    return connection


def held_policy(connection: apsw.Connection, root: TrustRoot) -> Policy | None:
    """Return the kept policy if the pinned root signed it; None if there is none, or not a good one."""
    row = connection.execute("SELECT value FROM kept WHERE name = ?", (POLICY,)).fetchone()
    if row is None:
        return None
    try:
        return check_policy(SignedPolicy.from_bytes(bytes(row[0])), root=root, held=0)
    except PolicyRefused:
        return None


def is_handed_over(connection: apsw.Connection) -> bool:
    """Say whether the kept policy comes from a ceremony: from then on nothing less will do."""
    row = connection.execute("SELECT value FROM kept WHERE name = ?", (POLICY,)).fetchone()
    try:
        return row is not None and bool(SignedPolicy.from_bytes(bytes(row[0])).chain)
    except PolicyRefused:
        return False
