"""The terminal's own database: outbox and counters. Nothing in it is readable by a stranger.

synchronous=FULL, because a citizen has been told that the request is kept (wire.md 9.3.1).
"""

import secrets
import sqlite3
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS outbox (
    key TEXT PRIMARY KEY, kind TEXT NOT NULL, at INTEGER NOT NULL, envelope BLOB NOT NULL,
    rejected INTEGER NOT NULL DEFAULT 0, why TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
"""


def open_store(path: Path) -> sqlite3.Connection:
    """Open agent.db for one writer at a time, whichever thread that is."""
    store = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=10)
    try:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "secure_delete=ON"):
            store.execute(f"PRAGMA {pragma}")
        store.executescript(SCHEMA)
    except sqlite3.Error:
        store.close()
        raise
    path.chmod(0o600)
    return store


def next_boot(store: sqlite3.Connection) -> str:
    """Return a new boot id. Later ones sort after earlier ones on the same disk.

    A will that arrives after the new birth can so be told from it (wire.md 9.1).
    """
    store.execute(
        "INSERT INTO counter VALUES ('boot', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1"
    )
    (count,) = store.execute("SELECT value FROM counter WHERE name = 'boot'").fetchone()
    return f"{count:08d}-{secrets.token_hex(4)}"
