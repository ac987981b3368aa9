"""The fault matrix on real lines: pseudo-terminal and TCP, native and raster, both papers, three speeds.

`make test` runs one printer through it; `make fault-matrix` all of them at the true speed of their lines.
"""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path

import pytest

from devices.clock import SystemClock
from devices.drivers.health import Level
from devices.drivers.printer.condition import Outcome
from devices.drivers.printer.device import PrinterDevice
from devices.drivers.printer.model import ModelSheet
from tests.support.bench_printer import Bench, paper_of
from tests.support.fault_cells import (
    CASES,
    FIRST_VISITOR,
    LONG,
    MODELS,
    SECOND_VISITOR,
    Case,
)
from tests.support.hosted_printer import DEADLINE_S, Hosted, device_at, hosted, tcp_line

AT_ONCE = 8
ON_THESE_LINES = {name: case for name, case in CASES.items() if not case.not_there}


@dataclass(frozen=True, slots=True)
class Cell:
    """One fault of one printer on one line."""

    name: str
    case: Case
    model: ModelSheet
    is_tcp: bool
    folder: Path

    def go_through(self) -> str:
        """Print for a visitor, mend what broke, print for the next; return what is wrong, "" for nothing."""
        self.folder.mkdir()
        with (
            hosted(
                self.folder,
                self.case.plan,
                model=self.model,
                make_line=tcp_line if self.is_tcp else None,
            ) as one,
            device_at(one.place, self.model) as device,
        ):
            first = device.print_slip(paper_of(LONG, FIRST_VISITOR))
            if first != self.case.said:
                return f"said {first}"
            mend(one)
            self._wait_until_well(device)
            second = device.print_slip(paper_of(SECOND_VISITOR))
            if second.outcome is not Outcome.PRINTED:
                return f"the next visitor got {second}"
        *_, last = sorted(self.folder.glob("slips/*.png"))
        is_clean = last.read_bytes() == clean_paper(self.model)
        return (
            "" if is_clean else f"the next visitor's paper: {last.with_suffix('.txt').read_text()}"
        )

    @staticmethod
    def _wait_until_well(device: PrinterDevice) -> None:
        """Let the spool look, as it does every two seconds: what a line still holds of the job comes first."""
        deadline = SystemClock().monotonic() + DEADLINE_S
        while device.watch().level is not Level.OK:
            assert SystemClock().monotonic() < deadline, device.health


@cache
def clean_paper(model: ModelSheet) -> bytes:
    """Return the picture that a printer makes of the next visitor's slip when nothing has gone wrong."""
    fresh = Bench(model=model)
    fresh.device.print_slip(paper_of(SECOND_VISITOR))
    (paper,) = fresh.papers()
    picture = BytesIO()
    paper.picture.save(picture, format="PNG")
    return picture.getvalue()


def mend(one: Hosted) -> None:
    """Put everything right through the printer's control socket, as a keeper does."""
    link = one.host.control_path
    with socket.socket(socket.AF_UNIX) as control:
        control.settimeout(DEADLINE_S)
        control.connect(str(link))
        control.sendall(b'{"mend": true}\n')
        assert json.loads(control.makefile().readline())["paper"] == "in"


def run_all(folder: Path, key: str) -> dict[str, str]:
    """Return the cells of one model that went wrong, and how."""
    cells = [
        Cell(
            f"{'tcp' if is_tcp else 'pty'} {name}",
            case,
            MODELS[key],
            is_tcp,
            folder / f"{n}{is_tcp:d}",
        )
        for n, (name, case) in enumerate(ON_THESE_LINES.items())
        for is_tcp in (False, True)
    ]
    clean_paper(MODELS[key])
    with ThreadPoolExecutor(AT_ONCE) as pool:
        wrong = zip(cells, pool.map(Cell.go_through, cells), strict=True)
        return {cell.name: why for cell, why in wrong if why}


def test_every_fault_on_either_line_has_its_outcome_and_spares_the_next_visitor(
    tmp_path: Path,
) -> None:
    assert run_all(tmp_path, "native 58 115200") == {}


@pytest.mark.bench
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("key", MODELS)
def test_every_fault_with_every_printer_on_either_line(tmp_path: Path, key: str) -> None:
    assert run_all(tmp_path, key) == {}
