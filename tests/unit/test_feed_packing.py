"""Bodies travel as the change to what is held, and whatever was packed wrongly is refused."""

from dataclasses import replace

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from content.canonical import sha256_hex
from content.feed.batch import (
    MOST_BYTES,
    Batch,
    BatchSaid,
    batch_from_bytes,
    batch_hash,
    batch_to_bytes,
    is_batch,
    pack_bodies,
    statements_of,
    to_sign,
)
from content.feed.body import body_bytes
from content.feed.chain import GENESIS, Link
from content.feed.entry import (
    BadEntry,
    Entry,
    MissingBase,
    Packing,
    SignedHead,
    head_from_bytes,
    head_to_bytes,
    line_from_bytes,
    line_to_bytes,
)
from content.feed.kept import kept_from_bytes, kept_to_bytes
from content.feed.merkle import Proof, Tree, leaf
from content.feed.packing import pack_patch, pack_smallest, pack_with, train, unpack
from content.feed.verify import Reason, Refused, check_entry
from tests.support.signers import FEED, ZoneKeys, document

OLD = body_bytes(document())
NEW = body_bytes(document(text="自2026年7月1日起，城市低保标准提高到每人每月735元。"))


def patched(keys: ZoneKeys) -> Entry:
    entry = keys.entry(document(text="自2026年7月1日起，城市低保标准提高到每人每月735元。"))
    packed = pack_patch(NEW, OLD)
    return replace(entry, packing=packed.packing, packed=packed.data, base=packed.base)


def batch_of(keys: ZoneKeys, bodies: list[bytes], previous: list[bytes]) -> Batch:
    said = BatchSaid(FEED, "u-drafter", 1_790_000_000)
    records = tuple((f"D{at:09d}", 2) for at in range(1, len(bodies) + 1))
    statements = statements_of(said, records, bodies)
    approvals = (keys.approver.sign(to_sign(statements)),)
    link = Link(FEED, len(bodies), GENESIS, batch_hash(statements, approvals), 1_790_000_001, 1)
    packed, size = pack_bodies(bodies, previous)
    signature = keys.log.private.sign(link.signed_bytes())
    return Batch(link, keys.log.key_id, signature, said, approvals, records, packed, size)


def numbered(count: int, amount: int) -> list[bytes]:
    return [
        body_bytes(document(f"D{at:09d}", title=f"第{at}号通知", text=f"每人每月{amount}元。" * 9))
        for at in range(1, count + 1)
    ]


def test_a_change_to_what_is_held_is_far_smaller_than_the_whole() -> None:
    assert len(pack_smallest(NEW, previous=OLD).data) * 3 < len(pack_smallest(NEW).data)
    assert pack_smallest(NEW, previous=OLD).packing is Packing.PATCH


def test_the_smaller_of_dictionary_and_patch_is_taken() -> None:
    bodies = [
        body_bytes(document(f"D{at:09d}", title=f"第{at}号", text=f"第{at}条。" * (at % 40)))
        for at in range(1500)
    ]
    dictionary = train(bodies)

    assert pack_smallest(NEW, dictionary=dictionary).packing is Packing.DICTIONARY
    assert pack_smallest(NEW, dictionary=dictionary, previous=OLD).packing is Packing.PATCH
    packed = pack_with(NEW, dictionary)
    assert packed.base.hex() == sha256_hex(dictionary)
    assert unpack(packed, len(NEW), against=dictionary) == NEW


def test_a_patched_entry_survives_the_wire_and_is_whole_after_unfolding() -> None:
    keys = ZoneKeys()
    line = keys.append(patched(keys))

    found = line_from_bytes(line_to_bytes(line)).entry

    assert found == line.entry
    assert check_entry(found.unfolded(OLD), policy=keys.policy().policy) == NEW


def test_lines_of_the_first_version_still_read() -> None:
    keys = ZoneKeys()
    line = keys.publish(document())
    data = line_to_bytes(line)

    assert data[:2] == b"\x97\x01"
    assert line_from_bytes(data) == line
    assert kept_from_bytes(data) == line.entry


def test_a_head_of_the_first_version_still_reads() -> None:
    import msgspec

    keys = ZoneKeys()
    keys.publish(document())
    head = keys.head()

    assert head_from_bytes(msgspec.msgpack.encode(head)) == head
    named = SignedHead(replace(head.head, snapshot="ab" * 32, snapshot_at=1), "ab" * 8, b"s" * 64)
    assert head_from_bytes(head_to_bytes(named)) == named
    assert named.head.signed_bytes() != head.head.signed_bytes()


def test_a_patch_without_its_base_says_what_is_missing() -> None:
    entry = patched(ZoneKeys())

    with pytest.raises(MissingBase) as missing:
        entry.body()
    assert missing.value.dictionary == ""


