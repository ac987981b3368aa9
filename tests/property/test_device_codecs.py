"""Every codec of readers, sensors, signs and power: any split of the stream gives the same, and noise gives nothing.

FUZZ_BYTES in the environment sets how many random bytes each codec eats; the promise is a million.
"""

import os
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.drivers.id_card import codec as sdt
from devices.drivers.id_card.layouts import (
    BadCard,
    CardKind,
    IdCard,
    UnknownLayout,
    read_text,
    write_text,
)
from devices.drivers.keypad import codec as keypad
from devices.drivers.presence import codec as ld2410
from devices.drivers.scanner.codec import MOST_BYTES, Splitter
from devices.drivers.scanner.meaning import OtherText, recognise
from devices.drivers.text_sign import bx
from devices.drivers.ups.codec import Lines
from devices.sim.id_card.cards import load_cards

FUZZ_BYTES = int(os.environ.get("FUZZ_BYTES", "50000"))
TEXT = load_cards()["resident"]

Feed = Callable[[bytes], Sequence[object]]


@dataclass(frozen=True)
class Codec:
    """One codec: how to make it, what it may hold, and frames that it knows."""

    name: str
    make: Callable[[], tuple[Feed, Callable[[], int]]]
    most_held: int
    frames: tuple[bytes, ...]


def sdt_replies() -> tuple[Feed, Callable[[], int]]:
    deframer = sdt.Deframer()
    return deframer.feed, lambda: len(deframer._held)


def sdt_commands() -> tuple[Feed, Callable[[], int]]:
    deframer = sdt.Deframer()
    return deframer.feed_commands, lambda: len(deframer._held)


def radar() -> tuple[Feed, Callable[[], int]]:
    deframer = ld2410.Deframer()
    return deframer.feed, lambda: len(deframer._held)


def sign() -> tuple[Feed, Callable[[], int]]:
    deframer = bx.Deframer()
    return deframer.feed, lambda: len(deframer._held)


def nut() -> tuple[Feed, Callable[[], int]]:
    lines = Lines()
    return lines.feed, lambda: len(lines._held)


def input_keys() -> tuple[Feed, Callable[[], int]]:
    keys = keypad.InputKeys()
    return lambda data: keys.feed(data, 0.0), lambda: len(keys._held)


def scanner() -> tuple[Feed, Callable[[], int]]:
    splitter = Splitter()
    return lambda data: splitter.feed(data, 0.0), lambda: len(splitter._held)


KERNEL = "keypad of the kernel"
CODECS = [
    Codec(
        "sdt replies",
        sdt_replies,
        2407,
        (
            sdt.answer_bytes(sdt.Answer(0x90)),
            sdt.answer_bytes(sdt.Answer(0x9F, bytes(4))),
            sdt.card_bytes(TEXT),
        ),
    ),
    Codec(
        "sdt commands",
        sdt_commands,
        2407,
        tuple(sdt.command_bytes(command) for command in sdt.Command),
    ),
    Codec(
        "ld2410",
        radar,
        74,
        (
            ld2410.report_bytes(ld2410.Report(ld2410.Target.BOTH, 79, 100, 76, 100, 50)),
            ld2410.enable_bytes(),
            ld2410.answer_bytes(ld2410.Answer(0x61, is_ok=True, data=bytes(24))),
        ),
    ),
    Codec(
        "bx",
        sign,
        4096,
        (
            bx.frame_bytes(bx.Frame(1, bx.HOST, bx.show_data("通知Z[¦¥", bx.Sign()))),
            bx.frame_bytes(bx.Frame(bx.HOST, 1, bx.answer_data(bx.Verdict.SHOWN))),
            bx.frame_bytes(bx.Frame(0xA55A, 0x5BA6, bytes.fromhex("A5A65A5BA5"))),
        ),
    ),
    Codec(
        "nut",
        nut,
        1024,
        (b'VAR u ups.status "OB LB"\n', b"ERR DATA-STALE\r\n", b'UPS u "a \\"b\\""\n'),
    ),
    Codec(
        KERNEL,
        input_keys,
        keypad.RECORD.size,
        tuple(keypad.input_bytes(code, 1) for code in (28, 80, 72, 30)),
    ),
    Codec(
        "scanner",
        scanner,
        MOST_BYTES,
        ("]Q1示政发〔2026〕19号\r\n".encode(), b"7KQ2M9XD4F\r", b"A" * 5000 + b"\n"),
    ),
]
every_codec = pytest.mark.parametrize("codec", CODECS, ids=lambda codec: codec.name)
every_line = pytest.mark.parametrize(
    "codec", [one for one in CODECS if one.name != KERNEL], ids=lambda codec: codec.name
)
"""The kernel's records cross no line: no noise comes between them, and nothing marks their beginning."""


def pieces_of(data: bytes, cuts: list[int]) -> list[bytes]:
    ends = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[start:end] for start, end in pairwise(ends)]


def fed(codec: Codec, pieces: list[bytes]) -> list[object]:
    feed, _ = codec.make()
    return [event for piece in pieces for event in feed(piece)]


