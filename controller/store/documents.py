"""Working copies of documents: what was read from a file, what people corrected, where it stands.

A working copy is not public. What is public is the signed log (controller.store.log).
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

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
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from content.disclosure.classes import DisclosureClass, WithholdingGround
from content.disclosure.record import Block, Validity
from content.feed.statement import Action, Approval, Statement
from controller.store.metadata import metadata
from controller.store.signatures import Pending, Waiting


class DocumentState(StrEnum):
    """Where a working copy stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class DocumentFields:
    """The fields that a person checks against the text; "" or None where the text says nothing."""

    title: str = ""
    document_number: str = ""
    issuing_body: str = ""
    written_on: date | None = None
    domain: str = ""
    contact: str = ""
    validity: Validity = Validity.UNSTATED
    cited: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DocumentWarning:
    """Something that a person must check after the import.

    Attributes:
        code: name of a content.disclosure.official_text WarningCode, for example NO_DATE.
        text: one Chinese sentence that says what to check.
        block: index of the block it is about, or None.
    """

    code: str
    text: str
    block: int | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """The drafter's proposal of how the document may become known 公开属性.

    Attributes:
        disclosure_class: the class.
        ground: the legal ground; mandatory for WITHHELD.
        reason: in words; mandatory for everything but PROACTIVE.
        mark_confirmed: the drafter has seen that the text's printed mark says something else.
    """

    disclosure_class: DisclosureClass
    ground: WithholdingGround | None = None
    reason: str = ""
    mark_confirmed: bool = False


@dataclass(frozen=True, slots=True)
class SourceFile:
    """The imported file; kept under uploads/ by its hash. All empty for documents typed at the desk."""

    name: str = ""
    sha256: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """A working copy.

    Attributes:
        id: record id, the same when published.
        state: where it stands.
        fields, blocks: the content as it stands now.
        mark: the disclosure mark printed in the text, or None where there is none.
        warnings: what the import could not tell.
        proposal: disclosure class and ground, None until proposed.
        drafter: person id of who imported it.
        contributors: ids of all who changed it since it was last published; none of them may approve.
        revision: rises with each change; a change says which revision it saw.
        version: the published version, 0 = never published.
        source: the imported file.
        created, changed: unix seconds.
    """

    id: str
    state: DocumentState
    fields: DocumentFields
    blocks: tuple[Block, ...]
    mark: DisclosureClass | None
    warnings: tuple[DocumentWarning, ...]
    proposal: Proposal | None
    drafter: str
    contributors: tuple[str, ...]
    revision: int
    version: int
    source: SourceFile
    created: int
    changed: int


@dataclass(frozen=True, slots=True)
class DocumentEvent:
    """One step of a document's history. `act` is a word such as imported, edited, submitted, returned."""

    at: int
    actor: str
    act: str
    note: str


