"""Append to the signed log and read it: the only writer of what terminals believe.

Everything is checked here exactly as a terminal will check it, so that nothing enters the log that a
terminal would refuse.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from content.disclosure.classes import DisclosureClass
from content.disclosure.record import DisclosureRecord
from content.errors import CallerError
from content.feed.batch import (
    MOST,
    MOST_BYTES,
    Batch,
    BatchSaid,
    batch_hash,
    batch_to_bytes,
    pack_bodies,
    statements_of,
)
from content.feed.body import kind_of, read_body
from content.feed.chain import GENESIS, Head, Link, entry_hash
from content.feed.entry import Entry, LogLine, SignedHead, line_to_bytes, pack
from content.feed.kept import kept_to_bytes
from content.feed.packing import Packed
from content.feed.policy import Policy
from content.feed.statement import Action, Approval, Statement
from content.feed.verify import Reason, Refused, check_entry, check_line, check_place
from controller.services.events import Published
from controller.services.folding import BlobFolder, Folding
from controller.services.keyring import Keyring
from controller.store import feeds as feed_store
from controller.store import keys as key_store
from controller.store import log as store
from controller.store.database import Database
from controller.store.log import LogRow
from devices.clock import Clock

PAGE_LINES = 500
PAGE_BYTES = 2_000_000


class NoPolicy(CallerError):
    """The root has not signed a policy yet, so nobody's signature counts."""

    def __init__(self) -> None:
        super().__init__("还没有签发签名策略，请管理员先在“密钥与策略”页面签发。")


class NotPublic(CallerError):
    """Only documents that are to be public may enter a public feed."""

    def __init__(self) -> None:
        super().__init__("只有公开属性为“主动公开”的文件才能进入公开频道。")


@dataclass(frozen=True, slots=True)
class SignedBatch:
    """Records that were approved at once: what holds for all, signatures over them, (record, version), bodies."""

    said: BatchSaid
    approvals: tuple[Approval, ...]
    records: tuple[tuple[str, int], ...]
    bodies: tuple[bytes, ...]

    @property
    def is_in_bounds(self) -> bool:
        """Whether a terminal will take so much at once: each record once, neither too many nor too large."""
        count = len({record for record, _ in self.records})
        size = sum(len(body) + 1 for body in self.bodies)
        return 0 < count == len(self.records) == len(self.bodies) <= MOST and size <= MOST_BYTES


