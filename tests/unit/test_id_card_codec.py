"""SDT frames against captures of public code, byte for byte; and the photo that never leaves the codec."""

import pytest

from devices.drivers.id_card.codec import (
    PHOTO_LENGTH,
    Answer,
    CardText,
    Command,
    Deframer,
    answer_bytes,
    card_bytes,
    command_bytes,
    frame,
)

CAPTURED_COMMANDS = {
    Command.STATUS: "AA AA AA 96 69 00 03 11 FF ED",
    Command.SAM_ID: "AA AA AA 96 69 00 03 12 FF EE",
    Command.RESET: "AA AA AA 96 69 00 03 10 FF EC",
    Command.FIND: "AA AA AA 96 69 00 03 20 01 22",
    Command.SELECT: "AA AA AA 96 69 00 03 20 02 21",
    Command.READ: "AA AA AA 96 69 00 03 30 01 32",
    Command.READ_WITH_FINGERPRINT: "AA AA AA 96 69 00 03 30 10 23",
    Command.READ_NEWEST_ADDRESS: "AA AA AA 96 69 00 03 30 03 30",
    Command.MAX_RF_BYTES: "AA AA AA 96 69 00 04 61 FF 50 CA",
}
CAPTURED_REPLIES = [
    (Answer(0x90), "AA AA AA 96 69 00 04 00 00 90 94"),
    (Answer(0x9F, bytes(4)), "AA AA AA 96 69 00 08 00 00 9F 00 00 00 00 97"),
    (
        Answer(0x90, bytes(8)),
        "AA AA AA 96 69 00 0C 00 00 90 00 00 00 00 00 00 00 00 9C",
    ),
]
TEXT = "测试甲".ljust(128).encode("utf-16-le")
FACE = bytes((7, 9)) * (PHOTO_LENGTH // 2)


@pytest.mark.parametrize(("command", "capture"), CAPTURED_COMMANDS.items())
def test_a_command_is_the_captured_one_byte_for_byte(command: Command, capture: str) -> None:
    data = bytes.fromhex(capture)

    assert command_bytes(command) == data
    assert Deframer().feed_commands(data) == (command,)


@pytest.mark.parametrize(("answer", "capture"), CAPTURED_REPLIES)
def test_a_captured_reply_is_read_and_written_byte_for_byte(answer: Answer, capture: str) -> None:
    data = bytes.fromhex(capture)

    assert Deframer().feed(data) == (answer,)
    assert answer_bytes(answer) == data


def test_a_read_reply_has_the_length_and_head_of_the_captured_one() -> None:
    data = card_bytes(TEXT)

    assert len(data) == 1295
    assert data.startswith(bytes.fromhex("AA AA AA 96 69 05 08 00 00 90 01 00 04 00"))
    assert Deframer().feed(data) == (CardText(TEXT),)


@pytest.mark.parametrize(
    "body",
    [
        b"\x00\x00\x90\x01\x00\x04\x00" + TEXT + FACE,
        b"\x00\x00\x90\x01\x00\x04\x00\x04\x00" + TEXT + FACE + FACE,
    ],
    ids=["photo", "photo and fingerprint"],
)
def test_the_photo_and_the_fingerprint_leave_no_trace_in_the_codec(body: bytes) -> None:
    deframer = Deframer()

    replies = deframer.feed(frame(body))

    assert replies == (CardText(TEXT),)
    assert b"\x07\x09" not in bytes(deframer._held)


@pytest.mark.parametrize("lengths", ["0100 0800", "0200 0400", "FFFF FFFF"])
def test_of_a_long_reply_of_unknown_form_only_its_status_is_kept(lengths: str) -> None:
    body = b"\x00\x00\x90" + bytes.fromhex(lengths) + TEXT + FACE

    assert Deframer().feed(frame(body)) == (Answer(0x90),)


def test_half_a_card_is_wiped_when_the_step_ends() -> None:
    deframer = Deframer()
    deframer.feed(card_bytes(TEXT)[:700])
    held = deframer._held

    deframer.clear()

    assert not held
    assert deframer.feed(card_bytes(TEXT)[700:]) == ()


def test_neither_text_nor_answer_shows_what_it_holds() -> None:
    shown = repr(CardText(TEXT)) + repr(Answer(0x90, "示范县样例镇".encode("utf-16-le")))

    assert shown == "CardText()Answer(status=144)"


@pytest.mark.parametrize("place", range(7, 15))
def test_a_frame_with_one_wrong_byte_is_no_frame(place: int) -> None:
    data = bytearray.fromhex("AA AA AA 96 69 00 08 00 00 9F 00 00 00 00 97")
    data[place] ^= 0x40

    assert Deframer().feed(bytes(data)) == ()


def test_a_true_frame_inside_a_false_one_is_found() -> None:
    true = bytes.fromhex("AA AA AA 96 69 00 04 00 00 90 94")
    false = bytes.fromhex("AA AA AA 96 69 00 20")

    replies = Deframer().feed(false + true * 4)

    assert replies == (Answer(0x90),) * 4


def test_a_length_beyond_any_card_does_not_keep_the_reader_waiting() -> None:
    true = bytes.fromhex("AA AA AA 96 69 00 04 00 00 90 94")

    assert Deframer().feed(b"\xaa\xaa\xaa\x96\x69\xff\xff" + true) == (Answer(0x90),)