documents = Table(
    "documents",
    metadata,
    Column("id", String(10), primary_key=True),
    Column("state", String(12), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("fields", Text, nullable=False),
    Column("blocks", Text, nullable=False),
    Column("mark", String(12), nullable=False),
    Column("warnings", Text, nullable=False),
    Column("proposal", Text, nullable=False),
    Column("drafter", String(20), ForeignKey("people.id"), nullable=False),
    Column("contributors", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("source_sha256", String(64), nullable=False, index=True),
    Column("created", Integer, nullable=False),
    Column("changed", Integer, nullable=False, index=True),
)

document_events = Table(
    "document_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("document", String(10), ForeignKey("documents.id"), nullable=False, index=True),
    Column("at", Integer, nullable=False),
    Column("actor", String(20), nullable=False),
    Column("act", String(20), nullable=False),
    Column("note", Text, nullable=False),
)

pending_statements = Table(
    "pending_statements",
    metadata,
    Column("document", String(10), ForeignKey("documents.id"), primary_key=True),
    Column("feed", String(64), primary_key=True),
    Column("action", String(8), primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("statement", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

approvals = Table(
    "approvals",
    metadata,
    Column("document", String(10), ForeignKey("documents.id"), primary_key=True),
    Column("feed", String(64), primary_key=True),
    Column("action", String(8), primary_key=True),
    Column("key_id", String(16), primary_key=True),
    Column("signature", LargeBinary, nullable=False),
    Column("at", Integer, nullable=False),
)

_WAITING = Waiting(pending_statements, approvals)


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _values(document: Document) -> dict[str, object]:
    return {
        "id": document.id,
        "state": str(document.state),
        "title": document.fields.title,
        "number": document.fields.document_number,
        "fields": _text(document.fields),
        "blocks": _text(document.blocks),
        "mark": str(document.mark or ""),
        "warnings": _text(document.warnings),
        "proposal": _text(document.proposal),
        "drafter": document.drafter,
        "contributors": " ".join(document.contributors),
        "revision": document.revision,
        "version": document.version,
        "source": _text(document.source),
        "source_sha256": document.source.sha256,
        "created": document.created,
        "changed": document.changed,
    }


def _document(row: RowMapping) -> Document:
    return Document(
        id=row["id"],
        state=DocumentState(row["state"]),
        fields=msgspec.json.decode(row["fields"], type=DocumentFields),
        blocks=msgspec.json.decode(row["blocks"], type=tuple[Block, ...]),
        mark=DisclosureClass(row["mark"]) if row["mark"] else None,
        warnings=msgspec.json.decode(row["warnings"], type=tuple[DocumentWarning, ...]),
        proposal=msgspec.json.decode(row["proposal"], type=Proposal | None),
        drafter=row["drafter"],
        contributors=tuple(row["contributors"].split()),
        revision=row["revision"],
        version=row["version"],
        source=msgspec.json.decode(row["source"], type=SourceFile),
        created=row["created"],
        changed=row["changed"],
    )


async def add_document(c: AsyncConnection, document: Document) -> None:
    """Keep a new working copy."""
    await c.execute(insert(documents).values(_values(document)))


async def save_document(c: AsyncConnection, document: Document, *, seen: int) -> bool:
    """Replace a working copy if it still is at the revision that was seen."""
    done = await c.execute(
        update(documents)
        .where(documents.c.id == document.id, documents.c.revision == seen)
        .values(_values(document))
    )
    return done.rowcount == 1


async def find_document(c: AsyncConnection, document_id: str) -> Document | None:
    """Return a working copy."""
    found = await c.execute(select(documents).where(documents.c.id == document_id))
    row = found.mappings().first()
    return _document(row) if row else None


async def find_by_source(c: AsyncConnection, sha256: str) -> Document | None:
    """Return the working copy that was imported from exactly this file."""
    found = await c.execute(select(documents).where(documents.c.source_sha256 == sha256).limit(1))
    row = found.mappings().first()
    return _document(row) if row else None


async def list_documents(
    c: AsyncConnection,
    *,
    state: DocumentState | None = None,
    text: str = "",
    limit: int,
    offset: int,
) -> tuple[Document, ...]:
    """Return working copies, the last changed first, whose title or number holds the text."""
    query = select(documents).order_by(documents.c.changed.desc(), documents.c.id)
    if state:
        query = query.where(documents.c.state == str(state))
    if text:
        query = query.where(
            or_(
                documents.c.title.contains(text, autoescape=True),
                documents.c.number.contains(text, autoescape=True),
            )
        )
    rows = await c.execute(query.limit(limit).offset(offset))
    return tuple(_document(row) for row in rows.mappings())


async def count_states(c: AsyncConnection) -> dict[DocumentState, int]:
    """Return how many working copies stand in each state."""
    rows = await c.execute(select(documents.c.state, func.count()).group_by(documents.c.state))
    return {DocumentState(state): count for state, count in rows}


async def add_event(c: AsyncConnection, document: str, event: DocumentEvent) -> None:
    """Append to a document's history."""
    await c.execute(insert(document_events).values(document=document, **msgspec.to_builtins(event)))


async def history(c: AsyncConnection, document: str) -> tuple[DocumentEvent, ...]:
    """Return a document's history, the newest step first."""
    query = (
        select(document_events)
        .where(document_events.c.document == document)
        .order_by(document_events.c.id.desc())
    )
    rows = await c.execute(query)
    return tuple(DocumentEvent(row.at, row.actor, row.act, row.note) for row in rows)


async def keep_pending(c: AsyncConnection, document: str, pending: Pending) -> None:
    """Keep the statement to sign; approvals of an earlier one end with it."""
    said = pending.statement
    await _WAITING.keep(c, _place(document, said.feed, said.action), pending)


async def find_pending(
    c: AsyncConnection, document: str, *, feed: str, action: Action
) -> Pending | None:
    """Return the statement to sign, if one was made."""
    return await _WAITING.find(c, _place(document, feed, action))


async def drop_pending(c: AsyncConnection, document: str) -> None:
    """End all statements to sign of a document, and their approvals."""
    await _WAITING.drop(c, {"document": document})


async def add_approval(
    c: AsyncConnection, document: str, statement: Statement, approval: Approval, *, now: int
) -> None:
    """Keep one signature over the statement to sign."""
    place = _place(document, statement.feed, statement.action)
    await _WAITING.sign(c, place, approval, now=now)


async def list_approvals(
    c: AsyncConnection, document: str, *, feed: str, action: Action
) -> tuple[Approval, ...]:
    """Return the signatures over the statement to sign, in key order."""
    return await _WAITING.signed(c, _place(document, feed, action))


def _place(document: str, feed: str, action: Action) -> dict[str, str]:
    return {"document": document, "feed": feed, "action": str(action)}
