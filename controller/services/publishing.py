"""Publish what another person has approved and signed; take back what is public; read what is.

The controller holds no approver's key. It shows the exact bytes to the approver's browser, checks the
signature that comes back, and appends to the log when enough people other than the drafter have signed.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from content.canonical import sha256_hex
from content.disclosure.classes import DisclosureClass
from content.disclosure.record import DisclosureRecord
from content.errors import CallerError, NotFound
from content.feed.body import body_bytes
from content.feed.entry import MAX_BODY, SignedHead
from content.feed.policy import Policy
from content.feed.statement import Action, Approval, Statement
from controller.auth.permissions import Permission, require
from controller.config import ZoneConfig
from controller.services.audit import SYSTEM, AuditLog
from controller.services.document_states import Step, after
from controller.services.documents import open_points
from controller.services.events import DocumentChanged, EventBus, Published
from controller.services.feed_log import (
    PAGE_BYTES,
    PAGE_LINES,
    FeedLog,
    NotPublic,
    SignedBatch,
    current_policy,
)
from controller.services.published import PublishedRecord, PublishedRecords, Standing, Withdrawn
from controller.services.signing import StaleApproval, UnknownKey, check_key, counted_and_missing
from controller.services.signing_progress import signers_of
from controller.store import documents as store
from controller.store import log as log_store
from controller.store.database import Database
from controller.store.documents import Document, DocumentEvent
from controller.store.people import Person
from controller.store.signatures import Pending
from devices.clock import CHINA

__all__ = [
    "Outcome",
    "PublishedRecord",
    "Publishing",
    "StaleApproval",
    "Standing",
    "ToSign",
    "UnknownKey",
    "Withdrawn",
    "published_form",
]


@dataclass(frozen=True, slots=True)
class ToSign:
    """What the approver's browser shows, checks and signs.

    Attributes:
        statement: its `signed_bytes()` are what is signed.
        body: the canonical JSON; its SHA-256 is `statement.digest`.
        signed_by: names of those who have signed already.
        needed: how many signatures are needed in all.
    """

    statement: Statement
    body: bytes
    signed_by: tuple[str, ...]
    needed: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a signature led to. `sequence` is the place in the log, 0 while signatures are missing."""

    published: bool
    sequence: int
    still_needed: int


