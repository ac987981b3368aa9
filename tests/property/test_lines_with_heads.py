"""A line with its head in one message is exactly the two, whatever was done to it on its way."""

from dataclasses import replace

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from content.feed.batch import (
    Batch,
    BatchSaid,
    batch_to_bytes,
    line_or_batch,
    pack_bodies,
    statements_of,
    to_sign,
)
from content.feed.body import body_bytes
from content.feed.chain import Head, Link
from content.feed.entry import (
    BadEntry,
    LogLine,
    SignedHead,
    head_from_bytes,
    head_to_bytes,
    line_to_bytes,
)
from content.feed.together import Parted, apart, together
from content.feed.verify import Refused, check_entry, check_head, check_line, check_place
from tests.support.signers import FEED, Signer, ZoneKeys, document

KEYS = ZoneKeys()
FIRST = KEYS.publish(document())
SECOND = KEYS.publish(document("D000000002"))
POLICY = KEYS.policy().policy
hashes = st.binary(min_size=32, max_size=32).map(bytes.hex)
unsigned = st.integers(0, 2**63 - 1)


def head_of(
    line: LogLine | Batch, *, at: int = 0, by: Signer = KEYS.log, **said: object
) -> SignedHead:
    link = line.link
    head = Head(link.feed, link.sequence, link.hash, at or link.at)
    head = replace(head, **said)  # type: ignore[arg-type]
    return SignedHead(head, by.key_id, by.private.sign(head.signed_bytes()))


def batch() -> tuple[Batch, Batch]:
    """Return a batch as the log holds it, and as it is read from the wire."""
    records = [document(f"D00000001{number}") for number in range(3)]
    bodies = [body_bytes(one) for one in records]
    said, named = BatchSaid(FEED, "u-drafter", 1_790_000_000), tuple((one.id, 1) for one in records)
    statements = statements_of(said, named, bodies)
    approvals = (KEYS.approver.sign(to_sign(statements)),)
    packed, size = pack_bodies(bodies)
    last = SECOND.link
    made = Batch(
        Link(FEED, 5, last.hash, "", 1_790_000_500, 3),
        KEYS.log.key_id,
        b"",
        said,
        approvals,
        named,
        packed,
        size,
    )
    made = made.placed(made.entries({}))
    made = replace(made, log_signature=KEYS.log.private.sign(made.link.signed_bytes()))
    read = line_or_batch(batch_to_bytes(made))
    assert isinstance(read, Batch)
    return made, read


@given(later=st.integers(-(2**40), 2**40), snapshot=st.just("") | hashes, reaches=unsigned)
def test_any_head_of_a_line_comes_back_byte_for_byte(
    *, later: int, snapshot: str, reaches: int
) -> None:
    line = line_to_bytes(SECOND)
    head = head_of(SECOND, at=SECOND.link.at + later, snapshot=snapshot, snapshot_at=reaches)

    said = together(line, head)

    assert said is not None
    assert apart(said) == Parted(line, head_to_bytes(head))
    check_head(head_from_bytes(apart(said).head), policy=POLICY)
    assert len(said) + 40 < len(line) + len(head_to_bytes(head))


def test_a_batch_brings_its_head_too() -> None:
    made, _ = batch()
    data, head = batch_to_bytes(made), head_of(made, at=1_790_000_600)

    said = together(data, head)

    assert said is not None
    assert apart(said) == Parted(data, head_to_bytes(head))
    check_head(head_from_bytes(apart(said).head), policy=POLICY)


@pytest.mark.parametrize(
    "head",
    [
        head_of(FIRST),
        head_of(SECOND, sequence=3),
        head_of(SECOND, feed="gov/440000"),
        head_of(SECOND, link="ab" * 32),
        head_of(SECOND, by=Signer("u-other")),
    ],
)
def test_a_head_that_promises_something_else_goes_apart(head: SignedHead) -> None:
    assert together(line_to_bytes(SECOND), head) is None


@given(st.binary(max_size=400))
@example(b"\x97\x05" + b"\x91" * 100_000)
@example(b"\x97\x05\xc6\xff\xff\xff\xff")
@example(msgspec.msgpack.encode((5, b"", 0, b"", b"", 0, b"")))
def test_bytes_that_are_no_such_message_are_a_lines_or_refused(data: bytes) -> None:
    try:
        parted = apart(data)
    except BadEntry:
        return
    assert parted == Parted(data)


@settings(max_examples=300)
@given(at=st.integers(0, 100_000), bit=st.integers(0, 7), as_batch=st.booleans())
def test_one_flipped_bit_brings_no_other_line_and_no_other_head(
    *, at: int, bit: int, as_batch: bool
) -> None:
    line = batch()[0] if as_batch else SECOND
    wire = batch_to_bytes(line) if isinstance(line, Batch) else line_to_bytes(line)
    said = together(wire, head_of(line))
    assert said is not None
    data = bytearray(said)
    data[at % len(data)] ^= 1 << bit

    try:
        parted = apart(bytes(data))
    except BadEntry:
        return
    if parted.head != head_to_bytes(head_of(line)):
        assert not _head_counts(parted.head)
    # A bit of a compressed frame may mean nothing; what counts in the end is what was approved.
    assert _accepted(parted.line) in {(), _accepted(wire)}


@given(st.integers(0, 2_000))
def test_a_message_that_was_cut_off_is_neither(length: int) -> None:
    said = together(line_to_bytes(SECOND), head_of(SECOND))
    assert said is not None
    cut = said[: length % len(said)]

    try:
        parted = apart(cut)
    except BadEntry:
        return
    assert not parted.head
    assert not _accepted(parted.line)


@given(st.binary(min_size=1, max_size=50))
def test_what_hangs_on_behind_spoils_the_whole(rest: bytes) -> None:
    said = together(line_to_bytes(SECOND), head_of(SECOND))
    assert said is not None

    with pytest.raises(BadEntry):
        apart(said + rest)


def test_a_message_within_a_message_is_refused() -> None:
    said = together(line_to_bytes(SECOND), head_of(SECOND))

    with pytest.raises(BadEntry):
        apart(msgspec.msgpack.encode((5, said, 0, b"", b"", 0, b"s" * 64)))


@pytest.mark.parametrize("named", [b"x", b"y" * 31, b"z" * 32, b"w" * 33])
def test_a_line_names_its_head_itself_and_a_snapshot_has_a_whole_name(named: bytes) -> None:
    line = line_to_bytes(SECOND)

    with pytest.raises(BadEntry):
        apart(msgspec.msgpack.encode((5, line, 0, named, b"", 0, b"s" * 64)))
    if len(named) != 32:
        with pytest.raises(BadEntry):
            apart(msgspec.msgpack.encode((5, line, 0, b"", named, 0, b"s" * 64)))


def _head_counts(data: bytes) -> bool:
    try:
        check_head(head_from_bytes(data), policy=POLICY)
    except (BadEntry, Refused):
        return False
    return True


def _accepted(data: bytes) -> tuple[bytes, ...]:
    """Return the bodies that a terminal would take; none of a line that it refuses."""
    try:
        line = line_or_batch(data)
        if isinstance(line, LogLine):
            check_line(line, policy=POLICY, after=(1, FIRST.link.hash))
            return (line.entry.body(),)
        entries = line.entries({})
        check_place(line.placed(entries), policy=POLICY, after=(2, SECOND.link.hash))
        return tuple(check_entry(entry, policy=POLICY) for entry in entries)
    except (BadEntry, Refused):
        return ()
