"""emupos, a simulated printer by other hands, prints our slips: dot for dot, and word for word."""

import json
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from content.paper.layout import LineKind, lay_out
from content.paper.samples import sample_slips
from content.paper.slip import PartKind, Slip, SlipKind
from devices.clock import CHINA, SystemClock
from devices.drivers.printer.condition import Outcome, PrintResult, Reason
from devices.drivers.printer.encode import code_of
from devices.drivers.printer.model import AckKind, Encoding, ModelSheet, QrKind
from tests.support.bench_printer import Bench
from tests.support.hosted_printer import device_at
from tests.support.processes import Program

ROOT = Path(__file__).parents[2]
EMUPOS = ROOT / "build/oracles/emupos/bin/emupos"
DEADLINE_S = 30.0
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=CHINA)
WIDTHS = {58: 384, 80: 576}
KINDS = tuple(SlipKind)

pytestmark = [
    pytest.mark.bench,
    pytest.mark.skipif(
        not EMUPOS.exists(),
        reason="emupos is not installed (Python 3.13 or newer is needed): make oracles",
    ),
]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What emupos made of one job."""

    picture: Image.Image
    dump: str


@dataclass(frozen=True, slots=True)
class Emupos:
    """A running emupos with a printer for each width."""

    folder: Path
    ports: dict[int, int]
    api: int

    def print(self, slip: Slip, model: ModelSheet) -> PrintResult:
        for old in (self.folder / f"receipts-{model.width_mm}").glob("*"):
            old.unlink()
        with device_at(f"tcp://127.0.0.1:{self.ports[model.width_mm]}", model) as device:
            return device.print_slip(slip)

    def newest(self, width_mm: int) -> Receipt:
        deadline = SystemClock().monotonic() + DEADLINE_S
        folder = self.folder / f"receipts-{width_mm}"
        while not (found := sorted(folder.glob("*.json"))):
            assert SystemClock().monotonic() < deadline
        path = found[-1]
        return Receipt(
            Image.open(BytesIO(path.with_suffix(".png").read_bytes())),
            path.with_suffix(".txt").read_text("utf-8"),
        )

    def fault(self, width_mm: int, name: str, *, is_there: bool) -> None:
        address = f"http://127.0.0.1:{self.api}/api/v1/devices/p{width_mm}/faults/{name}"
        request = urllib.request.Request(address, method="PUT" if is_there else "DELETE")
        with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:  # noqa: S310 - loopback
            assert answer.status < 300


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _write_configuration(folder: Path, ports: dict[int, int], api: int) -> Path:
    """emupos reads YAML, and JSON is YAML."""
    for width_mm, dots in WIDTHS.items():
        profile = {
            "type": "printer", "name": f"{width_mm} mm", "dpi": 203, "width_dots": dots,
            "font_a": {"width": 12, "height": 24}, "font_b": {"width": 9, "height": 17},
            "code_pages": {0: "PC437"}, "default_code_page": 0, "drawer_sensor_open_level": "high",
            "serial": {"baud": 9600, "data_bits": 8, "parity": "none", "stop_bits": 1},
        }  # fmt: skip
        text = json.dumps(profile).replace('{"0": "PC437"}', '{0: "PC437"}')
        (folder / f"p{width_mm}.yaml").write_text(text, "utf-8")
    devices = [
        {
            "id": f"p{width_mm}", "type": "printer", "profile": f"./p{width_mm}.yaml",
            "connections": [{"tcp": {"port": port}}],
            "receipts_dir": f"./receipts-{width_mm}", "job_idle_timeout_ms": 2000,
        }
        for width_mm, port in ports.items()
    ]  # fmt: skip
    configuration = {"schema": 1, "api": {"host": "127.0.0.1", "port": api}, "devices": devices}
    path = folder / "emupos.yaml"
    path.write_text(json.dumps(configuration), "utf-8")
    return path


@contextmanager
def running(folder: Path) -> Iterator[Emupos]:
    first, second, api = _free_ports(3)
    ports = {58: first, 80: second}
    path = _write_configuration(folder, ports, api)
    program = Program("emupos", str(EMUPOS), "run", "--config", str(path), env={"NO_COLOR": "1"})
    try:
        program.wait_line("control API", timeout=DEADLINE_S)
        yield Emupos(folder, ports, api)
    finally:
        program.kill()


@pytest.fixture(scope="module")
def emupos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emupos]:
    with running(tmp_path_factory.mktemp("emupos")) as one:
        yield one


def model_of(width_mm: int, form: str) -> ModelSheet:
    """A sheet that emupos fits: it knows GS r but not GS ( H."""
    native = ModelSheet(
        name=form, width_mm=width_mm, encoding=Encoding.GBK, ack=AckKind.PAPER_STATUS
    )
    if form == "native":
        return native
    return replace(native, encoding=Encoding.RASTER, qr=QrKind.IMAGE)


def slip_of(kind: SlipKind, model: ModelSheet) -> Slip:
    base = "https://zone.example.gov.cn"
    return sample_slips(terminal="hall-01", printed_at=NOW, columns=model.columns, base_url=base)[
        kind
    ]


def as_dumped(text: str) -> str:
    """Characters that GBK lacks stand in their line as pictures, and so in the dump."""
    return "".join(
        one if code_of(one, Encoding.GBK) is not None else "[image 24x24]" for one in text
    )


def trimmed(picture: Image.Image) -> Image.Image:
    """Black and white, without the white rows above and below."""
    grey = picture.convert("L").point(lambda value: 0 if value < 128 else 255)
    box = grey.point(lambda value: 255 - value).getbbox()
    assert box is not None
    return grey.crop((0, box[1], grey.width, box[3]))


@pytest.mark.parametrize("width_mm", WIDTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_raster_slip_is_dot_for_dot_what_our_simulator_prints(
    emupos: Emupos, kind: SlipKind, width_mm: int
) -> None:
    model = model_of(width_mm, "raster")
    bench = Bench(model=model)
    bench.device.print_slip(slip_of(kind, model))
    (ours,) = bench.papers()

    result = emupos.print(slip_of(kind, model), model)
    theirs = emupos.newest(width_mm).picture

    assert result == PrintResult(Outcome.PRINTED)
    assert trimmed(theirs).size == trimmed(ours.picture).size
    assert trimmed(theirs).tobytes() == trimmed(ours.picture).tobytes()


@pytest.mark.parametrize("width_mm", WIDTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_native_slip_reads_word_for_word_what_it_says(
    emupos: Emupos, kind: SlipKind, width_mm: int
) -> None:
    model = model_of(width_mm, "native")
    slip = slip_of(kind, model)
    expected = [
        "-" * model.columns
        if line.kind is LineKind.RULE
        else f"[qr {line.text}]"
        if line.kind is LineKind.QR
        else as_dumped(line.text.strip())
        for line in lay_out(slip, columns=model.columns)
    ]

    result = emupos.print(slip, model)
    dump = emupos.newest(width_mm).dump

    assert result == PrintResult(Outcome.PRINTED)
    text = dump.encode("cp437").decode("gbk")
    assert [line.strip() for line in text.splitlines() if line.strip()] == [
        line for line in expected if line
    ]


@pytest.mark.parametrize("form", ["native", "raster"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_code_is_read_from_the_picture_on_58_mm_paper(
    emupos: Emupos, kind: SlipKind, form: str
) -> None:
    model = model_of(58, form)
    slip = slip_of(kind, model)

    emupos.print(slip, model)
    codes = zxingcpp.read_barcodes(emupos.newest(58).picture.convert("L"))

    assert [code.text for code in codes] == [
        part.text for part in slip.parts if part.kind is PartKind.QR
    ]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("paper-out", PrintResult(Outcome.NOT_STARTED, Reason.PAPER_OUT)),
        ("cover-open", PrintResult(Outcome.NOT_STARTED, Reason.COVER_OPEN)),
        ("offline", PrintResult(Outcome.NOT_STARTED, Reason.OFFLINE)),
        ("paper-near-end", PrintResult(Outcome.PRINTED, Reason.NEAR_END)),
    ],
)
def test_what_emupos_suffers_from_is_what_is_said(
    emupos: Emupos, fault: str, said: PrintResult
) -> None:
    model = model_of(80, "native")
    emupos.fault(80, fault, is_there=True)

    result = emupos.print(slip_of(SlipKind.TEST, model), model)
    emupos.fault(80, fault, is_there=False)
    after = emupos.print(slip_of(SlipKind.TEST, model), model)

    assert result == said
    assert after == PrintResult(Outcome.PRINTED)