class FeedLog:
    """The log of each feed."""

    def __init__(
        self, *, database: Database, keyring: Keyring, clock: Clock, blobs: Path | None = None
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._clock = clock
        self._folding = Folding(BlobFolder(blobs) if blobs is not None else None)

    async def append(
        self,
        c: AsyncConnection,
        statement: Statement,
        *,
        approvals: tuple[Approval, ...],
        body: bytes,
    ) -> Published:
        """Append an approved statement in the caller's transaction.

        Raises:
            NoPolicy: no policy is in use.
            Refused: a terminal would not take it; the reason says why.
            NotPublic: a document that is not to be public.
        """
        policy = await current_policy(c)
        folded = await self._folding.fold(c, statement, body)
        entry = Entry(statement, approvals, *await asyncio.to_thread(pack, body))
        kind, title = _described(statement, check_entry(entry, policy=policy))
        if statement.version <= await store.newest_version(c, statement.record):
            raise Refused(Reason.NOT_NEWER, statement.record)
        last = await store.last_line(c, statement.feed)
        line = self._linked(entry, last)
        check_line(line, policy=policy, after=last)
        row = _line_row(line, kind=kind, title=title)
        try:
            await store.append_line(c, row)
        except IntegrityError as error:
            raise Refused(Reason.NOT_NEWER, statement.record) from error
        wire = _folded(line, folded) if folded is not None else row.line
        if len(wire) < len(row.line):
            await feed_store.keep_wire(c, row.feed, row.sequence, wire)
        return Published(row.feed, row.sequence, row.record, row.version)

    async def append_batch(self, c: AsyncConnection, signed: SignedBatch) -> Published:
        """Append many records under one signature in the caller's transaction, all or nothing.

        Raises:
            NoPolicy: no policy is in use.
            Refused: a terminal would not take it; the reason says why.
            NotPublic: a document that is not to be public.
        """
        policy = await current_policy(c)
        last = await store.last_line(c, signed.said.feed)
        batch, entries = await self._linked_batch(c, signed, last)
        check_place(batch, policy=policy, after=last)
        versions = await store.newest_versions(c, [record for record, _ in signed.records])
        for record, version in signed.records:
            if version <= versions.get(record, 0):
                raise Refused(Reason.NOT_NEWER, record)
        await store.append_lines(c, await asyncio.to_thread(_batch_rows, batch, entries, policy))
        wire = batch_to_bytes(batch)
        await feed_store.keep_wire(c, batch.link.feed, batch.link.sequence, wire)
        record, version = batch.records[-1]
        return Published(batch.link.feed, batch.link.sequence, record, version)

    async def _linked_batch(
        self, c: AsyncConnection, signed: SignedBatch, last: tuple[int, str] | None
    ) -> tuple[Batch, tuple[Entry, ...]]:
        said, (sequence, previous) = signed.said, last or (0, GENESIS)
        if not signed.is_in_bounds:
            raise Refused(Reason.UNREADABLE, said.feed)
        statements = statements_of(said, signed.records, signed.bodies)
        hashed = batch_hash(statements, signed.approvals)
        reached = sequence + len(signed.records)
        link = Link(said.feed, reached, previous, hashed, self.now(), sequence + 1)
        before = await self._folding.bodies_before(c, said.feed, signed.records)
        packed, size = await asyncio.to_thread(pack_bodies, signed.bodies, before)
        batch = Batch(
            link=link,
            log_key=self._keyring.log_key_id,
            log_signature=self._keyring.sign_log(link.signed_bytes()),
            said=said,
            approvals=signed.approvals,
            records=signed.records,
            packed=packed,
            size=size,
        )
        held = {record: body for (record, _), body in zip(signed.records, before, strict=True)}
        return batch, await asyncio.to_thread(batch.entries, held)

    async def page(
        self, feed: str, start: int, *, limit: int = PAGE_LINES, limit_bytes: int = PAGE_BYTES
    ) -> tuple[bytes, ...]:
        """Return lines and batches from sequence `start` on, at least one if there is one."""
        async with self._database.read() as c:
            return await feed_store.wires_from(
                c, feed, start=start, limit=min(limit, PAGE_LINES), limit_bytes=limit_bytes
            )

    async def head(self, feed: str) -> SignedHead | None:
        """Return the newest link, said and signed now; None for an empty feed."""
        async with self._database.read() as c:
            last = await store.last_line(c, feed)
            snapshot = await feed_store.newest_snapshot(c, feed)
        if last is None:
            return None
        head = Head(feed, *last, self.now())
        if snapshot is not None and snapshot.sequence <= head.sequence:
            head = replace(head, snapshot=snapshot.manifest, snapshot_at=snapshot.sequence)
        return SignedHead(
            head, self._keyring.log_key_id, self._keyring.sign_log(head.signed_bytes())
        )

    async def sequences(self) -> dict[str, tuple[int, str]]:
        """Return feed -> sequence and link hash of its newest line."""
        async with self._database.read() as c:
            found = {feed: await store.last_line(c, feed) for feed in await store.feeds(c)}
        return {feed: last for feed, last in found.items() if last}

    def now(self) -> int:
        """Return unix seconds."""
        return int(self._clock.now().timestamp())

    def _linked(self, entry: Entry, last: tuple[int, str] | None) -> LogLine:
        sequence, previous = last or (0, GENESIS)
        hashed = entry_hash(entry.statement, entry.approvals)
        link = Link(entry.statement.feed, sequence + 1, previous, hashed, self.now())
        return LogLine(
            link, self._keyring.log_key_id, self._keyring.sign_log(link.signed_bytes()), entry
        )


def _line_row(line: LogLine, *, kind: str, title: str) -> LogRow:
    link, statement = line.link, line.entry.statement
    return LogRow(
        feed=link.feed,
        sequence=link.sequence,
        line=line_to_bytes(line),
        link=link.hash,
        record=statement.record,
        version=statement.version,
        action=statement.action,
        kind=kind,
        title=title,
        at=link.at,
    )


def _folded(line: LogLine, packed: Packed) -> bytes:
    entry = replace(line.entry, packing=packed.packing, packed=packed.data, base=packed.base)
    return line_to_bytes(replace(line, entry=entry))


def _batch_rows(batch: Batch, entries: tuple[Entry, ...], policy: Policy) -> list[LogRow]:
    """Return the rows of a batch, each entry checked as a terminal will check it."""
    rows = []
    for at, entry in enumerate(entries):
        kind, title = _described(entry.statement, check_entry(entry, policy=policy))
        rows.append(_batch_row(batch, entry, at=at, kind=kind, title=title))
    return rows


def _batch_row(batch: Batch, entry: Entry, *, at: int, kind: str, title: str) -> LogRow:
    link, statement = batch.link, entry.statement
    sequence = link.begins + at
    return LogRow(
        feed=link.feed,
        sequence=sequence,
        line=kept_to_bytes(entry),
        link=link.hash if sequence == link.sequence else "",
        record=statement.record,
        version=statement.version,
        action=statement.action,
        kind=kind,
        title=title,
        at=link.at,
    )


async def current_policy(c: AsyncConnection) -> Policy:
    """Return the policy in use.

    Raises:
        NoPolicy: none was signed yet.
    """
    signed = await key_store.newest_policy(c)
    if signed is None:
        raise NoPolicy
    return signed.policy


def counted(approvals: Iterable[Approval], *, policy: Policy, feed: str) -> tuple[Approval, ...]:
    """Return the approvals whose keys still count under the policy."""
    rule = policy.rule(feed)
    allowed = frozenset(rule.approvers if rule else ())
    return tuple(one for one in approvals if one.key_id in allowed)


def _described(statement: Statement, body: bytes) -> tuple[str, str]:
    """Return kind and title for lists; refuse a body that is not what the statement is about."""
    if statement.action is Action.DELETE:
        return "", ""
    record = read_body(body)
    if record.id != statement.record:
        raise Refused(Reason.BODY_CHANGED, statement.record)
    if (
        isinstance(record, DisclosureRecord)
        and record.disclosure_class is not DisclosureClass.PROACTIVE
    ):
        raise NotPublic
    return kind_of(record), record.title
