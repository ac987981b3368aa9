"""Seconds from "print" to a slip's last byte on the line and to the printer's word, beside the line's own limit.

python -m benchmarks.slip [RUNS] [--raster]. A receipt goes through driver, pseudo-terminal and simulated printer at
9600, 19200 and 115200 baud; the limit is its bytes at ten bits each. `ratio` is the worst median of native slips
over the limit; `acknowledged` adds the time in which the paper moves. Raster slips take minutes; they are for show.
"""

import json
import multiprocessing
import re
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from content.paper.layout import lay_out
from content.paper.slip import Slip
from content.paper.slips import receipt_slip
from devices.drivers.printer.condition import Outcome
from devices.drivers.printer.encode import encode_slip
from devices.drivers.printer.glyphs import DotFont, house_fonts
from devices.drivers.printer.model import Encoding, ModelSheet, QrKind, sheet
from tests.support.hosted_printer import device_at, hosted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.sharedctypes import Synchronized

BAUDS = (9600, 19200, 115200)
MOST_RATIO = 1.25
SPEED_MM_S = 150.0


@dataclass(frozen=True, slots=True)
class Figures:
    """Medians of one printer; seconds."""

    form: str
    baud: int
    bytes: int
    limit_s: float
    last_byte_s: float
    acknowledged_s: float
    ratio: float


def receipt() -> Slip:
    """A receipt as a visitor takes it home, with a name that no printer's font has."""
    return receipt_slip(
        code="7KQ2M9XD4F",
        number="",
        masked_name="㛃**",
        body="示范县人民政府办公室",
        description="2025年度全县农村饮水安全工程的投资计划、实施单位名单和竣工验收结论",
        filed_on=date(2026, 11, 22),
        in_person=True,
        due_on=date(2026, 12, 18),
        due_provisional=False,
        url="https://zone.example.gov.cn/r/7KQ2M9XD4F",
        terminal="hall-01",
    )


class Ends:
    """Notes, for another process to read, when the request that ends a job has come over the line."""

    def __init__(self, at: "Synchronized[float]") -> None:
        self._at = at
        self._tail = b""

    def __call__(self, data: bytes, at: float) -> None:
        """Take what has arrived by then."""
        self._tail = (self._tail + data)[-_TAIL:]
        if _END.search(self._tail):
            self._at.value = at
            self._tail = b""


_TAIL = 64
_END = re.compile(rb"\x1d\(H\x06\x0000[A-H]{4}")


def serve(folder: str, model: ModelSheet, at: "Synchronized[float]", ends: "Connection") -> None:
    """Be the printer, in a process of its own: it must not take the driver's time."""
    with hosted(Path(folder), model=model, speed_mm_s=SPEED_MM_S, transcript=Ends(at)) as one:
        ends.send(one.place)
        ends.recv()


@contextmanager
def printer_process(model: ModelSheet) -> "Iterator[tuple[str, Synchronized[float]]]":
    """Yield the printer's place, and the time of its last job's last byte."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    at: Synchronized[float] = context.Value("d", 0.0)
    with tempfile.TemporaryDirectory() as folder:
        process = context.Process(target=serve, args=(folder, model, at, there))
        process.start()
        try:
            yield here.recv(), at
        finally:
            here.send("end")
            process.join()


def measure(form: str, model: ModelSheet, runs: int) -> Figures:
    """Print so many receipts and return the medians."""
    slip, sent, done = receipt(), [], []
    job = encode_slip(
        lay_out(slip, columns=model.columns), model=model, font=DotFont(house_fonts())
    )
    with printer_process(model) as (place, ends_at), device_at(place, model) as device:
        device.watch()
        device.print_slip(slip)
        for _ in range(runs):
            began = time.monotonic()
            result = device.print_slip(slip)
            ended = time.monotonic()
            assert result.outcome is Outcome.PRINTED, result
            sent.append(ends_at.value - began)
            done.append(ended - began)
    limit = len(job.data) * 10 / model.baud
    last_byte = statistics.median(sent)
    return Figures(
        form,
        model.baud,
        len(job.data),
        limit,
        last_byte,
        statistics.median(done),
        last_byte / limit,
    )


def main() -> int:
    """Measure every speed and print the worst ratio last."""
    arguments = [one for one in sys.argv[1:] if one != "--raster"]
    runs = int(arguments[0]) if arguments else 5
    native = sheet("epson-58")
    figures = [measure("native", replace(native, baud=baud), runs) for baud in BAUDS]
    if "--raster" in sys.argv:
        raster = replace(native, encoding=Encoding.RASTER, qr=QrKind.IMAGE)
        figures += [measure("raster", replace(raster, baud=baud), 1) for baud in BAUDS]
    for one in figures:
        print(
            f"{one.form:7}{one.baud:7} baud {one.bytes:6} bytes  limit {one.limit_s:7.3f} s"
            f"  last byte {one.last_byte_s:7.3f} s  acknowledged {one.acknowledged_s:7.3f} s"
            f"  ratio {one.ratio:.3f}"
        )
    ratio = max(one.ratio for one in figures if one.form == "native")
    print(json.dumps({"ratio": round(ratio, 3), "slips": [asdict(one) for one in figures]}))
    return 0 if ratio <= MOST_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
