from hypothesis import given
from hypothesis import strategies as st

from devices.drivers.printer.codec import (
    ID_LETTERS,
    AutoStatus,
    Block,
    Demultiplexer,
    InOrder,
    Processed,
    Query,
    RealTime,
    ask,
    ask_process_id,
    identifier_of,
)
from devices.drivers.printer.condition import Reason, Round

HEALTHY = (0x12, 0x12, 0x12, 0x12)


def test_questions_are_the_bytes_of_the_manual() -> None:
    assert ask(Query.PRINTER) == b"\x10\x04\x01"
    assert ask_process_id(b"ABCD") == b"\x1d\x28\x48\x06\x00\x30\x30ABCD"


def test_an_acknowledgement_is_not_taken_for_status_and_status_within_it_is_heard() -> None:
    frames = Demultiplexer().feed(b"7\x22AB\x12CD\x00\x03")

    assert (RealTime(0x12), Processed(b"ABCD"), InOrder(is_near_end=True, is_out=False)) == frames


def test_automatic_status_takes_four_bytes() -> None:
    assert (AutoStatus(b"\x18\x00\x0f\x00"),) == Demultiplexer().feed(b"\x18\x00\x0f\x00")


def test_an_identification_is_one_block() -> None:
    assert (Block(0x5F, b"TM-T88"),) == Demultiplexer().feed(b"_TM-T88\x00")


def test_noise_that_looks_like_a_header_does_not_swallow_what_follows() -> None:
    assert (RealTime(0x12), RealTime(0x12)) == Demultiplexer().feed(b"\x37\x12\x5f\x12")


def test_an_endless_block_does_not_grow() -> None:
    inbound = Demultiplexer()

    inbound.feed(b"_" + b"A" * 100_000)

    assert len(inbound._block) <= 80


@given(st.binary(max_size=200), st.data())
def test_any_split_of_the_stream_gives_the_same_frames(stream: bytes, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(stream)))
    parts, whole = Demultiplexer(), Demultiplexer()

    assert whole.feed(stream) == parts.feed(stream[:cut]) + parts.feed(stream[cut:])


@given(st.integers(0, 10**6))
def test_no_letter_of_an_identifier_can_be_read_as_status(number: int) -> None:
    identifier = identifier_of(number)

    assert len(identifier) == 4
    assert set(identifier) <= set(ID_LETTERS)
    assert not any(byte & 0x93 in (0x12, 0x10) for byte in identifier)


def test_status_bytes_of_the_oracle_mean_what_was_measured() -> None:
    assert Round(*HEALTHY).fault is Reason.NONE
    assert Round(0x1A, 0x32, 0x12, 0x7E).fault is Reason.PAPER_OUT
    assert Round(0x1A, 0x16, 0x12, 0x12).fault is Reason.COVER_OPEN
    assert Round(0x1A, 0x52, 0x1A, 0x12).fault is Reason.CUTTER
    assert Round(0x1A, 0x52, 0x52, 0x12).fault is Reason.HEAD_HOT
    assert Round(0x1A, 0x12, 0x12, 0x12).fault is Reason.OFFLINE
    assert Round(0x12, 0x12, 0x12, 0x1E).is_near_end
    assert Round(0x12, 0x12, 0x12, 0x1E).fault is Reason.NONE
