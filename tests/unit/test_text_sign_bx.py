"""BX frames after the maker's examples; escaping; and signs that are shown their text again after a loss."""

from typing import Any

import pytest

from devices.drivers.health import Level
from devices.drivers.reasons import Reason
from devices.drivers.text_sign import bx
from devices.drivers.text_sign.bx import Frame, Sign, Verdict
from devices.drivers.text_sign.sign import AttendedSign, BxSpeech, PlainSpeech, TextSign
from devices.sim.pty_device import GOOD_LINE, LineFaults, SimulatedDevice
from devices.sim.text_sign.sign import SimulatedBxSign, SimulatedPlainSign
from tests.support.bench_device import DeviceBench

ACK = "A5 A5 A5 A5 A5 A5 A5 A5 00 80 FE FF 00 00 00 00 00 00 FE 02 05 00 A0 00 00 00 00 14 AC 5A"
"""The maker's example of an answer: from address FFFE to the host 8000."""
AREA = (
    "A3 06 01 2D 00 00 01 29 00 00 00 00 00 00 80 00 20 00 00 00 00 02 00 00 00 00 02 02"
    " 03 00 04 05 0E 00 00 00 30 31 32 33 34 35 51 52 53 54 54 56 27 42"
)
"""The data of the maker's example of a dynamic area."""


def test_the_makers_answer_is_written_and_read_byte_for_byte() -> None:
    data = bytes.fromhex(ACK)
    answer = Frame(bx.HOST, 0xFFFE, bx.answer_data(Verdict.SHOWN))

    assert bx.frame_bytes(answer) == data
    (frame,) = bx.Deframer().feed(data)
    assert frame == answer
    assert bx.read_answer(frame) is Verdict.SHOWN


def test_the_data_of_a_text_is_the_makers_byte_for_byte() -> None:
    data = bx.show_data("012345QRSTTV'B", Sign())

    assert data == bytes.fromhex(AREA)
    assert bx.shown_text(data) == "012345QRSTTV'B"


def test_the_header_of_a_text_is_the_makers() -> None:
    frame = bx.frame_bytes(Frame(1, bx.HOST, bytes.fromhex(AREA)))

    assert frame[:22] == bytes.fromhex(
        "A5 A5 A5 A5 A5 A5 A5 A5 01 00 00 80 00 00 00 00 00 00 FE 02 32 00"
    )
    assert frame[-1] == 0x5A


def test_the_check_is_crc_16_as_the_catalogue_of_checks_has_it() -> None:
    assert bx.crc16(b"123456789") == 0xBB3D


@pytest.mark.parametrize(
    ("plain", "hidden"),
    [("A5", "A6 02"), ("A6", "A6 01"), ("5A", "5B 02"), ("5B", "5B 01"), ("00 FF", "00 FF")],
)
def test_the_bytes_that_mark_a_frame_are_hidden_inside_it(plain: str, hidden: str) -> None:
    assert bx.escape(bytes.fromhex(plain)) == bytes.fromhex(hidden)
    assert bx.unescape(bytes.fromhex(hidden)) == bytes.fromhex(plain)


@pytest.mark.parametrize("hidden", ["A6 03", "5B", "A6", "5B 00"])
def test_an_unknown_escape_is_no_frame(hidden: str) -> None:
    assert bx.unescape(bytes.fromhex(hidden)) is None


def test_a_frame_with_a_wrong_check_is_dropped_and_one_marked_unchecked_is_taken() -> None:
    wrong = bytearray.fromhex(ACK)
    wrong[-3] ^= 1
    unchecked = bytearray.fromhex(ACK)
    unchecked[-3:-1] = b"\xff\xff"

    assert bx.Deframer().feed(bytes(wrong)) == ()
    assert len(bx.Deframer().feed(bytes(unchecked))) == 1


def test_a_character_that_the_card_lacks_is_shown_as_a_box_and_never_lost() -> None:
    data = bx.text_bytes("通知㛃！🙂")

    assert data.decode("gb2312") == "通知〓！〓"


