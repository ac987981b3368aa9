"""Work on a document until another person can approve it: import, correct, propose, submit, send back."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePath

from sqlalchemy.ext.asyncio import AsyncConnection

from content.codes import new_code
from content.disclosure.classes import DISCLOSURE_CLASS_ZH, PRINTED_MARK, DisclosureClass
from content.disclosure.official_text.reading import ReadDocument
from content.disclosure.record import Block
from content.errors import CallerError, NotFound
from controller.auth.permissions import Permission, require
from controller.broker.private_files import write_private
from controller.config import ZoneConfig
from controller.services.audit import AuditLog
from controller.services.document_states import Step, after
from controller.services.events import DocumentChanged, EventBus
from controller.services.moved_warnings import follow_blocks
from controller.store import documents as store
from controller.store.database import Database, DiskFull, is_disk_full
from controller.store.documents import (
    Document,
    DocumentEvent,
    DocumentFields,
    DocumentState,
    DocumentWarning,
    Proposal,
    SourceFile,
)
from controller.store.people import Person
from devices.clock import Clock

ReadFile = Callable[[str, bytes], ReadDocument]
"""Reads a file of a name into fields and blocks. Heavy work, so it runs in a thread; controller.importing has it."""


class Stale(CallerError):
    """Somebody changed the document after the page was loaded."""

    def __init__(self) -> None:
        super().__init__(
            "这份文件刚刚有新的修改。请先复制您填写的内容，刷新页面后在最新内容上再改。"
        )


class NotReady(CallerError):
    """The document cannot be submitted yet. `points` are sentences that say what is missing."""

    def __init__(self, points: tuple[str, ...]) -> None:
        super().__init__("".join(points))
        self.points = points


class Documents:
    """Working copies of documents."""

    def __init__(
        self,
        *,
        config: ZoneConfig,
        database: Database,
        audit: AuditLog,
        events: EventBus,
        clock: Clock,
        read_file: ReadFile,
    ) -> None:
        self._config = config
        self._database = database
        self._audit = audit
        self._events = events
        self._clock = clock
        self._read_file = read_file

    async def take_file(self, by: Person, *, name: str, data: bytes) -> Document:
        """Read a file into a new draft; a file that is here already returns its document.

        Raises:
            Forbidden: not a drafter.
            CallerError: the file cannot be read; the sentence says why and what to do.
            DiskFull: nothing was kept.
        """
        require(by, Permission.DRAFT_DOCUMENT)
        sha256 = hashlib.sha256(data).hexdigest()
        async with self._database.read() as c:
            known = await store.find_by_source(c, sha256)
        if known:
            return known
        read = await asyncio.to_thread(self._read_and_keep, name, data, sha256)
        source = SourceFile(PurePath(name.replace("\\", "/")).name, sha256, len(data))
        return await self.add(by, read, source=source)

    async def add(self, by: Person, read: ReadDocument, *, source: SourceFile) -> Document:
        """Keep what was read from a file as a new draft.

        Raises:
            Forbidden: not a drafter.
        """
        require(by, Permission.DRAFT_DOCUMENT)
        now = self._now()
        document = Document(
            id=new_code(),
            state=DocumentState.DRAFT,
            fields=_fields(read),
            blocks=read.blocks,
            mark=read.disclosure_mark,
            warnings=tuple(
                DocumentWarning(one.code.name, one.sentence, one.block) for one in read.warnings
            ),
            proposal=None,
            drafter=by.id,
            contributors=(by.id,),
            revision=1,
            version=0,
            source=source,
            created=now,
            changed=now,
        )
        async with self._database.write() as c:
            await store.add_document(c, document)
            await self._note(c, document, by, Step.IMPORT, source.name)
        self._changed(document)
        return document

    async def correct(
        self,
        by: Person,
        document_id: str,
        *,
        seen: int,
        fields: DocumentFields,
        blocks: tuple[Block, ...],
    ) -> Document:
        """Replace fields and blocks by what a person has checked; signatures given so far are void.

        Args:
            by: who corrects.
            document_id: which document.
            seen: the revision that the page showed.
            fields: all fields.
            blocks: all blocks.

        Raises:
            Forbidden, NotFound: may not, is not.
            Stale: it is at another revision.
        """
        return await self._change(
            by,
            document_id,
            Step.EDIT,
            seen=seen,
            change=lambda d: replace(
                d,
                fields=fields,
                blocks=blocks,
                warnings=follow_blocks(d.warnings, d.blocks, blocks),
            ),
        )

    async def propose(
        self, by: Person, document_id: str, proposal: Proposal, *, seen: int
    ) -> Document:
        """Propose how the document may become known; signatures given so far are void.

        Raises:
            Forbidden, NotFound: may not, is not.
            Stale: it is at another revision.
            NotReady: a class other than proactive without its ground.
        """
        points = _ground_points(proposal)
        if points:
            raise NotReady(points)
        return await self._change(
            by, document_id, Step.PROPOSE, seen=seen, change=lambda d: replace(d, proposal=proposal)
        )

    async def submit(self, by: Person, document_id: str, *, seen: int) -> Document:
        """Hand the document to the approvers.

        Raises:
            Forbidden, NotFound, Stale, WrongState: may not, is not, changed, stands elsewhere.
            NotReady: something is missing.
        """
        require(by, Permission.DRAFT_DOCUMENT)
        async with self._database.write() as c:
            document = await _find(c, document_id)
            moved = self._moved(document, Step.SUBMIT)
            points = open_points(document)
            if points:
                raise NotReady(points)
            await _save(c, moved, seen=seen)
            await self._note(c, moved, by, Step.SUBMIT)
        self._changed(moved)
        return moved

    async def send_back(self, by: Person, document_id: str, *, reason: str) -> Document:
        """Return a submitted document to its drafter; signatures given so far are void.

        Raises:
            Forbidden, NotFound, WrongState: may not, is not, not submitted.
            CallerError: no reason given.
        """
        require(by, Permission.RETURN_DOCUMENT)
        if not reason.strip():
            raise CallerError("请填写退回原因，以便拟稿人修改。")
        async with self._database.write() as c:
            document = await _find(c, document_id)
            moved = self._moved(document, Step.RETURN)
            await _save(c, moved, seen=document.revision)
            await store.drop_pending(c, document_id)
            await self._note(c, moved, by, Step.RETURN, reason.strip())
        self._changed(moved)
        return moved

    async def get(self, by: Person, document_id: str) -> Document:
        """Return a working copy.

        Raises:
            Forbidden, NotFound: may not, is not.
        """
        require(by, Permission.READ_DOCUMENTS)
        async with self._database.read() as c:
            return await _find(c, document_id)

    async def list(
        self,
        by: Person,
        *,
        state: DocumentState | None = None,
        text: str = "",
        limit: int = 50,
        offset: int = 0,
    ) -> tuple[Document, ...]:
        """Return working copies, the last changed first; `text` is searched in title and number.

        Raises:
            Forbidden: may not.
        """
        require(by, Permission.READ_DOCUMENTS)
        async with self._database.read() as c:
            return await store.list_documents(
                c, state=state, text=text.strip(), limit=limit, offset=offset
            )

    async def counts(self, by: Person) -> dict[DocumentState, int]:
        """Return how many documents stand in each state; states without documents are left out.

        Raises:
            Forbidden: may not.
        """
        require(by, Permission.READ_DOCUMENTS)
        async with self._database.read() as c:
            return await store.count_states(c)

    async def history(self, by: Person, document_id: str) -> tuple[DocumentEvent, ...]:
        """Return what happened to a document, the newest step first.

        Raises:
            Forbidden: may not.
        """
        require(by, Permission.READ_DOCUMENTS)
        async with self._database.read() as c:
            return await store.history(c, document_id)

    def _now(self) -> int:
        return int(self._clock.now().timestamp())

    def _changed(self, document: Document) -> None:
        self._events.publish(DocumentChanged(document.id, str(document.state)))

    def _moved(self, document: Document, step: Step) -> Document:
        return replace(
            document,
            state=after(document.state, step),
            revision=document.revision + 1,
            changed=self._now(),
        )

    async def _change(
        self,
        by: Person,
        document_id: str,
        step: Step,
        *,
        seen: int,
        change: Callable[[Document], Document],
    ) -> Document:
        require(by, Permission.DRAFT_DOCUMENT)
        async with self._database.write() as c:
            document = await _find(c, document_id)
            others = tuple(one for one in document.contributors if one != by.id)
            moved = replace(self._moved(change(document), step), contributors=(*others, by.id))
            await _save(c, moved, seen=seen)
            await store.drop_pending(c, document_id)
            await self._note(c, moved, by, step)
        self._changed(moved)
        return moved

    async def _note(
        self, c: AsyncConnection, document: Document, by: Person, step: Step, note: str = ""
    ) -> None:
        event = DocumentEvent(self._now(), by.id, str(step), note)
        await store.add_event(c, document.id, event)
        await self._audit.write(
            c, actor=by.id, act=f"document_{step}", subject=document.id, detail=note
        )

    def _read_and_keep(self, name: str, data: bytes, sha256: str) -> ReadDocument:
        read = self._read_file(name, data)
        folder = self._config.state / "uploads"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Named by its hash: nothing of the sender's name reaches the disk.
            write_private(folder / sha256, data)
        except OSError as error:
            if is_disk_full(error):
                raise DiskFull from error
            raise
        return read


def open_points(document: Document) -> tuple[str, ...]:
    """Return sentences on what must be done before the document can be submitted; empty = ready."""
    points: list[str] = []
    if not document.fields.title.strip():
        points.append("请填写标题。")
    if not any(block.text.strip() or block.rows for block in document.blocks):
        points.append("正文是空的，请补录正文。")
    if document.proposal is None:
        return (*points, "请选择公开属性。")
    return (
        *points,
        *_ground_points(document.proposal),
        *_class_points(document, document.proposal),
    )


def _ground_points(proposal: Proposal) -> tuple[str, ...]:
    # Articles 14 to 16: whatever is not open needs its ground from the closed list.
    if proposal.disclosure_class is DisclosureClass.PROACTIVE:
        return ()
    points: list[str] = []
    if proposal.disclosure_class is DisclosureClass.WITHHELD and proposal.ground is None:
        points.append("“不予公开”必须选择法定理由。")
    if not proposal.reason.strip():
        points.append("选择“依申请公开”或“不予公开”时，请填写理由。")
    return tuple(points)


def _class_points(document: Document, proposal: Proposal) -> tuple[str, ...]:
    points: list[str] = []
    chosen = proposal.disclosure_class
    if document.mark and document.mark is not chosen and not proposal.mark_confirmed:
        points.append(
            f"原文标注“{PRINTED_MARK[document.mark]}”，与所选“{DISCLOSURE_CLASS_ZH[chosen]}”不一致，请核对并确认。"
        )
    if chosen is not DisclosureClass.PROACTIVE:
        points.append("只有“主动公开”的文件才能提交发布；这份文件会作为内部记录保留，不会公开。")
    return tuple(points)


def _fields(read: ReadDocument) -> DocumentFields:
    return DocumentFields(
        title=read.title,
        document_number=read.document_number,
        issuing_body=read.issuing_body,
        written_on=read.written_on,
        cited=tuple(one.label for one in read.cited),
    )


async def _find(c: AsyncConnection, document_id: str) -> Document:
    document = await store.find_document(c, document_id)
    if document is None:
        raise NotFound("没有找到这份文件，请返回列表重新查找。")
    return document


async def _save(c: AsyncConnection, document: Document, *, seen: int) -> None:
    if not await store.save_document(c, document, seen=seen):
        raise Stale
