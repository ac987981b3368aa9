"""Nothing unsigned, wrongly signed or out of place is accepted."""

from dataclasses import replace

import pytest

from content.feed.body import body_bytes, read_body
from content.feed.chain import GENESIS
from content.feed.entry import (
    BadEntry,
    Entry,
    Packing,
    head_from_bytes,
    head_to_bytes,
    line_from_bytes,
    line_to_bytes,
    pack,
)
from content.feed.policy import PolicyRefused, SignedPolicy, TrustRoot, check_policy
from content.feed.verify import Reason, Refused, check_entry, check_head, check_line
from tests.support.signers import Signer, ZoneKeys, document, item


def refusal(keys: ZoneKeys, entry: Entry) -> Reason:
    with pytest.raises(Refused) as caught:
        check_entry(entry, policy=keys.policy().policy)
    return caught.value.reason


def test_an_entry_approved_by_another_person_is_accepted_with_its_body() -> None:
    keys = ZoneKeys()
    record = document()

    body = check_entry(keys.entry(record), policy=keys.policy().policy)

    assert read_body(body) == record


def test_an_entry_signed_by_the_drafter_alone_is_refused() -> None:
    keys = ZoneKeys()

    assert refusal(keys, keys.entry(document(), keys.drafter)) is Reason.DRAFTER_ALONE


def test_an_entry_signed_by_an_unknown_key_is_refused() -> None:
    keys = ZoneKeys()

    assert refusal(keys, keys.entry(document(), Signer("u-approver"))) is Reason.UNKNOWN_KEY


def test_an_entry_without_signatures_is_refused() -> None:
    keys = ZoneKeys()
    unsigned = replace(keys.entry(document()), approvals=())

    assert refusal(keys, unsigned) is Reason.TOO_FEW_APPROVALS


def test_the_same_person_twice_does_not_reach_a_threshold_of_two() -> None:
    keys = ZoneKeys(threshold=2)

    twice = keys.entry(document(), keys.approver, keys.approver)
    both = keys.entry(document(), keys.approver, keys.second)

    assert refusal(keys, twice) is Reason.TOO_FEW_APPROVALS
    assert check_entry(both, policy=keys.policy().policy)


def test_the_drafter_does_not_count_towards_a_threshold_of_two() -> None:
    keys = ZoneKeys(threshold=2)

    assert (
        refusal(keys, keys.entry(document(), keys.approver, keys.drafter)) is Reason.DRAFTER_ALONE
    )


def test_a_statement_that_lies_about_its_drafter_breaks_the_signature() -> None:
    keys = ZoneKeys()
    entry = keys.entry(document(), keys.drafter)

    lying = replace(entry, statement=replace(entry.statement, drafter="u-somebody"))

    assert refusal(keys, lying) is Reason.BODY_CHANGED


def test_a_swapped_body_is_refused() -> None:
    keys = ZoneKeys()
    other = body_bytes(
        document(text="城市低保标准提高到每人每月7200元，农村低保标准提高到每人每月5600元。")
    )

    swapped = replace(keys.entry(document()), packed=pack(other)[1])

    assert refusal(keys, swapped) is Reason.BODY_CHANGED


def test_a_decompression_bomb_stops_at_the_signed_size() -> None:
    keys = ZoneKeys()

    bomb = replace(keys.entry(document()), packed=pack(b"\0" * 50_000_000)[1])

    assert refusal(keys, bomb) is Reason.BODY_CHANGED


def test_a_body_over_the_limit_is_refused_unread() -> None:
    keys = ZoneKeys()
    entry = keys.entry(document())
    statement = replace(entry.statement, size=9 * 1024 * 1024)
    signed = Entry(
        statement, (keys.approver.sign(statement.signed_bytes()),), Packing.ZSTD, entry.packed
    )

    assert refusal(keys, signed) is Reason.BODY_CHANGED


def test_an_entry_of_a_feed_without_a_rule_is_refused() -> None:
    keys = ZoneKeys()

    assert refusal(keys, keys.entry(document(), feed="village/1")) is Reason.NO_RULE


def line_refusal(keys: ZoneKeys, line: object, after: tuple[int, str] | None) -> Reason:
    with pytest.raises(Refused) as caught:
        check_line(line, policy=keys.policy().policy, after=after)  # type: ignore[arg-type]
    return caught.value.reason


def test_lines_are_accepted_in_order_only() -> None:
    keys = ZoneKeys()
    first, second = keys.publish(document()), keys.publish(item())

    check_line(first, policy=keys.policy().policy, after=None)
    check_line(second, policy=keys.policy().policy, after=(1, first.link.hash))

    assert line_refusal(keys, second, None) is Reason.OUT_OF_ORDER
    assert line_refusal(keys, first, (1, first.link.hash)) is Reason.OUT_OF_ORDER
    assert line_refusal(keys, second, (1, GENESIS)) is Reason.FORKED


def test_a_line_ordered_by_a_key_that_is_not_the_log_key_is_refused() -> None:
    keys = ZoneKeys()
    entry = keys.entry(document())

    assert line_refusal(keys, keys.link(entry, after=None, by=keys.approver), None) is (
        Reason.UNKNOWN_LOG_KEY
    )


def test_a_line_with_a_bad_log_signature_is_refused() -> None:
    keys = ZoneKeys()
    line = keys.publish(document())

    broken = replace(line, log_signature=bytes(64))

    assert line_refusal(keys, broken, None) is Reason.BAD_LOG_SIGNATURE


def test_a_line_survives_the_wire_and_its_hash_is_computed_not_believed() -> None:
    keys = ZoneKeys()
    line = keys.publish(document())

    again = line_from_bytes(line_to_bytes(line))

    assert again == line


@pytest.mark.parametrize("data", [b"", b"\x00", b"\xff" * 40, b'{"a":1}'])
def test_bytes_that_are_no_line_are_refused(data: bytes) -> None:
    with pytest.raises(BadEntry):
        line_from_bytes(data)
    with pytest.raises(BadEntry):
        head_from_bytes(data)


def test_a_head_is_believed_from_the_log_key_only() -> None:
    keys = ZoneKeys()
    keys.publish(document())
    head = head_from_bytes(head_to_bytes(keys.head()))

    check_head(head, policy=keys.policy().policy)

    with pytest.raises(Refused):
        check_head(replace(head, signature=bytes(64)), policy=keys.policy().policy)
    with pytest.raises(Refused):
        check_head(replace(head, head=replace(head.head, sequence=9)), policy=keys.policy().policy)


def test_a_policy_needs_the_pinned_root_and_never_goes_back() -> None:
    keys, stranger = ZoneKeys(), ZoneKeys()
    signed = SignedPolicy.from_bytes(keys.policy(version=3).to_bytes())

    assert check_policy(signed, root=keys.trust_root, held=2).version == 3
    with pytest.raises(PolicyRefused):
        check_policy(signed, root=keys.trust_root, held=4)
    with pytest.raises(PolicyRefused):
        check_policy(signed, root=stranger.trust_root, held=0)
    with pytest.raises(PolicyRefused):
        check_policy(signed, root=TrustRoot(keys.trust_root.keys, 2), held=0)


def test_an_edited_policy_is_refused() -> None:
    keys = ZoneKeys()
    signed = keys.policy()
    lax = replace(signed.policy.feeds[0], threshold=0)

    edited = replace(signed, policy=replace(signed.policy, feeds=(lax,)))

    with pytest.raises(PolicyRefused):
        check_policy(edited, root=keys.trust_root, held=0)