def test_a_text_too_long_for_the_card_is_cut_between_characters() -> None:
    data = bx.text_bytes("A" + "通" * 2000)

    assert len(data) <= bx.MOST_TEXT_BYTES
    assert data.decode("gb2312") == "A" + "通" * 511


def test_a_control_character_cannot_end_a_plain_signs_line_early() -> None:
    assert PlainSpeech().say("通知\r\n\x1b二") == "通知   二".encode("gb18030") + b"\r"


class SignBench:
    def __init__(self, sim: SimulatedDevice, speech: Any, faults: LineFaults = GOOD_LINE) -> None:
        self.bench = DeviceBench(sim, faults=faults, baud=57600)
        self.sign = AttendedSign(speech, port=self.bench.port, clock=self.bench.clock)
        self.attendant = self.sign.attendant

    def run(self, seconds: float) -> None:
        self.bench.run(self.attendant, seconds)

    @property
    def health(self) -> tuple[Level, str]:
        return self.sign.health.level, self.sign.health.reason


def test_a_sign_shows_what_it_is_told_and_is_well() -> None:
    sim = SimulatedBxSign()
    bench = SignBench(sim, BxSpeech(Sign()))
    bench.run(1)
    bench.sign.show("今日办理：不动产登记ZZ¥")
    bench.run(1)

    assert sim.text == "今日办理：不动产登记ZZ〓"
    assert bench.health == (Level.OK, "")


def test_of_many_texts_the_last_stays() -> None:
    sim = SimulatedBxSign()
    bench = SignBench(sim, BxSpeech(Sign()))
    for number in range(50):
        bench.sign.show(f"第{number}条")
    bench.run(3)

    assert sim.text == "第49条"


def test_the_text_is_shown_again_after_an_unplugging() -> None:
    sim = SimulatedBxSign()
    bench = SignBench(sim, BxSpeech(Sign()))
    bench.sign.show("通知")
    bench.run(2)
    bench.bench.is_there = False
    sim.obey({"power": "off"})
    bench.run(5)
    assert bench.health == (Level.DOWN, "unplugged")

    bench.bench.is_there = True
    bench.run(3)
    assert sim.text == "通知"
    assert bench.health == (Level.OK, "")


def test_an_order_given_while_the_sign_is_away_is_not_lost() -> None:
    sim = SimulatedBxSign()
    bench = SignBench(sim, BxSpeech(Sign()))
    bench.bench.is_there = False
    bench.run(3)
    bench.sign.show("来时显示")
    bench.run(10)
    bench.bench.is_there = True
    bench.run(3)

    assert sim.text == "来时显示"


def test_a_sign_that_refuses_is_a_warning_to_the_keeper() -> None:
    bench = SignBench(SimulatedBxSign(refuses=True), BxSpeech(Sign()))
    bench.sign.show("通知")
    bench.run(2)

    assert bench.health == (Level.WARN, Reason.REFUSED)


def test_a_sign_of_another_address_is_silent() -> None:
    bench = SignBench(SimulatedBxSign(address=9), BxSpeech(Sign()))
    bench.sign.show("通知")
    bench.run(6)

    assert bench.health == (Level.DOWN, Reason.SILENT)


def test_a_sign_that_takes_nothing_any_more_is_silent() -> None:
    bench = SignBench(SimulatedPlainSign(), PlainSpeech())
    bench.run(1)
    bench.bench.stop_taking()
    bench.sign.show("通知")
    bench.run(4)

    assert bench.health == (Level.DOWN, Reason.SILENT)


def test_a_plain_sign_shows_a_line_of_text() -> None:
    sim = SimulatedPlainSign()
    bench = SignBench(sim, PlainSpeech())
    bench.sign.show("欢迎㛃")
    bench.run(1)

    assert sim.text == "欢迎㛃"
    assert bench.health == (Level.OK, "")


def test_both_kinds_are_signs() -> None:
    signs: list[TextSign] = [
        SignBench(SimulatedPlainSign(), PlainSpeech()).sign,
        SignBench(SimulatedBxSign(), BxSpeech(Sign())).sign,
    ]

    for sign in signs:
        sign.show("")
        sign.close()