class Publishing:
    """Approval and publication."""

    def __init__(
        self,
        *,
        config: ZoneConfig,
        database: Database,
        audit: AuditLog,
        events: EventBus,
        log: FeedLog,
        records: PublishedRecords,
    ) -> None:
        self._config = config
        self._database = database
        self._audit = audit
        self._events = events
        self._log = log
        self._records = records

    async def statement_for(
        self, by: Person, document_id: str, *, feed: str = "", action: Action = Action.PUT
    ) -> ToSign:
        """Return what is to be signed to publish (PUT) or take back (DELETE) a document.

        Args:
            by: the approver.
            document_id: which document.
            feed: "" for the zone's main feed.
            action: publish or take back.

        Raises:
            Forbidden, NotFound, WrongState, NoPolicy, NotPublic: it cannot be signed, and why.
        """
        feed = feed or self._config.main_feed
        async with self._database.write() as c:
            document = await _find(c, document_id)
            self._check_step(by, document, action)
            policy = await current_policy(c)
            pending = await self._pending(c, document, feed=feed, action=action)
            given = await store.list_approvals(c, document_id, feed=feed, action=action)
        rule = policy.rule(feed)
        return ToSign(
            statement=pending.statement,
            body=pending.body,
            signed_by=signers_of(given, policy, drafter=pending.statement.drafter),
            needed=rule.threshold if rule else 1,
        )

    async def approve(
        self,
        by: Person,
        document_id: str,
        approval: Approval,
        *,
        feed: str = "",
        action: Action = Action.PUT,
    ) -> Outcome:
        """Take an approver's signature; publish when enough have signed. All in one transaction.

        Raises:
            Forbidden, NotFound, WrongState, NoPolicy, NotPublic: it may not be signed, and why.
            UnknownKey: the key does not count.
            StaleApproval: the signature is not over the current statement.
        """
        feed = feed or self._config.main_feed
        async with self._database.write() as c:
            document = await _find(c, document_id)
            self._check_step(by, document, action)
            policy = await current_policy(c)
            pending = await self._pending(c, document, feed=feed, action=action)
            await check_key(c, by, approval, policy=policy, statement=pending.statement)
            await store.add_approval(c, document_id, pending.statement, approval, now=self._now())
            await self._note(c, document, by.id, Step.SIGN, approval.key_id)
            outcome, published = await self._publish_if_enough(c, document, pending, policy)
        self._tell(published)
        self._events.publish(DocumentChanged(document_id, str(action)))
        return outcome

    async def append_signed(
        self, statement: Statement, approvals: tuple[Approval, ...], body: bytes
    ) -> int:
        """Append content that was signed elsewhere (catalogue, programmes); return its sequence.

        Raises:
            NoPolicy, Refused, NotPublic: a terminal would refuse it.
        """
        return (await self.append_many(((statement, approvals, body),)))[0]

    async def append_many(
        self, batch: Iterable[tuple[Statement, tuple[Approval, ...], bytes]]
    ) -> tuple[int, ...]:
        """Append a batch, all or nothing; return the sequences.

        Raises:
            NoPolicy, Refused, NotPublic: a terminal would refuse one of them.
        """
        done: list[Published] = []
        async with self._database.write() as c:
            for statement, approvals, body in batch:
                done.append(await self._log.append(c, statement, approvals=approvals, body=body))
            if done:
                words = f"{done[0].record}–{done[-1].record}"
                await self._audit.write(
                    c, actor=SYSTEM, act="appended", subject=words, detail=str(len(done))
                )
        for one in done:
            self._events.publish(one)
        return tuple(one.sequence for one in done)

    async def append_batch(self, signed: SignedBatch) -> int:
        """Append records that were signed elsewhere as a whole; return the last sequence. Raises as `append_many`."""
        async with self._database.write() as c:
            done = await self._log.append_batch(c, signed)
            words, count = f"{signed.records[0][0]}–{done.record}", str(len(signed.records))
            await self._audit.write(c, actor=SYSTEM, act="appended", subject=words, detail=count)
        self._events.publish(done)
        return done.sequence

    async def log_page(
        self, feed: str, start: int, *, limit: int = PAGE_LINES, limit_bytes: int = PAGE_BYTES
    ) -> tuple[bytes, ...]:
        """Return lines of a feed from sequence `start` on."""
        return await self._log.page(feed, start, limit=limit, limit_bytes=limit_bytes)

    async def head(self, feed: str) -> SignedHead | None:
        """Return a feed's newest link, said and signed now; None for an empty feed."""
        return await self._log.head(feed)

    async def sequences(self) -> dict[str, tuple[int, str]]:
        """Return feed -> sequence and link hash of its newest line."""
        return await self._log.sequences()

    async def record(
        self, record_id: str, *, version: int = 0, even_withdrawn: bool = False
    ) -> PublishedRecord:
        """Return what is public of a record; see PublishedRecords.record."""
        return await self._records.record(record_id, version=version, even_withdrawn=even_withdrawn)

    async def newest(
        self, kind: str = "document", *, limit: int = 20, offset: int = 0
    ) -> tuple[PublishedRecord, ...]:
        """Return the records of a kind that are in force, the last published first."""
        return await self._records.newest(kind, limit=limit, offset=offset)

    def _now(self) -> int:
        return self._log.now()

    def _tell(self, published: Published | None) -> None:
        if published:
            self._events.publish(published)

    def _check_step(self, by: Person, document: Document, action: Action) -> None:
        match action:
            case Action.PUT:
                require(by, Permission.APPROVE_DOCUMENT, document)
                after(document.state, Step.PUBLISH)
                proposal = document.proposal
                if not proposal or proposal.disclosure_class is not DisclosureClass.PROACTIVE:
                    raise NotPublic
            case Action.DELETE:
                require(by, Permission.WITHDRAW_DOCUMENT, document)
                after(document.state, Step.WITHDRAW)

    async def _pending(
        self, c: AsyncConnection, document: Document, *, feed: str, action: Action
    ) -> Pending:
        """Return the statement to sign: the one that others have signed, or a new one of today."""
        version = await log_store.newest_version(c, document.id) + 1
        kept = await store.find_pending(c, document.id, feed=feed, action=action)
        if kept and (kept.revision, kept.statement.version) == (document.revision, version):
            signed = await store.list_approvals(c, document.id, feed=feed, action=action)
            if signed or _day(kept.statement.approved_on) == _day(self._now()):
                return kept
        pending = await self._new_pending(c, document, feed=feed, action=action)
        await store.keep_pending(c, document.id, pending)
        return pending

    async def _new_pending(
        self, c: AsyncConnection, document: Document, *, feed: str, action: Action
    ) -> Pending:
        now = self._now()
        said = await log_store.lines_of_record(c, document.id)
        if action is Action.DELETE and not (said and said[0].action is Action.PUT):
            raise NotFound("这份文件目前没有公开，无需撤回。")
        body = b"" if action is Action.DELETE else self._body(document, now)
        statement = Statement(
            feed=feed,
            record=document.id,
            version=said[0].version + 1 if said else 1,
            action=action,
            digest=sha256_hex(body) if body else "",
            size=len(body),
            drafter=(document.contributors or (document.drafter,))[-1],
            approved_on=now,
        )
        return Pending(statement, body, document.revision)

    def _body(self, document: Document, now: int) -> bytes:
        points = open_points(document)
        if points:
            raise CallerError("".join(points))
        body = body_bytes(published_form(document, region=self._config.region, now=now))
        if len(body) > MAX_BODY:
            raise CallerError("文件正文超过 8 MB，无法下发到终端，请拆分后分别发布。")
        return body

    async def _publish_if_enough(
        self, c: AsyncConnection, document: Document, pending: Pending, policy: Policy
    ) -> tuple[Outcome, Published | None]:
        statement = pending.statement
        given = await store.list_approvals(
            c, document.id, feed=statement.feed, action=statement.action
        )
        approvals, missing = counted_and_missing(given, policy=policy, statement=statement)
        if missing > 0:
            return Outcome(published=False, sequence=0, still_needed=missing), None
        published = await self._log.append(c, statement, approvals=approvals, body=pending.body)
        await self._close(c, document, statement, published)
        return Outcome(published=True, sequence=published.sequence, still_needed=0), published

    async def _close(
        self, c: AsyncConnection, document: Document, statement: Statement, published: Published
    ) -> None:
        step = Step.PUBLISH if statement.action is Action.PUT else Step.WITHDRAW
        moved = replace(
            document,
            state=after(document.state, step),
            version=statement.version if step is Step.PUBLISH else document.version,
            contributors=() if step is Step.PUBLISH else document.contributors,
            revision=document.revision + 1,
            changed=self._now(),
        )
        if not await store.save_document(c, moved, seen=document.revision):
            raise StaleApproval
        await store.drop_pending(c, document.id)
        note = f"{published.feed} {published.sequence}"
        await self._note(c, moved, SYSTEM, step, note)

    async def _note(
        self, c: AsyncConnection, document: Document, actor: str, step: Step, note: str
    ) -> None:
        await store.add_event(c, document.id, DocumentEvent(self._now(), actor, str(step), note))
        await self._audit.write(
            c, actor=actor, act=f"document_{step}", subject=document.id, detail=note
        )


def published_form(document: Document, *, region: str, now: int) -> DisclosureRecord:
    """Return the record as the public will see it, published today."""
    fields = document.fields
    return DisclosureRecord(
        id=document.id,
        title=fields.title,
        document_number=fields.document_number,
        issuing_body=fields.issuing_body,
        written_on=fields.written_on,
        published_on=_day(now),
        disclosure_class=DisclosureClass.PROACTIVE,
        region=region,
        domain=fields.domain,
        blocks=document.blocks,
        validity=fields.validity,
        cited=fields.cited,
        source_name=document.source.name,
        source_sha256=document.source.sha256,
        contact=fields.contact,
    )


def _day(at: int) -> date:
    return datetime.fromtimestamp(at, CHINA).date()


async def _find(c: AsyncConnection, document_id: str) -> Document:
    document = await store.find_document(c, document_id)
    if document is None:
        raise NotFound("没有找到这份文件，请返回列表重新查找。")
    return document