@every_codec
@given(data=st.data())
def test_any_split_of_the_stream_gives_the_same_events(codec: Codec, data: st.DataObject) -> None:
    parts = data.draw(
        st.lists(st.sampled_from(codec.frames) | st.binary(max_size=12), min_size=1, max_size=8)
    )
    stream = b"".join(parts)
    cuts = data.draw(st.lists(st.integers(0, max(len(stream), 1)), max_size=12))

    whole = fed(codec, [stream])

    assert fed(codec, pieces_of(stream, cuts)) == whole
    assert fed(codec, [bytes((byte,)) for byte in stream]) == whole


@every_line
@given(noise=st.binary(max_size=64))
def test_true_frames_are_all_found_once_the_noise_before_them_has_passed(
    codec: Codec, noise: bytes
) -> None:
    expected = fed(codec, list(codec.frames))
    feed, _ = codec.make()
    feed(noise)

    # Noise may look like the beginning of one longest frame; after that, nothing may be missed.
    heard = [event for _ in range(300) for frame in codec.frames for event in feed(frame)]

    assert heard[-len(expected) * 10 :] == expected * 10


@every_codec
def test_fuzz_makes_no_exception_no_hang_and_no_growth(codec: Codec) -> None:
    chance = random.Random(FUZZ_BYTES)  # noqa: S311 - noise that can be had again
    feed, held = codec.make()
    eaten = 0
    while eaten < FUZZ_BYTES:
        piece = fuzz(codec, chance)
        feed(piece)
        eaten += len(piece)
        assert held() <= codec.most_held

    assert eaten >= FUZZ_BYTES


def fuzz(codec: Codec, chance: random.Random) -> bytes:
    """Random bytes, broken frames, and beginnings of frames with lengths of their own."""
    match chance.randrange(4):
        case 0:
            return chance.randbytes(chance.randrange(1, 600))
        case 1:
            frame = bytearray(chance.choice(codec.frames))
            for _ in range(chance.randrange(4)):
                frame[chance.randrange(len(frame))] = chance.randrange(256)
            return bytes(frame)
        case 2:
            frame = bytearray(chance.choice(codec.frames))
            return bytes(frame[: chance.randrange(1, len(frame) + 1)])
        case _:
            return chance.choice(codec.frames)[:7] + chance.randbytes(chance.randrange(40))


@given(st.binary(min_size=256, max_size=256))
def test_any_256_bytes_are_a_card_or_refused_by_name(text: bytes) -> None:
    try:
        card = read_text(text)
    except (BadCard, UnknownLayout):
        return
    assert card.name or card.english_name


@given(st.sampled_from(sorted(load_cards())), st.integers(0, 255), st.binary(max_size=8))
def test_a_card_with_some_wrong_bytes_is_a_card_or_refused_by_name(
    name: str, at: int, wrong: bytes
) -> None:
    text = load_cards()[name]
    text = (text[:at] + wrong + text[at + len(wrong) :])[:256]

    try:
        read_text(text)
    except (BadCard, UnknownLayout):
        return


words = st.text(st.characters(codec="utf-16", exclude_categories=["Cc", "Cs", "Z"]), max_size=6)
days = st.dates(date(1900, 1, 1), date(2099, 12, 31))
cards = st.builds(
    IdCard,
    kind=st.just(CardKind.RESIDENT),
    name=words.filter(bool),
    number=st.text("0123456789X", min_size=1, max_size=18),
    sex=st.sampled_from("0129"),
    birth=st.none() | days,
    valid_from=st.none() | days,
    valid_to=st.none() | days,
    nation=st.text("0123456789", max_size=2),
    address=words,
    issuer=words,
)


@given(cards, st.sampled_from(CardKind))
def test_any_card_that_is_written_is_read_as_the_same(card: IdCard, kind: CardKind) -> None:
    card = replace(card, kind=kind)
    if kind is CardKind.FOREIGNER:
        card = replace(card, address="", issuer=card.issuer[:2], number=card.number[:15])
    if kind is CardKind.HMT_PERMIT:
        card = replace(card, nation="")

    assert read_text(write_text(card)) == card


@given(cards)
def test_no_card_shows_its_number_or_name(card: IdCard) -> None:
    card = replace(card, number="519921199001010025", name=card.name + "姓名")

    assert card.number not in repr(card)
    assert card.name not in repr(card)


@given(st.binary(max_size=200))
def test_what_is_hidden_is_found_again_and_never_marks_a_frame(data: bytes) -> None:
    hidden = bx.escape(data)

    assert bx.unescape(hidden) == data
    assert not {0xA5, 0x5A} & set(hidden)


@given(st.text(max_size=80))
def test_any_text_on_a_sign_comes_back_or_is_boxed(text: str) -> None:
    shown = bx.shown_text(bx.show_data(text, bx.Sign()))

    assert shown is not None
    assert len(shown) == len(text)


@given(st.text(max_size=80))
def test_no_foreign_text_acts(text: str) -> None:
    meaning = recognise(f"x{text}!", public_url="https://a.example", is_record=lambda _: True)

    assert isinstance(meaning, OtherText)
