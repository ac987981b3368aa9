"""Ask an open port what it is, and how it is: for one device at a time, with nobody else at the line.

What is asked is what does least harm to a stranger: first only listening, then one short question of each protocol.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from devices.clock import Clock
from devices.drivers.id_card.codec import Answer, Command, command_bytes
from devices.drivers.id_card.codec import Deframer as CardDeframer
from devices.drivers.id_card.reader import BAUD as CARD_BAUD
from devices.drivers.id_card.status import Status, reader_fault
from devices.drivers.links import Link, SerialLink
from devices.drivers.presence.codec import Deframer as RadarDeframer
from devices.drivers.presence.codec import Report
from devices.drivers.presence.machine import BAUD as RADAR_BAUD
from devices.drivers.printer.codec import Demultiplexer, Query, RealTime, ask
from devices.drivers.printer.condition import Reason as PrinterReason
from devices.drivers.printer.condition import Round
from devices.drivers.reasons import Kind
from devices.hub.finding import SCANNER_VENDORS, Plugged

ANSWER_S = 0.5
SETTLE_S = 0.3
PRINTER_BAUDS = (115200, 9600, 19200)
_SAM_ID_BYTES = 16

Open = Callable[[str, int], Link]


@dataclass(frozen=True, slots=True)
class Answered:
    """What a port answered: which device, what is wrong with it ("" for nothing), what it says of itself."""

    device: str
    reason: str = ""
    details: tuple[str, ...] = ()


def open_serial(path: str, baud: int) -> Link:
    """Open a serial port alone."""
    return SerialLink(path, baud=baud)


def may_open(path: str) -> bool:
    """Tell whether this user has the right to; the commonest thing to be wrong after a new installation."""
    return os.access(path, os.R_OK | os.W_OK)


def identify(port: Plugged, *, clock: Clock, opener: Open = open_serial) -> Answered | None:
    """Return what is behind a port, None for something that answers nothing we know.

    Raises:
        LinkLost: it cannot be opened, or went away.
    """
    if port.vid in SCANNER_VENDORS:
        opener(port.path, CARD_BAUD).close()
        return Answered(
            str(Kind.SCANNER), details=("扫码器不能自检，请扫一张回执，看终端是否打开。",)
        )
    tries: tuple[tuple[int, Callable[[Link, Clock], Answered | None]], ...] = (
        (RADAR_BAUD, ask_radar),
        (CARD_BAUD, ask_reader),
        *((baud, ask_printer) for baud in PRINTER_BAUDS),
    )
    for baud, question in tries:
        link = opener(port.path, baud)
        try:
            answered = question(link, clock)
        finally:
            link.close()
        if answered is not None:
            return answered
    return None


def ask_radar(link: Link, clock: Clock) -> Answered | None:
    """Listen: a radar reports ten times a second unasked."""
    deframer = RadarDeframer()
    for data in _said(link, clock, ANSWER_S):
        for frame in deframer.feed(data):
            if isinstance(frame, Report):
                near = frame.nearest_cm
                seen = "前方无人" if near is None else f"前方 {near} 厘米处有人"
                return Answered(str(Kind.PRESENCE), details=(f"此刻：{seen}。",))
    return None


def ask_reader(link: Link, clock: Clock) -> Answered | None:
    """Ask a card reader for its security module's state and number."""
    status = _reader_answer(link, clock, Command.STATUS)
    if status is None:
        return None
    fault = reader_fault(status.status)
    number = _reader_answer(link, clock, Command.SAM_ID)
    has_number = number is not None and number.status == Status.OK
    details = (f"安全模块编号：{_sam(number.data)}。",) if number and has_number else ()
    return Answered(str(Kind.ID_CARD), str(fault) if fault else "", details)


def ask_printer(link: Link, clock: Clock) -> Answered | None:
    """Ask a receipt printer for its real-time status, in two equal rounds: noise is no printer."""
    first = _printer_round(link, clock)
    if first is None or first != _printer_round(link, clock):
        return None
    reason = first.fault or (PrinterReason.NEAR_END if first.is_near_end else PrinterReason.NONE)
    return Answered("printer", str(reason))


def _reader_answer(link: Link, clock: Clock, command: Command) -> Answer | None:
    for _ in _said(link, clock, SETTLE_S):
        pass
    link.write(command_bytes(command))
    deframer = CardDeframer()
    for data in _said(link, clock, ANSWER_S):
        for reply in deframer.feed(data):
            if isinstance(reply, Answer):
                return reply
    return None


def _printer_round(link: Link, clock: Clock) -> Round | None:
    bits: list[int] = []
    for query in Query:
        link.write(ask(query))
        answer = _real_time(link, clock)
        if answer is None:
            return None
        bits.append(answer)
    return Round(*bits)


def _real_time(link: Link, clock: Clock) -> int | None:
    inbound = Demultiplexer()
    for data in _said(link, clock, ANSWER_S):
        for frame in inbound.feed(data):
            if isinstance(frame, RealTime):
                return frame.bits
    return None


def _said(link: Link, clock: Clock, seconds: float) -> Iterator[bytes]:
    """Yield what a link says for so long."""
    end = clock.monotonic() + seconds
    while (left := end - clock.monotonic()) > 0:
        yield link.read(left)


def _sam(data: bytes) -> str:
    """Return a security module's number as it is printed on its label."""
    if len(data) != _SAM_ID_BYTES:
        return data.hex()
    first, second = data[0:2], data[2:4]
    rest = [int.from_bytes(data[at : at + 4], "little") for at in (4, 8, 12)]
    head = f"{int.from_bytes(first, 'little'):02d}.{int.from_bytes(second, 'little'):02d}"
    return f"{head}-{rest[0]:08d}-{rest[1]:010d}-{rest[2]:010d}"
