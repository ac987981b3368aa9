"""A zone's keys for tests: root, log, a drafter and two approvers, and a log that grows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import count

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from content.canonical import sha256_hex
from content.catalog.item import CatalogItem
from content.disclosure.classes import DisclosureClass
from content.disclosure.record import Block, BlockKind, DisclosureRecord
from content.feed.body import Record, body_bytes
from content.feed.chain import GENESIS, Head, Link, entry_hash
from content.feed.entry import Entry, LogLine, SignedHead, pack
from content.feed.keys import key_id
from content.feed.policy import FeedRule, Policy, PolicyKey, SignedPolicy, TrustRoot
from content.feed.statement import Action, Approval, Statement

FEED = "gov/519900"


@dataclass(frozen=True)
class Signer:
    """A private key and whose it is."""

    holder: str
    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    @property
    def key_id(self) -> str:
        return key_id(self.public)

    def sign(self, data: bytes) -> Approval:
        return Approval(self.key_id, self.private.sign(data))


class ZoneKeys:
    """Everything that signs in a test zone, and the log of one feed."""

    def __init__(self, *, threshold: int = 1) -> None:
        self.root = Signer("root")
        self.log = Signer("controller")
        self.drafter = Signer("u-drafter")
        self.approver = Signer("u-approver")
        self.second = Signer("u-second")
        self.threshold = threshold
        self.rules: tuple[FeedRule, ...] = ()
        self.others: tuple[Signer, ...] = ()
        self._log: list[LogLine] = []
        self._times = count(1_790_000_000)

    @property
    def trust_root(self) -> TrustRoot:
        return TrustRoot((self.root.public.hex(),), 1)

    def policy(self, *, version: int = 1) -> SignedPolicy:
        people = (self.drafter, self.approver, self.second)
        keys = tuple(
            PolicyKey(one.public.hex(), one.holder, one.holder)
            for one in (*people, *self.others, self.log)
        )
        approvers = tuple(one.key_id for one in people)
        rule = FeedRule("gov/*", approvers, self.threshold, (self.log.key_id,))
        policy = Policy("测试区", version, keys, (*self.rules, rule))
        return SignedPolicy(policy, (self.root.sign(policy.signed_bytes()),))

    def statement(
        self, record: Record, *, version: int = 1, feed: str = FEED, drafter: str = "u-drafter"
    ) -> Statement:
        body = body_bytes(record)
        return Statement(
            feed,
            record.id,
            version,
            Action.PUT,
            sha256_hex(body),
            len(body),
            drafter,
            next(self._times),
        )

    def entry(
        self,
        record: Record,
        *signers: Signer,
        version: int = 1,
        feed: str = FEED,
        drafter: str = "u-drafter",
    ) -> Entry:
        statement = self.statement(record, version=version, feed=feed, drafter=drafter)
        approvals = tuple(one.sign(statement.signed_bytes()) for one in signers or (self.approver,))
        return Entry(statement, approvals, *pack(body_bytes(record)))

    def deletion(self, record_id: str, *, version: int) -> Entry:
        said = Statement(
            FEED, record_id, version, Action.DELETE, "", 0, "u-drafter", next(self._times)
        )
        return Entry(said, (self.approver.sign(said.signed_bytes()),), *pack(b""))

    def append(self, entry: Entry) -> LogLine:
        line = self.link(entry, after=self._log[-1].link if self._log else None)
        self._log.append(line)
        return line

    def link(self, entry: Entry, *, after: Link | None, by: Signer | None = None) -> LogLine:
        signer = by or self.log
        sequence, previous = (after.sequence + 1, after.hash) if after else (1, GENESIS)
        link = Link(
            entry.statement.feed,
            sequence,
            previous,
            entry_hash(entry.statement, entry.approvals),
            next(self._times),
        )
        return LogLine(link, signer.key_id, signer.private.sign(link.signed_bytes()), entry)

    def publish(self, record: Record, *, version: int = 1) -> LogLine:
        return self.append(self.entry(record, version=version))

    @property
    def lines(self) -> tuple[LogLine, ...]:
        return tuple(self._log)

    def head(self, *, at: int | None = None, of: Sequence[LogLine] = ()) -> SignedHead:
        last = (of or self._log)[-1].link
        head = Head(last.feed, last.sequence, last.hash, at or next(self._times))
        return SignedHead(head, self.log.key_id, self.log.private.sign(head.signed_bytes()))


def document(
    record_id: str = "D000000001",
    *,
    title: str = "关于提高城乡居民最低生活保障标准的通知",
    number: str = "示政办发〔2026〕12号",
    text: str = "自2026年7月1日起，城市低保标准提高到每人每月720元，农村低保标准提高到每人每月560元。",
    published_on: date = date(2026, 11, 2),
) -> DisclosureRecord:
    """Return a small document."""
    return DisclosureRecord(
        id=record_id,
        title=title,
        document_number=number,
        issuing_body="示范县人民政府办公室",
        written_on=date(2026, 10, 30),
        published_on=published_on,
        disclosure_class=DisclosureClass.PROACTIVE,
        region="519900",
        domain="社会救助",
        blocks=(Block(BlockKind.HEADING, "一、标准", 1), Block(BlockKind.PARAGRAPH, text)),
    )


def item(
    record_id: str = "T000000001",
    title: str = "最低生活保障审核确认",
    *,
    aliases: tuple[str, ...] = ("低保申请",),
) -> CatalogItem:
    """Return a small service item."""
    return CatalogItem(record_id, title, "511A00001000", "县民政局", "519900", aliases=aliases)
