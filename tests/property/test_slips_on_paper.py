"""Slips of any content, read back from their pictures: no line is cut, no character lost, no mark astray.

`make test` prints some; `make slips` five hundred.
"""

from collections import Counter
from io import BytesIO
from pathlib import Path

import pytest

from content.paper.layout import LineKind, lay_out
from content.paper.slip import PartKind, Slip
from content.paper.wrap import columns_of
from devices.drivers.printer.condition import Outcome
from devices.drivers.printer.model import ModelSheet
from tests.support.bench_printer import Bench
from tests.support.fault_cells import MODELS
from tests.support.printed_paper import UNREADABLE, read_slip_picture
from tests.support.slip_maker import SlipMaker

FEW, MANY = 12, 500
SHEETS = [MODELS[f"{form} {width} 115200"] for form in ("native", "raster") for width in (58, 80)]
ASTRAY = frozenset("。，、；：？！）》”’】")


def characters(slip: Slip) -> Counter[str]:
    """Everything that must stand on the paper, but for spaces, rules and what the layout itself adds."""
    text = ""
    for part in slip.parts:
        if part.kind is not PartKind.QR:
            text += part.text
        text += part.label + ("：" if part.kind is PartKind.PAIR else "")
        text += "".join(cell for row in part.rows for cell in row)
    return Counter(text.replace(" ", ""))


def printed(slip: Slip, model: ModelSheet, folder: Path) -> Path:
    bench = Bench(model=model)
    assert bench.device.print_slip(slip).outcome is Outcome.PRINTED
    (paper,) = bench.papers()
    data = BytesIO()
    paper.picture.save(data, format="PNG")
    path = folder / "slip.png"
    path.write_bytes(data.getvalue())
    return path


def check(slip: Slip, model: ModelSheet, folder: Path) -> None:
    lines = lay_out(slip, columns=model.columns)
    texts = [line.text.strip() for line in lines if line.kind not in {LineKind.RULE, LineKind.QR}]

    paper = read_slip_picture(printed(slip, model, folder))
    on_paper = [line.strip() for line in paper.lines if line.strip("-")]

    assert UNREADABLE not in "".join(on_paper)
    assert on_paper == [text for text in texts if text.strip("-")]
    assert paper.qr == next(part.text for part in slip.parts if part.kind is PartKind.QR)
    assert all(columns_of(line) <= model.columns for line in paper.lines)
    assert not [line for line in on_paper if line[0] in ASTRAY]
    has_lists = any(line.kind is LineKind.RULE for line in lines[2:])
    missing = characters(slip) - Counter("".join(texts).replace(" ", ""))
    assert not missing or (has_lists and set(missing) <= set("姓名类别人数金额元（）地址备注"))


def print_and_read(count: int, folder: Path) -> None:
    for number in range(count):
        check(SlipMaker(number).slip(), SHEETS[number % len(SHEETS)], folder)


def test_slips_read_back_from_their_pictures_are_whole(tmp_path: Path) -> None:
    print_and_read(FEW, tmp_path)


@pytest.mark.bench
@pytest.mark.timeout(3600)
def test_five_hundred_slips_read_back_from_their_pictures_are_whole(tmp_path: Path) -> None:
    print_and_read(MANY, tmp_path)
