"""Working copies of curated search words, one a region; what is public of them is in the signed log."""

from dataclasses import dataclass

import msgspec
from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    RowMapping,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from content.feed.statement import Approval
from content.search.curated import CuratedWords
from controller.store.metadata import metadata
from controller.store.signatures import Pending, Waiting


@dataclass(frozen=True, slots=True)
class WordsDraft:
    """The working copy of a region's words.

    Attributes:
        words: as they stand now.
        drafter: person id of who began them.
        contributors: ids of all who changed them since they were last published; none of them may approve.
        revision: rises with each change; 0 = nothing is kept yet.
        version: the published version, 0 = never published.
        changed: unix seconds.
    """

    words: CuratedWords
    drafter: str = ""
    contributors: tuple[str, ...] = ()
    revision: int = 0
    version: int = 0
    changed: int = 0


@dataclass(frozen=True, slots=True)
class WordsChange:
    """One change, with the words as they were before it; `undone` if it was taken back."""

    id: int
    at: int
    actor: str
    act: str
    note: str
    before: CuratedWords
    undone: bool


curated_words = Table(
    "curated_words",
    metadata,
    Column("id", String(10), primary_key=True),
    Column("region", String(12), nullable=False),
    Column("content", Text, nullable=False),
    Column("drafter", String(20), nullable=False),
    Column("contributors", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
)

curated_changes = Table(
    "curated_changes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("words", String(10), ForeignKey("curated_words.id"), nullable=False, index=True),
    Column("at", Integer, nullable=False),
    Column("actor", String(20), nullable=False),
    Column("act", String(20), nullable=False),
    Column("note", Text, nullable=False),
    Column("before", Text, nullable=False),
    Column("undone", Integer, nullable=False),
)

curated_pending = Table(
    "curated_pending",
    metadata,
    Column("words", String(10), ForeignKey("curated_words.id"), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("statement", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

curated_approvals = Table(
    "curated_approvals",
    metadata,
    Column("words", String(10), ForeignKey("curated_words.id"), primary_key=True),
    Column("key_id", String(16), primary_key=True),
    Column("signature", LargeBinary, nullable=False),
    Column("at", Integer, nullable=False),
)

_WAITING = Waiting(curated_pending, curated_approvals)


async def find_words(c: AsyncConnection, words_id: str) -> WordsDraft | None:
    """Return a working copy."""
    query = select(curated_words).where(curated_words.c.id == words_id)
    row = (await c.execute(query)).mappings().first()
    return _draft(row) if row else None


async def list_words(c: AsyncConnection) -> tuple[WordsDraft, ...]:
    """Return all working copies, by region."""
    rows = await c.execute(select(curated_words).order_by(curated_words.c.region))
    return tuple(_draft(row) for row in rows.mappings())


async def save_words(c: AsyncConnection, draft: WordsDraft, *, seen: int) -> bool:
    """Keep a working copy if it still is at the revision that was seen (0 = not kept before)."""
    values = {
        "id": draft.words.id,
        "region": draft.words.region,
        "content": _text(draft.words),
        "drafter": draft.drafter,
        "contributors": " ".join(draft.contributors),
        "revision": draft.revision,
        "version": draft.version,
        "changed": draft.changed,
    }
    if not seen:
        if await find_words(c, draft.words.id) is not None:
            return False
        await c.execute(insert(curated_words).values(values))
        return True
    table = curated_words
    here = (table.c.id == draft.words.id) & (table.c.revision == seen)
    return (await c.execute(update(table).where(here).values(values))).rowcount == 1


async def add_change(c: AsyncConnection, words_id: str, change: WordsChange) -> None:
    """Append to the history of a region's words; the database gives the id."""
    await c.execute(
        insert(curated_changes).values(
            words=words_id,
            at=change.at,
            actor=change.actor,
            act=change.act,
            note=change.note,
            before=_text(change.before),
            undone=int(change.undone),
        )
    )


async def list_changes(c: AsyncConnection, words_id: str, *, limit: int) -> tuple[WordsChange, ...]:
    """Return changes, the newest first."""
    query = (
        select(curated_changes)
        .where(curated_changes.c.words == words_id)
        .order_by(curated_changes.c.id.desc())
        .limit(limit)
    )
    return tuple(_change(row) for row in (await c.execute(query)).mappings())


async def last_change(c: AsyncConnection, words_id: str) -> WordsChange | None:
    """Return the newest change that was not taken back."""
    query = (
        select(curated_changes)
        .where(curated_changes.c.words == words_id, curated_changes.c.undone == 0)
        .order_by(curated_changes.c.id.desc())
        .limit(1)
    )
    row = (await c.execute(query)).mappings().first()
    return _change(row) if row else None


async def mark_undone(c: AsyncConnection, change_id: int) -> None:
    """Note that a change was taken back."""
    here = curated_changes.c.id == change_id
    await c.execute(update(curated_changes).where(here).values(undone=1))


async def keep_pending(c: AsyncConnection, words_id: str, pending: Pending) -> None:
    """Keep the statement to sign; signatures over an earlier one end with it."""
    await _WAITING.keep(c, {"words": words_id}, pending)


async def find_pending(c: AsyncConnection, words_id: str) -> Pending | None:
    """Return the statement to sign, if one was made."""
    return await _WAITING.find(c, {"words": words_id})


async def drop_pending(c: AsyncConnection, words_id: str) -> None:
    """End the statement to sign and the signatures over it."""
    await _WAITING.drop(c, {"words": words_id})


async def add_approval(c: AsyncConnection, words_id: str, approval: Approval, *, now: int) -> None:
    """Keep one signature over the statement to sign."""
    await _WAITING.sign(c, {"words": words_id}, approval, now=now)


async def list_approvals(c: AsyncConnection, words_id: str) -> tuple[Approval, ...]:
    """Return the signatures over the statement to sign, in key order."""
    return await _WAITING.signed(c, {"words": words_id})


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _draft(row: RowMapping) -> WordsDraft:
    return WordsDraft(
        words=msgspec.json.decode(row["content"], type=CuratedWords),
        drafter=row["drafter"],
        contributors=tuple(row["contributors"].split()),
        revision=row["revision"],
        version=row["version"],
        changed=row["changed"],
    )


def _change(row: RowMapping) -> WordsChange:
    return WordsChange(
        id=row["id"],
        at=row["at"],
        actor=row["actor"],
        act=row["act"],
        note=row["note"],
        before=msgspec.json.decode(row["before"], type=CuratedWords),
        undone=bool(row["undone"]),
    )
