"""The fleet's MQTT packets: read whole, in pieces, and never trusted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.sim.fleet import packets
from devices.sim.fleet.packets import BadPacket, Packet, PacketReader, Will

TOPICS = st.text(min_size=1, max_size=60)
PUBLISHED = st.builds(
    lambda topic, payload, mid: (packets.publish(topic, payload, mid=mid), topic, payload, mid),
    TOPICS,
    st.binary(max_size=5_000),
    st.integers(1, 0xFFFF),
)


@given(st.lists(PUBLISHED, min_size=1, max_size=5), st.integers(1, 400))
def test_what_is_cut_anywhere_reads_as_what_was_sent(
    sent: list[tuple[bytes, str, bytes, int]], step: int
) -> None:
    stream = b"".join(one[0] for one in sent)
    reader = PacketReader()

    read = [
        packet
        for at in range(0, len(stream), step)
        for packet in reader.feed(stream[at : at + step])
    ]

    assert [(one.topic, one.payload, one.mid) for one in read] == [one[1:] for one in sent]


@given(st.binary(max_size=300))
def test_rubbish_is_refused_or_waits_for_more(rubbish: bytes) -> None:
    try:
        read = PacketReader().feed(rubbish)
    except BadPacket:
        return
    assert all(isinstance(one, Packet) for one in read)


@pytest.mark.parametrize(
    "data", [b"\x30\xff\xff\xff\xff\x01", b"\x30\xff\xff\xff\x7f", b"\x30\x01a"]
)
def test_a_length_that_no_broker_sends_ends_the_connection(data: bytes) -> None:
    with pytest.raises(BadPacket):
        PacketReader().feed(data)


def test_a_connect_is_byte_for_byte_what_the_standard_says() -> None:
    sent = packets.connect("hall-1", keepalive_s=60, will=Will("t", b"w"))

    assert sent.hex(" ") == (
        "10 18 00 04 4d 51 54 54 04 2e 00 3c 00 06 68 61 6c 6c 2d 31 00 01 74 00 01 77"
    )  # mqtt-v3.1.1 3.1: level 4, clean session, will retained at QoS 1


def test_a_subscription_asks_for_at_least_once() -> None:
    assert packets.subscribe(7, ("a", "b")).hex(" ") == "82 0a 00 07 00 01 61 01 00 01 62 01"


def test_what_a_broker_grants_is_read_filter_by_filter() -> None:
    (read,) = PacketReader().feed(b"\x90\x05\x00\x01\x01\x80\x00")

    assert (read.kind, read.mid, read.payload) == (packets.SUBACK, 1, b"\x01\x80\x00")


def test_a_subscription_at_most_once_asks_for_just_that() -> None:
    assert packets.subscribe(1, ("t",), qos=0) == b"\x82\x06\x00\x01\x00\x01t\x00"
