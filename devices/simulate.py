"""`python -m devices simulate KIND --link PATH …`: a whole fake device at a path, until SIGTERM.

A page on loopback has buttons for what its user does; `<link>.ctl` takes the same orders; see
devices.sim.printer.host for the printer, devices.sim.pty_device for the others.
"""

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from devices.clock import SystemClock
from devices.drivers.ups.codec import PORT as NUT_PORT
from devices.sim.pty_device import LineFaults, PtyDevice, SimulatedDevice


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
    with _page(options):
        host.run()
    return 0


@contextmanager
def _page(options: argparse.Namespace) -> Iterator[None]:
    """Serve the control page inside the block, unless none is wanted."""
    if options.page is None:
        yield
        return
    from devices.sim.buttons import panels
    from devices.sim.control import control_path
    from devices.sim.page import ControlPage

    page = ControlPage(
        panels()[options.kind], control=control_path(options.link), port=options.page
    )
    page.start()
    sys.stdout.write(f"page {page.url}\n")
    sys.stdout.flush()
    try:
        yield
    finally:
        page.close()


def _printer(options: argparse.Namespace) -> Host:
    from devices.drivers.printer.glyphs import DotFont, house_fonts
    from devices.drivers.printer.model import sheet
    from devices.sim.lines import TcpLine
    from devices.sim.printer.faults import FaultPlan
    from devices.sim.printer.folder import SlipFolder
    from devices.sim.printer.host import Place, PrinterHost
    from devices.sim.printer.printer import SimulatedPrinter

    model = sheet(options.model)
    printer = SimulatedPrinter(
        model=model,
        font=DotFont(options.font or house_fonts()),
        plan=FaultPlan(paper_mm=options.paper_mm),
        speed_mm_s=options.speed,
    )
    port = options.tcp
    place = Place(
        options.link,
        make_line=None if port is None else lambda selector: TcpLine(port, selector),
        baud=model.baud if port is None else 0,
    )
    return PrinterHost(printer, place, slips=SlipFolder(options.out), clock=SystemClock())


def _other(options: argparse.Namespace) -> Host:
    if options.tcp is not None:
        from devices.sim.tcp_device import TcpDevice

        return TcpDevice(_device(options), link=options.link, port=options.tcp, clock=SystemClock())
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
        case "ups":
            from devices.sim.ups.supply import SimulatedSupply

            return SimulatedSupply()
        case "keypad":
            from devices.sim.keypad.keypad import SimulatedKeypad

            return SimulatedKeypad()
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
        kinds.add_parser("keypad", help="a keypad for people who do not see the screen"),
    )
    supply = kinds.add_parser("ups", help="a power supply behind a NUT server")
    supply.add_argument("--link", type=Path, required=True, help="its control socket is LINK.ctl")
    supply.add_argument("--tcp", type=int, metavar="PORT", default=NUT_PORT, help="NUT's port")
    for other in others:
        other.add_argument("--tcp", type=int, metavar="PORT", help="at this port, not at a path")
        other.add_argument("--link", type=Path, required=True, help="path where it appears")
        other.add_argument("--unplug-at-byte", type=int, help="the cable is pulled after so many")
        other.add_argument("--noise", type=float, default=0.0, help="share of noise on the line")
        other.add_argument("--dead", action="store_true", help="nothing comes through")
    for kind in kinds.choices.values():
        kind.add_argument("--page", type=int, metavar="PORT", default=0, help="of the control page")
        kind.add_argument("--no-page", dest="page", action="store_const", const=None)

    from devices.sim.fleet.fleet import add_arguments

    add_arguments(kinds.add_parser("fleet", help="many whole terminals at a real controller"))
    return parser


def _add_printer(printer: argparse.ArgumentParser) -> None:
    from devices.drivers.printer.model import DEFAULT_MODEL, sheets

    printer.add_argument("--link", type=Path, required=True, help="path where the printer appears")
    printer.add_argument("--out", type=Path, required=True, help="folder for pictures of the slips")
    printer.add_argument("--model", choices=sorted(sheets()), default=DEFAULT_MODEL)
    printer.add_argument("--tcp", type=int, metavar="PORT", help="a network printer at this port")
    printer.add_argument("--paper-mm", type=float, default=50_000.0, help="paper on the roll")
    printer.add_argument("--speed", type=float, default=150.0, help="paper speed in mm/s")
    printer.add_argument("--font", type=Path, action="append", help="font file; may be repeated")
