"""A simulated printer on a real line: a pseudo-terminal or a TCP port, at the speed of its model's line."""

import selectors
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from devices.clock import SystemClock
from devices.drivers.printer.device import PrinterDevice
from devices.drivers.printer.glyphs import DotFont, house_fonts
from devices.drivers.printer.model import ModelSheet
from devices.drivers.printer.port import open_port
from devices.sim.lines import Line, TcpLine
from devices.sim.printer.faults import HEALTHY, FaultPlan
from devices.sim.printer.folder import SlipFolder
from devices.sim.printer.host import MakeLine, Place, PrinterHost
from devices.sim.printer.printer import SimulatedPrinter

DEADLINE_S = 20


@dataclass(frozen=True, slots=True)
class Hosted:
    """The printer, its host, and what terminal.toml would call its place."""

    printer: SimulatedPrinter
    host: PrinterHost
    place: str


def tcp_line(selector: selectors.BaseSelector) -> Line:
    """A free port on loopback."""
    return TcpLine(0, selector)


@contextmanager
def hosted(
    folder: Path,
    plan: FaultPlan = HEALTHY,
    *,
    model: ModelSheet,
    make_line: MakeLine | None = None,
    speed_mm_s: float = 2000,
    transcript: Callable[[bytes, float], None] | None = None,
) -> Iterator[Hosted]:
    """Serve a printer in a thread; its slips come out in folder/slips."""
    printer = SimulatedPrinter(
        model=model, font=DotFont(house_fonts()), plan=plan, speed_mm_s=speed_mm_s
    )
    link = folder / "printer"
    place = Place(link, make_line=make_line, baud=model.baud, transcript=transcript)
    host = PrinterHost(printer, place, slips=SlipFolder(folder / "slips"), clock=SystemClock())
    line = host.line
    thread = threading.Thread(target=host.run)
    thread.start()
    try:
        yield Hosted(
            printer,
            host,
            f"tcp://127.0.0.1:{line.port}" if isinstance(line, TcpLine) else str(link),
        )
    finally:
        host.stop()
        thread.join(DEADLINE_S)
        assert not thread.is_alive()


@contextmanager
def device_at(place: str, model: ModelSheet) -> Iterator[PrinterDevice]:
    """The driver as the agent opens it."""
    device = PrinterDevice(
        connect=lambda: open_port(place, baud=model.baud),
        model=model,
        font=DotFont(house_fonts()),
        clock=SystemClock(),
    )
    try:
        yield device
    finally:
        device.close()
