"""Attacks with a line and a head in one message: a true one of the two lends the other nothing."""

from dataclasses import replace

import msgspec
import pytest

from content.feed.chain import Head
from content.feed.entry import SignedHead, head_to_bytes, line_to_bytes
from content.feed.together import FORM, together
from devices.wire import topics
from tests.support.besieged import GOOD, LIE, LIE_ID, NEXT, Siege
from tests.support.mosquitto import HAS_MOSQUITTO
from tests.support.signers import FEED, document

pytestmark = [
    pytest.mark.hostile,
    pytest.mark.broker,
    pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed"),
]


async def _strike(siege: Siege, line: bytes, signed: SignedHead) -> None:
    """Push a line with the signature, time and snapshot of any head, as if they belonged together."""
    head = signed.head
    said = (FORM, line, head.at - 1_790_000_000, b"", b"", 0, signed.signature)
    siege.since = len(siege.zone.reports)
    await siege.push(topics.log(FEED), msgspec.msgpack.encode(said))


async def _stands(siege: Siege, code: str) -> None:
    await siege.reported(code)
    assert siege.titles() == {GOOD}
    assert LIE_ID not in siege.glass()


async def _honest(siege: Siege) -> None:
    """Publish two honest lines, so that a head for the place of the lie is not the newest, and see them arrive."""
    keys = siege.zone.keys
    keys._log[:] = keys._log[:1]
    keys.publish(document("D000000002", title=NEXT))
    line = keys.publish(document("D000000003", title="第三份通知"))
    said = together(line_to_bytes(line), keys.head())
    assert said is not None
    await siege.push(topics.log(FEED), said)
    await siege.shows(GOOD, NEXT, "第三份通知")


async def test_an_unsigned_line_that_brings_a_true_head(siege: Siege) -> None:
    """Who holds the log key orders a lie and promises it; the promise lends it nothing."""
    keys = siege.zone.keys
    lie = keys.append(siege.lie())
    said = together(line_to_bytes(lie), keys.head())
    assert said is not None
    siege.since = len(siege.zone.reports)

    await siege.push(topics.log(FEED), said)

    await _stands(siege, "entry_refused:too_few_approvals")
    await _honest(siege)


async def test_a_head_older_than_the_line_that_brings_it(siege: Siege) -> None:
    keys = siege.zone.keys
    old = keys.head()

    await _strike(siege, line_to_bytes(keys.link(siege.lie(), after=keys.lines[-1].link)), old)

    await _stands(siege, "head_refused:bad_log_signature")
    await _honest(siege)


async def test_a_head_of_another_line_under_an_approved_one(siege: Siege) -> None:
    """The approved line counts by itself; the head, which promised another for its place, does not count at all."""
    keys = siege.zone.keys
    rival = keys.link(siege.lie(), after=keys.lines[-1].link)
    swapped = keys.head(of=(rival,))
    line = keys.publish(document("D000000002", title=NEXT))

    await _strike(siege, line_to_bytes(line), swapped)

    await siege.reported("head_refused:bad_log_signature")
    await siege.shows(GOOD, NEXT)
    siege.since = len(siege.zone.reports)
    await siege.push(topics.head(FEED), head_to_bytes(keys.head()))
    await siege.until_report(lambda codes: not any(one.startswith("head_refused") for one in codes))


async def test_a_head_under_a_line_of_another_feed(siege: Siege) -> None:
    keys = siege.zone.keys
    foreign = keys.link(keys.entry(document(LIE_ID, title=LIE), feed="gov/440000"), after=None)
    foreign = replace(foreign, link=replace(foreign.link, sequence=2))

    await _strike(siege, line_to_bytes(foreign), keys.head())

    await _stands(siege, "entry_refused")
    await siege.reported("head_refused:wrong_feed")


async def test_a_line_with_its_head_played_back(siege: Siege) -> None:
    """Yesterday's whole message again: it changes nothing, and its head is known to promise too little."""
    keys = siege.zone.keys
    first = together(line_to_bytes(keys.lines[0]), keys.head())
    assert first is not None
    keys.publish(document("D000000002", title=NEXT))
    await siege.strike()
    await siege.shows(GOOD, NEXT)
    siege.since = len(siege.zone.reports)

    await siege.push(topics.log(FEED), first)

    await siege.reported("head_refused:out_of_order")
    assert siege.titles() == {GOOD, NEXT}


async def test_a_head_that_names_a_false_snapshot_under_a_line(siege: Siege) -> None:
    """The name of the snapshot travels beside the line; it is signed with the head."""
    keys = siege.zone.keys
    last = keys.publish(document("D000000002", title=NEXT)).link
    signed = keys.head()
    data = together(line_to_bytes(keys.lines[-1]), signed)
    assert data is not None
    fields = msgspec.msgpack.decode(data)
    false = (*fields[:4], b"\xab" * 32, 2, fields[6])
    siege.since = len(siege.zone.reports)

    await siege.push(topics.log(FEED), msgspec.msgpack.encode(false))

    await siege.reported("head_refused:bad_log_signature")
    assert signed.head == Head(FEED, 2, last.hash, signed.head.at)
    await siege.shows(GOOD, NEXT)


@pytest.mark.parametrize("harm", ["cut", "trailing", "nested", "deep"])
async def test_a_line_and_head_that_were_tampered_with_on_the_way(siege: Siege, harm: str) -> None:
    keys = siege.zone.keys
    lie = keys.link(siege.lie(), after=keys.lines[-1].link)
    said = together(line_to_bytes(lie), keys.head(of=(lie,)))
    assert said is not None
    wrong = {
        "cut": said[:-10],
        "trailing": said + b"\x00",
        "nested": msgspec.msgpack.encode((FORM, said, 0, b"", b"", 0, bytes(64))),
        "deep": said[:2] + b"\x91" * 20_000,
    }
    siege.since = len(siege.zone.reports)

    await siege.push(topics.log(FEED), wrong[harm])

    await _stands(siege, "entry_refused:unreadable")
