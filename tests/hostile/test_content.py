"""Attacks with content: whoever holds the controller, the broker and every terminal's certificate shows nothing."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from backports import zstd

from content.canonical import sha256_hex
from content.feed.body import body_bytes
from content.feed.chain import Head
from content.feed.entry import (
    MAX_BODY,
    Entry,
    Packing,
    SignedHead,
    head_to_bytes,
    line_to_bytes,
    pack,
)
from content.feed.policy import PolicyKey
from content.feed.statement import Action, Statement
from devices.wire import topics
from tests.support.besieged import GOOD, LIE, LIE_ID, Siege, besieged
from tests.support.mosquitto import HAS_MOSQUITTO, until
from tests.support.signers import FEED, Signer, document

pytestmark = [
    pytest.mark.hostile,
    pytest.mark.broker,
    pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed"),
]


@pytest.fixture
async def strict(tmp_path: Path) -> AsyncIterator[Siege]:
    """Two people must sign."""
    async with besieged(tmp_path, threshold=2) as one:
        yield one


async def _stands(siege: Siege, code: str) -> None:
    """Nothing of the lie is there, the controller heard of it, and the good content stays."""
    await siege.reported(code)
    assert siege.titles() == {GOOD}
    assert LIE_ID not in siege.glass()


async def test_an_unsigned_entry(siege: Siege) -> None:
    siege.zone.keys.append(siege.lie())

    await siege.strike()

    await _stands(siege, "entry_refused:too_few_approvals")
    await siege.recovers()


async def test_an_entry_signed_by_an_unknown_key(siege: Siege) -> None:
    siege.zone.keys.append(siege.zone.keys.entry(document(LIE_ID, title=LIE), Signer("u-nobody")))

    await siege.strike()

    await _stands(siege, "entry_refused:unknown_key")
    await siege.recovers()


async def test_an_entry_signed_by_the_log_key(siege: Siege) -> None:
    keys = siege.zone.keys
    keys.append(keys.entry(document(LIE_ID, title=LIE), keys.log))

    await siege.strike()

    await _stands(siege, "entry_refused:unknown_key")


async def test_an_entry_below_the_threshold(strict: Siege) -> None:
    keys = strict.zone.keys
    keys.append(keys.entry(document(LIE_ID, title=LIE), keys.approver))

    await strict.strike()

    await _stands(strict, "entry_refused:too_few_approvals")


async def test_the_same_signature_twice(strict: Siege) -> None:
    keys = strict.zone.keys
    keys.append(keys.entry(document(LIE_ID, title=LIE), keys.approver, keys.approver))

    await strict.strike()

    await _stands(strict, "entry_refused:too_few_approvals")


async def test_the_same_person_twice_with_two_keys(strict: Siege) -> None:
    keys = strict.zone.keys
    another = Signer(keys.approver.holder)
    signed = keys.policy(version=2)
    policy = replace(
        signed.policy,
        keys=(*signed.policy.keys, PolicyKey(another.public.hex(), another.holder, "又一把")),
        feeds=tuple(
            replace(rule, approvers=(*rule.approvers, another.key_id))
            for rule in signed.policy.feeds
        ),
    )
    honest = replace(signed, policy=policy, approvals=(keys.root.sign(policy.signed_bytes()),))
    await strict.offer(honest.to_bytes())
    keys.append(keys.entry(document(LIE_ID, title=LIE), keys.approver, another))

    await strict.strike()

    await _stands(strict, "entry_refused:too_few_approvals")


async def test_the_drafter_alone(siege: Siege) -> None:
    keys = siege.zone.keys
    keys.append(keys.entry(document(LIE_ID, title=LIE), keys.drafter))

    await siege.strike()

    await _stands(siege, "entry_refused:drafter_alone")


async def test_the_drafter_as_the_second_of_two(strict: Siege) -> None:
    keys = strict.zone.keys
    keys.append(keys.entry(document(LIE_ID, title=LIE), keys.approver, keys.drafter))

    await strict.strike()

    await _stands(strict, "entry_refused:drafter_alone")


async def test_a_text_changed_after_approval(siege: Siege) -> None:
    keys = siege.zone.keys
    honest = keys.entry(document(LIE_ID, title="关于征求意见的通知"))
    packing, packed = pack(body_bytes(document(LIE_ID, title=LIE)))
    keys.append(replace(honest, packing=packing, packed=packed))

    await siege.strike()

    await _stands(siege, "entry_refused:body_changed")


async def test_an_approval_moved_to_another_statement(siege: Siege) -> None:
    keys = siege.zone.keys
    honest = keys.entry(document(LIE_ID, title="关于征求意见的通知"))
    keys.append(replace(siege.lie(), approvals=honest.approvals))

    await siege.strike()

    await _stands(siege, "entry_refused:body_changed")


async def test_an_approved_entry_under_another_records_name(siege: Siege) -> None:
    keys = siege.zone.keys
    body = body_bytes(document("D000000077", title=LIE))
    said = Statement(FEED, LIE_ID, 1, Action.PUT, sha256_hex(body), len(body), "u-drafter", 1)
    keys.append(Entry(said, (keys.approver.sign(said.signed_bytes()),), *pack(body)))

    await siege.strike()

    await _stands(siege, "entry_refused:body_changed")


async def test_an_old_version_played_back_as_new(siege: Siege) -> None:
    keys = siege.zone.keys
    first = keys.lines[0].entry
    keys.append(keys.entry(document(title=GOOD, text="标准提高到每人每月760元。"), version=2))
    before = siege.glass()
    await siege.strike()
    await until(lambda: siege.glass() != before)
    newest = siege.glass()
    keys.append(first)

    await siege.strike()

    await siege.reported("entry_refused:not_newer")
    assert siege.glass() == newest


async def test_a_withdrawn_document_brought_back(siege: Siege) -> None:
    keys = siege.zone.keys
    first = keys.lines[0].entry
    keys.append(keys.deletion("D000000001", version=2))
    await siege.strike()
    await siege.shows()
    keys.append(first)

    await siege.strike()

    await siege.reported("entry_refused:not_newer")
    assert siege.titles() == set()


async def test_a_replayed_sequence(siege: Siege) -> None:
    """An earlier number again, with another entry: the chain at the terminal does not go back."""
    keys = siege.zone.keys
    forged = keys.link(keys.entry(document(LIE_ID, title=LIE)), after=None)
    siege.since = len(siege.zone.reports)

    await siege.push(topics.log(FEED), line_to_bytes(forged))

    await _stands(siege, "entry_refused:forked")
    await siege.recovers()


async def test_a_forked_chain(siege: Siege) -> None:
    """The attacker's log has grown from another first line."""
    keys = siege.zone.keys
    other = keys.link(keys.entry(document("D000000005", title="另一份通知")), after=None)
    keys._log[:] = [other]
    keys.append(keys.entry(document(LIE_ID, title=LIE)))

    await siege.strike()

    await _stands(siege, "entry_refused:forked")


