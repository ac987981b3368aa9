"""`python -m devices simulate printer --link PATH --out DIR`: a whole fake device at a path, until SIGTERM."""

import argparse
import signal
import sys
from pathlib import Path

from devices.clock import SystemClock
from devices.drivers.printer.glyphs import DotFont, house_fonts
from devices.sim.printer.faults import FaultPlan
from devices.sim.printer.folder import SlipFolder
from devices.sim.printer.printer import SimulatedPrinter
from devices.sim.printer.pty_host import PtyHost

_DOTS = {58: 384, 80: 576}


def main(argv: list[str]) -> int:
    """Run the simulated device that the arguments name; return the exit code."""
    options = _parser().parse_args(argv)
    try:
        font = DotFont(options.font or house_fonts())
        host = PtyHost(
            SimulatedPrinter(
                dots=_DOTS[options.width],
                font=font,
                plan=FaultPlan(paper_mm=options.paper_mm),
                speed_mm_s=options.speed,
            ),
            link=options.link,
            slips=SlipFolder(options.out),
            clock=SystemClock(),
        )
    except OSError as error:
        sys.stderr.write(f"The simulated printer cannot start: {error}\n")
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: host.stop())
    sys.stdout.write(f"ready {options.link}\n")
    sys.stdout.flush()
    host.run()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m devices simulate", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    printer = kinds.add_parser("printer", help="a receipt printer on a pseudo-terminal")
    printer.add_argument("--link", type=Path, required=True, help="path where the printer appears")
    printer.add_argument("--out", type=Path, required=True, help="folder for pictures of the slips")
    printer.add_argument("--width", type=int, choices=sorted(_DOTS), default=58, help="paper in mm")
    printer.add_argument("--paper-mm", type=float, default=50_000.0, help="paper on the roll")
    printer.add_argument("--speed", type=float, default=150.0, help="paper speed in mm/s")
    printer.add_argument("--font", type=Path, action="append", help="font file; may be repeated")
    return parser
