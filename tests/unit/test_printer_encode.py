from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.paper.layout import LineKind, PaperLine
from devices.drivers.printer.encode import code_of, encode_slip
from devices.drivers.printer.model import PAPER_58_MM, Encoding, QrKind
from devices.drivers.printer.outgoing import SLICE, Outgoing
from devices.drivers.printer.raster import _without_commands, qr_modules, qr_side
from tests.support.bench_printer import paper_font

GBK = replace(PAPER_58_MM, encoding=Encoding.GBK)


def job_of(*lines: PaperLine, model: object = GBK) -> bytes:
    assert isinstance(model, type(GBK))
    return encode_slip(lines, model=model, font=paper_font()).data


def test_chinese_mode_is_switched_on_before_the_first_character() -> None:
    data = job_of(PaperLine(LineKind.TEXT, "政务公开"))

    assert b"\x1c&" in data.split("政务公开".encode("gbk"))[0]


def test_a_line_of_punctuation_alone_is_not_lost() -> None:
    assert "，。：；￥12.00".encode("gbk") + b"\n" in job_of(
        PaperLine(LineKind.TEXT, "，。：；￥12.00")
    )


@pytest.mark.parametrize(
    ("character", "encoding", "is_native"),
    [
        ("国", Encoding.GB2312, True),
        ("镕", Encoding.GB2312, False),
        ("镕", Encoding.GBK, True),
        ("㛃", Encoding.GBK, False),
        ("㛃", Encoding.GB18030, True),
        ("国", Encoding.RASTER, False),
        ("·", Encoding.GB2312, True),
        ("—", Encoding.GB2312, True),
        ("é", Encoding.GB2312, True),
        ("\ud800", Encoding.GB18030, False),
    ],
)
def test_a_character_goes_out_as_code_only_if_the_models_font_has_it(
    character: str, encoding: Encoding, *, is_native: bool
) -> None:
    assert is_native == (code_of(character, encoding) is not None)


def test_a_rare_character_stands_in_its_line_as_a_picture_of_77_bytes() -> None:
    data = job_of(PaperLine(LineKind.TEXT, "张㛃收"))

    head, tail = data.split("张".encode("gbk"))[1].split("收".encode("gbk"))
    assert head.startswith(b"\x1b*\x21\x18\x00")
    assert len(head) == 77
    assert tail.startswith(b"\n")


def test_a_two_byte_code_that_gbk_fonts_do_not_know_is_a_picture() -> None:
    assert code_of("䶮", Encoding.GB18030) == b"\xfe\x9f"
    assert code_of("䶮", Encoding.GBK) is None
    assert code_of("镕", Encoding.GBK) == "镕".encode("gbk")
    assert code_of("镕", Encoding.GB2312) is None


def test_a_character_that_no_font_has_is_named_by_its_code_point() -> None:
    data = job_of(PaperLine(LineKind.TEXT, "甲\U000f0000"))

    assert "〓 = U+F0000".encode("gbk") in data


def test_the_code_is_native_at_level_m_with_six_dots() -> None:
    data = job_of(PaperLine(LineKind.QR, "https://zone.example/d/1"))

    assert b"\x1d(k\x03\x001C\x06" in data
    assert b"\x1d(k\x03\x001E1" in data
    assert b"1P0https://zone.example/d/1" in data


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=150))
def test_the_width_of_a_code_is_known_without_drawing_it(url: str) -> None:
    assert qr_side(url) == len(qr_modules(url))


def test_a_model_without_codes_gets_a_picture_of_one() -> None:
    data = job_of(
        PaperLine(LineKind.QR, "https://zone.example/d/1"), model=replace(GBK, qr=QrKind.IMAGE)
    )

    assert b"\x1d(k" not in data
    assert b"\x1dv0" in data


def test_text_never_holds_a_command() -> None:
    data = job_of(PaperLine(LineKind.TEXT, "国" * 16))

    assert not any(bytes((0x10, second)) in data for second in (0x04, 0x05, 0x14))


@given(st.binary(max_size=300))
def test_no_picture_spells_a_real_time_command(data: bytes) -> None:
    safe = _without_commands(data)

    assert len(data) == len(safe)
    assert not any(bytes((0x10, second)) in safe for second in (0x04, 0x05, 0x14))


@given(st.lists(st.binary(min_size=1, max_size=700), max_size=20))
def test_slices_carry_every_byte_once_and_ask_only_between_commands(pieces: list[bytes]) -> None:
    outgoing = Outgoing(pieces, baud=115200, now=0.0)
    ends = {sum(map(len, pieces[: n + 1])) for n in range(len(pieces))} | {0}
    sent, now = b"", 0.0

    while not outgoing.is_all_sent:
        now += 0.1
        assert len(sent) in ends or not outgoing.may_ask(now)
        due = outgoing.slice_due(now)
        assert 0 < len(due) <= SLICE
        taken = max(1, len(due) // 2)
        outgoing.taken(taken, now)
        sent += due[:taken]

    assert b"".join(pieces) == sent
