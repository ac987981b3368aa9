"""Model sheets: data that can be trusted, and a start that names what is wrong with it."""

from dataclasses import replace

import pytest

from content.errors import NotFound
from devices.agent.config import BadConfig, from_toml, to_toml
from devices.drivers.printer.model import (
    DEFAULT_MODEL,
    AckKind,
    Encoding,
    ModelSheet,
    QrKind,
    sheet,
    sheets,
)
from devices.drivers.printer.raster import picture_bytes
from tests.support.bench_printer import paper_font
from tests.unit.test_agent_config import CONFIG

SHEETS = sheets()


def test_the_default_asks_for_nothing_that_most_printers_lack() -> None:
    default = sheet(DEFAULT_MODEL)

    assert default.encoding is Encoding.GB2312
    assert default.qr is QrKind.IMAGE
    assert default.ack is AckKind.PAPER_STATUS


def test_an_unknown_model_is_answered_with_those_that_are_known() -> None:
    with pytest.raises(NotFound, match="generic-58"):
        sheet("no-such-printer")


def test_a_terminal_with_an_unknown_model_does_not_start_and_the_key_is_named() -> None:
    text = to_toml(replace(CONFIG, printer_model="no-such-printer"))

    with pytest.raises(BadConfig, match="printer_model"):
        from_toml(text)


def test_a_terminal_enrolled_before_there_were_models_has_the_default() -> None:
    lines = [line for line in to_toml(CONFIG).splitlines() if not line.startswith("printer_model")]

    assert from_toml("\n".join(lines)).printer_model == DEFAULT_MODEL


def test_paper_of_no_known_width_is_refused() -> None:
    with pytest.raises(ValueError, match="72 mm"):
        ModelSheet(name="x", width_mm=72)


@pytest.mark.parametrize("key", SHEETS)
def test_no_band_of_a_picture_is_larger_than_the_printers_buffer(key: str) -> None:
    from devices.drivers.printer.raster import line_picture

    model = SHEETS[key]
    picture = line_picture("国" * model.columns, dots=model.dots, centred=False, font=paper_font())
    tall = picture.resize((model.dots, 300))

    bands = list(picture_bytes(tall, buffer=model.buffer))

    assert len(bands) > 1
    assert max(map(len, bands)) <= model.buffer


def test_what_is_white_on_the_right_is_not_sent() -> None:
    from devices.drivers.printer.raster import line_picture

    short, full = (
        b"".join(
            picture_bytes(
                line_picture(text, dots=384, centred=False, font=paper_font()), buffer=4096
            )
        )
        for text in ("国", "国" * 16)
    )

    assert len(short) * 10 < len(full)
