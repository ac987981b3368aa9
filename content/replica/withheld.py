"""Records that are kept back for now: approved and held, but not shown (a rollout in waves, docs/adr/0025).

Only documents and catalogue items can be kept back. An emergency notice never is, nor what a screen plays.
"""

from collections.abc import Iterable

import apsw
import msgspec

from content.catalog.item import CatalogItem
from content.disclosure.record import DisclosureRecord
from content.feed.body import Record

WITHHELD = "withheld"
"""Its name among what the replica keeps."""


def keep_back(db: apsw.Connection, records: Iterable[str]) -> None:
    """Let readers show none of these records until told otherwise.

    It is not for approvers to sign, for it brings nothing: what is published and held stays as it is.
    """
    value = msgspec.json.encode(sorted(set(records)))
    db.execute("INSERT OR REPLACE INTO kept VALUES (?, ?)", (WITHHELD, value))


def held_back(db: apsw.Connection) -> frozenset[str]:
    """Return the ids of what is kept back; nothing if that cannot be read."""
    try:
        rows = db.execute("SELECT value FROM kept WHERE name = ?", (WITHHELD,)).fetchall()
        return frozenset(name for (data,) in rows for name in _names(data))
    except (apsw.Error, msgspec.MsgspecError):
        return frozenset()


def may_be_kept_back(record: Record) -> bool:
    """Say whether a record is of a kind that can be kept back."""
    return isinstance(record, DisclosureRecord | CatalogItem)


def _names(data: object) -> list[str]:
    return msgspec.json.decode(data, type=list[str]) if isinstance(data, bytes) else []
