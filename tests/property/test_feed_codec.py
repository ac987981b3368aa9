"""Whatever arrives, the codecs answer with a value or a refusal, never with another exception."""

import json
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from content.canonical import canonical_json
from content.codes import ALPHABET, BadCode, code_from, new_code, parse_code, show_code
from content.disclosure.classes import DisclosureClass
from content.disclosure.record import Block, BlockKind, DisclosureRecord
from content.feed.body import body_bytes, read_body
from content.feed.entry import BadEntry, line_from_bytes, line_to_bytes, pack, unpack
from content.feed.policy import PolicyRefused, SignedPolicy
from content.feed.verify import Refused, check_line
from devices.ipc import messages as ipc
from devices.wire.messages import BadMessage, Envelope, Hello, Report, from_bytes, to_bytes
from tests.support.signers import ZoneKeys, document

words = st.text(st.characters(codec="utf-8"), max_size=40)
blocks = st.builds(
    Block,
    kind=st.sampled_from(BlockKind),
    text=words,
    level=st.integers(0, 4),
    rows=st.lists(st.lists(words, max_size=3).map(tuple), max_size=3).map(tuple),
)
records = st.builds(
    DisclosureRecord,
    id=st.just("D000000001"),
    title=words,
    document_number=words,
    issuing_body=words,
    written_on=st.none() | st.dates(),
    published_on=st.dates(date(1950, 1, 1), date(2100, 1, 1)),
    disclosure_class=st.sampled_from(DisclosureClass),
    region=st.just("519921"),
    domain=words,
    blocks=st.lists(blocks, max_size=5).map(tuple),
    cited=st.lists(words, max_size=3).map(tuple),
)
jsons = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=4),
    max_leaves=12,
)


@given(records)
def test_any_record_survives_its_body(record: DisclosureRecord) -> None:
    assert read_body(body_bytes(record)) == record


@given(jsons)
def test_canonical_json_is_json_and_says_everything(value: ipc.Message | None) -> None:
    data = canonical_json(value)  # type: ignore[arg-type]

    assert json.loads(data) == value
    assert canonical_json(json.loads(data)) == data


@pytest.mark.parametrize("value", [1.5, {"a": b""}, {1: "a"}, [float("nan")]])
def test_canonical_json_refuses_what_can_be_written_in_two_ways(value: object) -> None:
    with pytest.raises(TypeError):
        canonical_json(value)  # type: ignore[arg-type]


@given(st.binary(max_size=20_000))
def test_packing_gives_back_the_same_bytes(body: bytes) -> None:
    assert unpack(pack(body)[1], len(body)) == body if body else True


@given(st.binary(max_size=400))
@example(b"[]")
@example(b"1")
@example(b'{"kind": []}')
@example(b"[" * 100_000)
@example(b'{"a":' * 100_000)
@example(b"\x91" * 100_000)
@example(b"\x81\xa1a" * 100_000)
def test_arbitrary_bytes_are_refused_by_every_reader(data: bytes) -> None:
    for reader, refusal in (
        (line_from_bytes, BadEntry),
        (SignedPolicy.from_bytes, PolicyRefused),
        (read_body, Refused),
        (ipc.read_to_agent, ipc.BadLine),
        (ipc.read_to_ui, ipc.BadLine),
        (lambda raw: from_bytes(raw, Report), BadMessage),
        (lambda raw: from_bytes(raw, Envelope), BadMessage),
    ):
        with pytest.raises(refusal):
            reader(data)


@settings(max_examples=200)
@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_one_flipped_bit_anywhere_in_a_line_is_never_accepted_as_another_line(
    at: int, bit: int
) -> None:
    keys = ZoneKeys()
    line = keys.publish(document())
    data = bytearray(line_to_bytes(line))
    data[at % len(data)] ^= 1 << bit

    try:
        found = line_from_bytes(bytes(data))
        check_line(found, policy=keys.policy().policy, after=None)
    except (BadEntry, Refused):
        return
    assert found.entry.body() == line.entry.body()


def test_a_code_is_ten_symbols_that_people_can_read_out() -> None:
    code = new_code()

    assert len(code) == 10
    assert set(code) <= set(ALPHABET)
    assert parse_code(show_code(code).lower()) == code


@given(words)
def test_a_seed_always_gives_the_same_code(seed: str) -> None:
    assert code_from(seed) == parse_code(code_from(seed))


@pytest.mark.parametrize("typed", ["", "ABC", "7KQ2M9XD4FZ", "7KQ2M9XD4U", "查询码查询码查询码查"])
def test_what_cannot_be_a_code_is_told_so(typed: str) -> None:
    with pytest.raises(BadCode, match="10 位"):
        parse_code(typed)


def test_lookalikes_are_forgiven() -> None:
    assert parse_code("o1il-000 000") == "0111000000"


def test_messages_ignore_fields_they_do_not_know() -> None:
    data = to_bytes(Hello(1, {})).replace(b'{"policy"', b'{"newer":[1],"policy"')

    assert from_bytes(data, Hello) == Hello(1, {})


def test_a_line_of_another_version_is_refused_by_name() -> None:
    line = ipc.encode_line(ipc.Session(active=True, v=2))

    with pytest.raises(ipc.BadLine, match="version 2"):
        ipc.read_to_agent(line)
