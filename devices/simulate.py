"""`python -m devices simulate KIND --link PATH …`: a whole fake device at a path, until SIGTERM.

`<link>.ctl` takes orders; see devices.sim.printer.pty_host for the printer, devices.sim.pty_device for the others.
"""

import argparse
import signal
import sys
from pathlib import Path
from typing import Protocol

from devices.clock import SystemClock
from devices.sim.pty_device import LineFaults, PtyDevice, SimulatedDevice

_DOTS = {58: 384, 80: 576}


class Host(Protocol):
    """What keeps a simulated device at its path."""

    def run(self) -> None:
        """Serve until stopped."""
        ...

    def stop(self) -> None:
        """End `run`."""
        ...


def main(argv: list[str]) -> int:
    """Run the simulated device that the arguments name; return the exit code."""
    options = _parser().parse_args(argv)
    if options.kind == "fleet":
        from devices.sim.fleet import fleet

        return fleet.main(options)
    try:
        host = _printer(options) if options.kind == "printer" else _other(options)
    except OSError as error:
        sys.stderr.write(f"The simulated device cannot start: {error}\n")
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: host.stop())
    sys.stdout.write(f"ready {options.link}\n")
    sys.stdout.flush()
    host.run()
    return 0


def _printer(options: argparse.Namespace) -> Host:
    from devices.drivers.printer.glyphs import DotFont, house_fonts
    from devices.sim.printer.faults import FaultPlan
    from devices.sim.printer.folder import SlipFolder
    from devices.sim.printer.printer import SimulatedPrinter
    from devices.sim.printer.pty_host import PtyHost

    printer = SimulatedPrinter(
        dots=_DOTS[options.width],
        font=DotFont(options.font or house_fonts()),
        plan=FaultPlan(paper_mm=options.paper_mm),
        speed_mm_s=options.speed,
    )
    slips = SlipFolder(options.out)
    return PtyHost(printer, link=options.link, slips=slips, clock=SystemClock())


def _other(options: argparse.Namespace) -> Host:
    faults = LineFaults(
        unplug_at_byte=options.unplug_at_byte, noise=options.noise, is_dead=options.dead
    )
    return PtyDevice(_device(options), link=options.link, clock=SystemClock(), faults=faults)


def _device(options: argparse.Namespace) -> SimulatedDevice:
    match options.kind:
        case "id_card":
            from devices.sim.id_card.cards import load_cards
            from devices.sim.id_card.reader import SimulatedReader

            return SimulatedReader(load_cards(options.cards) if options.cards else load_cards())
        case "scanner":
            from devices.sim.scanner.scanner import SimulatedScanner

            return SimulatedScanner()
        case "presence":
            from devices.sim.presence.radar import SimulatedRadar

            return SimulatedRadar()
        case _:
            from devices.sim.text_sign.sign import SimulatedBxSign, SimulatedPlainSign

            return SimulatedPlainSign() if options.plain else SimulatedBxSign()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m devices simulate", description=__doc__)
    kinds = parser.add_subparsers(dest="kind", required=True)
    _add_printer(kinds.add_parser("printer", help="a receipt printer on a pseudo-terminal"))
    reader = kinds.add_parser("id_card", help="an ID card reader with simulated cards")
    reader.add_argument("--cards", type=Path, help="TOML file of cards instead of our own")
    sign = kinds.add_parser("text_sign", help="an LED text sign")
    sign.add_argument("--plain", action="store_true", help="a sign that takes lines of text")
    others = (
        reader,
        sign,
        kinds.add_parser("scanner", help="a QR and barcode scanner"),
        kinds.add_parser("presence", help="a presence radar"),
    )
    for other in others:
        other.add_argument("--link", type=Path, required=True, help="path where it appears")
        other.add_argument("--unplug-at-byte", type=int, help="the cable is pulled after so many")
        other.add_argument("--noise", type=float, default=0.0, help="share of noise on the line")
        other.add_argument("--dead", action="store_true", help="nothing comes through")
    from devices.sim.fleet.fleet import add_arguments

    add_arguments(kinds.add_parser("fleet", help="many whole terminals at a real controller"))
    return parser


def _add_printer(printer: argparse.ArgumentParser) -> None:
    printer.add_argument("--link", type=Path, required=True, help="path where the printer appears")
    printer.add_argument("--out", type=Path, required=True, help="folder for pictures of the slips")
    printer.add_argument("--width", type=int, choices=sorted(_DOTS), default=58, help="paper in mm")
    printer.add_argument("--paper-mm", type=float, default=50_000.0, help="paper on the roll")
    printer.add_argument("--speed", type=float, default=150.0, help="paper speed in mm/s")
    printer.add_argument("--font", type=Path, action="append", help="font file; may be repeated")