async def test_a_truncated_log(siege: Siege) -> None:
    """Two lines were applied; the attacker says that there is one."""
    keys = siege.zone.keys
    keys.publish(document("D000000002", title="第二份通知"))
    await siege.strike()
    await siege.shows(GOOD, "第二份通知")
    keys._log[:] = keys._log[:1]

    await siege.strike()

    await siege.reported("head_refused:out_of_order")
    assert siege.titles() == {GOOD, "第二份通知"}


async def test_a_line_of_another_feed(siege: Siege) -> None:
    keys = siege.zone.keys
    foreign = keys.link(keys.entry(document(LIE_ID, title=LIE), feed="gov/440000"), after=None)
    foreign = replace(foreign, link=replace(foreign.link, sequence=2))
    siege.since = len(siege.zone.reports)

    await siege.push(topics.log(FEED), line_to_bytes(foreign))

    await _stands(siege, "entry_refused")


async def test_an_approval_for_another_feed(siege: Siege) -> None:
    """Approved for one county, put into the log of another."""
    keys = siege.zone.keys
    approved = keys.entry(document(LIE_ID, title=LIE), feed="gov/440000")
    moved = replace(approved, statement=replace(approved.statement, feed=FEED))
    keys.append(moved)

    await siege.strike()

    await _stands(siege, "entry_refused:body_changed")


async def test_a_log_ordered_by_a_strangers_key(siege: Siege) -> None:
    keys = siege.zone.keys
    entry = keys.entry(document(LIE_ID, title=LIE))
    keys._log.append(keys.link(entry, after=keys.lines[-1].link, by=Signer("stranger")))

    await siege.strike()

    await _stands(siege, "entry_refused:unknown_log_key")


async def test_a_log_line_with_a_broken_link_signature(siege: Siege) -> None:
    keys = siege.zone.keys
    line = keys.link(keys.entry(document(LIE_ID, title=LIE)), after=keys.lines[-1].link)
    keys._log.append(replace(line, log_signature=bytes(64)))

    await siege.strike()

    await _stands(siege, "entry_refused:bad_log_signature")


async def test_a_head_that_promises_by_a_strangers_key(siege: Siege) -> None:
    stranger, last = Signer("stranger"), siege.zone.keys.lines[-1].link
    head = Head(FEED, 99, last.hash, 2_000_000_000)
    forged = SignedHead(head, stranger.key_id, stranger.private.sign(head.signed_bytes()))
    siege.since = len(siege.zone.reports)

    await siege.push(topics.head(FEED), head_to_bytes(forged))

    await _stands(siege, "head_refused:unknown_log_key")


async def test_an_oversize_body(siege: Siege) -> None:
    """Even two honest approvers do not make a terminal unpack more than it may hold."""
    keys = siege.zone.keys
    size = MAX_BODY + 1
    said = Statement(FEED, LIE_ID, 1, Action.PUT, "ab" * 32, size, "u-drafter", 1)
    packed = zstd.compress(bytes(size))
    approvals = (keys.approver.sign(said.signed_bytes()),)
    keys.append(Entry(said, approvals, Packing.ZSTD, packed))

    await siege.strike()

    await _stands(siege, "entry_refused:body_changed")


async def test_a_decompression_bomb(siege: Siege) -> None:
    """A few kilobytes that would become half a gigabyte, under a statement that promises a thousand bytes."""
    keys = siege.zone.keys
    said = Statement(FEED, LIE_ID, 1, Action.PUT, "ab" * 32, 1000, "u-drafter", 1)
    bomb = zstd.compress(bytes(512 * 1024 * 1024))
    assert len(bomb) < 64 * 1024
    keys.append(Entry(said, (keys.approver.sign(said.signed_bytes()),), Packing.ZSTD, bomb))

    await siege.strike()

    await _stands(siege, "entry_refused:body_changed")


@pytest.mark.parametrize("garbage", [b"", b"\xff" * 40, b"\x93" * 5000, b"{" * 5000])
async def test_garbage_on_the_feeds_topics(siege: Siege, garbage: bytes) -> None:
    siege.since = len(siege.zone.reports)

    await siege.push(topics.log(FEED), garbage)
    await siege.push(topics.head(FEED), garbage)

    await _stands(siege, "entry_refused:unreadable")
    await _stands(siege, "head_refused:unreadable")
    await siege.recovers()