def test_a_dictionary_that_is_missing_is_named() -> None:
    entry = replace(patched(ZoneKeys()), packing=Packing.DICTIONARY, base=b"\x01" * 32)

    with pytest.raises(MissingBase) as missing:
        entry.body()
    assert missing.value.dictionary == "01" * 32


def test_a_folded_entry_on_disk_is_refused_and_not_a_crash() -> None:
    keys = ZoneKeys()
    kept = kept_from_bytes(kept_to_bytes(patched(keys)))

    with pytest.raises(Refused) as refused:
        check_entry(kept, policy=keys.policy().policy)
    assert refused.value.reason is Reason.BODY_CHANGED


def test_a_wrong_base_never_gives_another_body() -> None:
    keys = ZoneKeys()
    entry = patched(keys)

    try:
        check_entry(entry.unfolded(OLD[::-1]), policy=keys.policy().policy)
    except (BadEntry, Refused):
        return
    pytest.fail("a wrong base was taken")


def test_a_bomb_against_a_base_stops_at_the_signed_size() -> None:
    keys = ZoneKeys()
    bomb = pack_patch(OLD * 20_000, OLD)
    entry = replace(patched(keys), packing=bomb.packing, packed=bomb.data, base=bomb.base)

    with pytest.raises(BadEntry):
        entry.body(against=OLD)


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=70), st.data())
def test_every_member_of_a_tree_proves_itself_and_no_other(
    members: list[bytes], data: st.DataObject
) -> None:
    tree = Tree([leaf(one) for one in members])
    at = data.draw(st.integers(0, len(members) - 1))
    proof = tree.proof(at)

    assert proof.root(members[at]) == tree.root
    assert proof.root(members[at] + b"x") != tree.root
    assert Proof(proof.count, proof.index, proof.path[1:]).root(members[at]) != tree.root or (
        len(members) == 1
    )


@pytest.mark.parametrize(
    "proof",
    [Proof(0, 0, ()), Proof(2, 2, (b"x" * 32,)), Proof(2, -1, (b"x" * 32,)), Proof(2, 0, (b"",))],
)
def test_an_impossible_proof_leads_nowhere(proof: Proof) -> None:
    assert proof.root(b"x") == b""


def test_a_batch_is_signed_once_and_each_record_proves_itself_alone() -> None:
    keys = ZoneKeys()
    old, new = numbered(40, 700), numbered(40, 735)
    batch = batch_of(keys, new, old)

    found = batch_from_bytes(batch_to_bytes(batch))
    held = {record: body for (record, _), body in zip(found.records, old, strict=True)}
    entries = found.entries(held)

    assert is_batch(batch_to_bytes(batch))
    assert found.placed(entries) == batch
    policy = keys.policy().policy
    assert [check_entry(kept_from_bytes(kept_to_bytes(one)), policy=policy) for one in entries] == (
        new
    )
    assert len(batch_to_bytes(batch)) < 40 * 64


def test_a_batch_against_versions_that_are_not_held_asks_for_the_whole() -> None:
    keys = ZoneKeys()
    batch = batch_of(keys, numbered(3, 735), numbered(3, 700))

    with pytest.raises(MissingBase):
        batch.entries({})


def test_one_changed_body_voids_the_whole_batch() -> None:
    keys = ZoneKeys()
    good = batch_of(keys, numbered(5, 700), [])
    forged, size = pack_bodies([*numbered(5, 700)[:4], numbered(5, 999)[4]])
    entries = replace(good, packed=forged, size=size).entries({})

    for entry in entries:
        with pytest.raises(Refused) as refused:
            check_entry(entry, policy=keys.policy().policy)
        assert refused.value.reason is Reason.BODY_CHANGED


def test_a_signature_over_a_batch_is_none_over_a_statement() -> None:
    keys = ZoneKeys()
    batch = batch_of(keys, numbered(1, 700), [])
    (entry,) = batch.entries({})

    with pytest.raises(Refused):
        check_entry(replace(entry, proof=None), policy=keys.policy().policy)


def test_a_batch_over_the_limit_is_refused_unread() -> None:
    keys = ZoneKeys()
    batch = replace(batch_of(keys, numbered(2, 700), []), size=MOST_BYTES + 1)

    with pytest.raises(BadEntry):
        batch.entries({})


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_no_batch(data: bytes) -> None:
    for bytes_ in (data, b"\x9a\x04" + data):
        with pytest.raises(BadEntry):
            batch_from_bytes(bytes_)


def test_a_table_that_unpacks_to_too_much_is_refused() -> None:
    import msgspec

    keys = ZoneKeys()
    fields = msgspec.msgpack.decode(batch_to_bytes(batch_of(keys, numbered(1, 700), [])))
    fields[5] = zstd.compress(msgspec.msgpack.encode((["D"] * 10**6, [1] * 10**6)))

    with pytest.raises(BadEntry):
        batch_from_bytes(msgspec.msgpack.encode(fields))
