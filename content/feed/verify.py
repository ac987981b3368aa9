"""Decide whether a log line may be applied, and whether a kept entry may be shown.

Pure: bytes and policy in, an answer out. Everything a terminal shows passes `check_entry`, when it arrives
and again each time it is read from disk.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import msgspec

from content.canonical import sha256_hex
from content.errors import PeerError
from content.feed.chain import GENESIS, Link
from content.feed.entry import BadEntry, Entry, LogLine, SignedHead
from content.feed.keys import is_signed
from content.feed.policy import FeedRule, Policy
from content.feed.statement import Action


class Reason(StrEnum):
    """Why a line or entry was refused."""

    NO_RULE = "no_rule"
    UNKNOWN_LOG_KEY = "unknown_log_key"
    BAD_LOG_SIGNATURE = "bad_log_signature"
    OUT_OF_ORDER = "out_of_order"
    FORKED = "forked"
    TOO_FEW_APPROVALS = "too_few_approvals"
    UNKNOWN_KEY = "unknown_key"
    DRAFTER_ALONE = "drafter_alone"
    BODY_CHANGED = "body_changed"
    NOT_NEWER = "not_newer"
    WRONG_FEED = "wrong_feed"
    UNREADABLE = "unreadable"
    UNEXPECTED_KIND = "unexpected_kind"
    WRONG_KIND = "wrong_kind"


REASON_ZH = {
    Reason.NO_RULE: "签名策略中没有这个频道的规则",
    Reason.UNKNOWN_LOG_KEY: "日志密钥不在签名策略中",
    Reason.BAD_LOG_SIGNATURE: "日志签名不正确",
    Reason.OUT_OF_ORDER: "日志序号不连续",
    Reason.FORKED: "日志出现分叉",
    Reason.TOO_FEW_APPROVALS: "审批签名人数不足",
    Reason.UNKNOWN_KEY: "签名密钥不在签名策略中",
    Reason.DRAFTER_ALONE: "只有拟稿人本人签名，缺少另一人审批",
    Reason.BODY_CHANGED: "内容与签名不符，可能被改动",
    Reason.NOT_NEWER: "版本不比已有内容新",
    Reason.WRONG_FEED: "内容属于另一个频道",
    Reason.UNREADABLE: "内容损坏，无法读取",
    Reason.UNEXPECTED_KIND: "内容种类不能识别",
    Reason.WRONG_KIND: "这个频道不允许发布这类内容",
}


class Placed(Protocol):
    """What has a signed place in a feed's log: a line, or a batch."""

    @property
    def link(self) -> Link:
        """The place."""
        ...

    @property
    def log_key(self) -> str:
        """Id of the key that ordered it."""
        ...

    @property
    def log_signature(self) -> bytes:
        """Its signature over the link."""
        ...


class Refused(PeerError):
    """A line, entry or head that must not be used."""

    def __init__(self, reason: Reason, subject: str = "") -> None:
        super().__init__(f"{REASON_ZH[reason]}（{subject}）" if subject else REASON_ZH[reason])
        self.reason = reason
        self.subject = subject


def check_line(line: LogLine, *, policy: Policy, after: tuple[int, str] | None) -> None:
    """Accept a line as the next of its feed, body and all.

    Args:
        line: what arrived.
        policy: the checked policy in use.
        after: sequence and hash of the last applied link, None for an empty feed.

    Raises:
        Refused: with the reason; nothing of the line may be applied.
    """
    check_place(line, policy=policy, after=after)
    check_entry(line.entry, policy=policy)


def check_place(line: Placed, *, policy: Policy, after: tuple[int, str] | None) -> None:
    """Accept the place of a line or batch as the next of its feed; its content is not looked at.

    Raises:
        Refused: not by the feed's log key, out of order, or another continuation than ours.
    """
    link = line.link
    rule = _rule(policy, link.feed)
    _check_log_key(rule, policy, line.log_key, line.log_signature, link.signed_bytes())
    sequence, previous = after or (0, GENESIS)
    if link.begins != sequence + 1 or link.sequence < link.begins:
        raise Refused(Reason.OUT_OF_ORDER, f"{link.feed} {link.sequence}")
    if link.previous != previous:
        raise Refused(Reason.FORKED, f"{link.feed} {link.sequence}")


def check_head(signed: SignedHead, *, policy: Policy) -> None:
    """Accept a head as said by the feed's log key.

    Raises:
        Refused: with the reason.
    """
    rule = _rule(policy, signed.head.feed)
    _check_log_key(rule, policy, signed.log_key, signed.signature, signed.head.signed_bytes())


def is_of_its_time(signed: SignedHead, error: Refused, as_of: Mapping[str, int]) -> bool:
    """Say whether a true head that promises too little is merely from before what came since.

    A broker keeps the head of the day, and lines bring theirs with them. One that is newer and yet promises less than
    was applied is a log that was set back, whoever had kept it.
    """
    is_old = signed.head.at <= as_of.get(signed.head.feed, 0)
    return error.reason is Reason.OUT_OF_ORDER and is_old


def check_entry(entry: Entry, *, policy: Policy) -> bytes:
    """Return the entry's body if enough other people approved exactly these bytes.

    Raises:
        Refused: with the reason; the entry must not be shown.
    """
    statement = entry.statement
    rule = _rule(policy, statement.feed)
    _check_approvals(entry, rule, policy)
    try:
        body = entry.body()
    except BadEntry as error:
        raise Refused(Reason.BODY_CHANGED, statement.record) from error
    if statement.action is Action.PUT and sha256_hex(body) != statement.digest:
        raise Refused(Reason.BODY_CHANGED, statement.record)
    if statement.action is Action.PUT and not rule.carries(_kind(body)):
        raise Refused(Reason.WRONG_KIND, statement.record)
    return body


@dataclass(frozen=True, slots=True)
class _Kind:
    kind: str = ""


def _kind(body: bytes) -> str:
    """Return what a body says that it is, "" for what is no record at all: reading it will refuse it."""
    try:
        return msgspec.json.decode(body, type=_Kind).kind
    except (msgspec.MsgspecError, RecursionError):
        return ""


def _check_approvals(entry: Entry, rule: FeedRule, policy: Policy) -> None:
    statement, keys = entry.statement, policy.by_id
    data = entry.signed_bytes()
    holders: set[str] = set()
    unknown = False
    for approval in entry.approvals:
        key = keys.get(approval.key_id)
        if key is None or approval.key_id not in rule.approvers:
            unknown = True
        elif is_signed(bytes.fromhex(key.public), approval.signature, data):
            holders.add(key.holder)
        else:
            raise Refused(Reason.BODY_CHANGED, statement.record)
    if len(holders - {statement.drafter}) >= rule.threshold:
        return
    if statement.drafter in holders:
        raise Refused(Reason.DRAFTER_ALONE, statement.record)
    raise Refused(Reason.UNKNOWN_KEY if unknown else Reason.TOO_FEW_APPROVALS, statement.record)


def _rule(policy: Policy, feed: str) -> FeedRule:
    rule = policy.rule(feed)
    if rule is None:
        raise Refused(Reason.NO_RULE, feed)
    return rule


def _check_log_key(
    rule: FeedRule, policy: Policy, log_key: str, signature: bytes, data: bytes
) -> None:
    key = policy.key(log_key)
    if key is None or log_key not in rule.log_keys:
        raise Refused(Reason.UNKNOWN_LOG_KEY, log_key)
    if not is_signed(bytes.fromhex(key.public), signature, data):
        raise Refused(Reason.BAD_LOG_SIGNATURE, log_key)
