"""From a place to a port that can be opened; for "auto", which of the plugged-in ports answers as a kind does.

Only ports that no other setting names are asked: a question to a card reader is noise to a printer.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from devices.clock import Clock
from devices.drivers.attendant import BACK_OFF_S, SETTLE_S, Port
from devices.drivers.id_card.codec import Command, command_bytes
from devices.drivers.id_card.codec import Deframer as CardDeframer
from devices.drivers.input_link import FOLDER, InputLink
from devices.drivers.links import Link, LinkLost, SerialLink
from devices.drivers.presence.codec import Deframer as RadarDeframer
from devices.drivers.presence.codec import Report
from devices.drivers.reasons import Kind, Reason
from devices.drivers.tcp_link import TcpLink
from devices.hub.place import Anywhere, AtPath, AtTcp, AtUsb, Place

ANSWER_S = 0.6
LOCAL_BACK_OFF_S = (1.0,)
"""A service on this machine is asked again sooner: it costs nothing, and its return is seen within 3 s."""

SCANNER_VENDORS = frozenset({0x0C2E, 0x05E0, 0x1EAB, 0x05F9, 0x2DD6, 0x1A40})
"""Honeywell, Zebra, Newland, Datalogic, MINDEO, and a maker of built-in heads: a scanner cannot be asked."""


@dataclass(frozen=True, slots=True)
class Plugged:
    """A serial port that is there now; vid and pid are 0 where it is no USB device."""

    path: str
    vid: int = 0
    pid: int = 0
    serial: str = ""
    description: str = ""


ListPorts = Callable[[], Iterable[Plugged]]


def plugged_in() -> tuple[Plugged, ...]:
    """Return this machine's USB serial ports. Takes about a millisecond."""
    from serial.tools.list_ports import comports

    return tuple(
        Plugged(
            one.device, one.vid or 0, one.pid or 0, one.serial_number or "", one.description or ""
        )
        for one in comports()
        if one.vid is not None
    )


class Finder:
    """Makes ports of places. One for all peripherals of a terminal, so that two never ask at the same time."""

    def __init__(
        self, *, clock: Clock, claimed: Iterable[str] = (), list_ports: ListPorts = plugged_in
    ) -> None:
        """Begin.

        Args:
            clock: for deadlines.
            claimed: paths that other settings name, whatever stands behind them.
            list_ports: what is plugged in now.
        """
        self._clock = clock
        self._claimed = frozenset(claimed)
        self._list = list_ports
        self._asking = threading.Lock()
        self._in_vain: dict[Kind, frozenset[str]] = {}

    def port(self, place: Place, kind: Kind, *, baud: int) -> Port:
        """Return the port of a place; nothing needs to be there yet."""
        match place:
            case AtPath(path):
                there = Path(path).exists
                return Port(lambda: _open_path(path, baud), is_there=there, baud=baud)
            case AtTcp(host, tcp_port):
                back_off_s = LOCAL_BACK_OFF_S if place.is_local else BACK_OFF_S
                return Port(lambda: TcpLink(host, tcp_port), baud=baud, back_off_s=back_off_s)
            case AtUsb():
                return Port(
                    lambda: SerialLink(self._usb_path(place), baud=baud),
                    is_there=lambda: bool(self._usb(place)),
                    baud=baud,
                )
            case Anywhere():
                return Port(
                    lambda: self._search(kind, baud),
                    is_there=lambda: self._has_unasked(kind),
                    baud=baud,
                )
            case _:
                assert_never(place)

    def candidates(self) -> tuple[Plugged, ...]:
        """Return the ports that may be asked what they are."""
        claimed = {str(Path(path).resolve()) for path in self._claimed}
        return tuple(one for one in self._list() if str(Path(one.path).resolve()) not in claimed)

    def _usb(self, place: AtUsb) -> tuple[str, ...]:
        return tuple(
            one.path
            for one in self._list()
            if (one.vid, one.pid) == (place.vid, place.pid) and place.serial in {"", one.serial}
        )

    def _usb_path(self, place: AtUsb) -> str:
        paths = self._usb(place)
        if not paths:
            raise LinkLost(Reason.ABSENT, f"{place.vid:04x}:{place.pid:04x}")
        return paths[0]

    def _has_unasked(self, kind: Kind) -> bool:
        there = {one.path for one in self.candidates()}
        return bool(there - self._in_vain.get(kind, frozenset()))

    def _search(self, kind: Kind, baud: int) -> Link:
        """Return the link to the first port that answers as this kind; it stays open.

        Raises:
            LinkLost: "absent" if none does.
        """
        with self._asking:
            for one in self.candidates():
                link = self._try(one, kind, baud)
                if link is not None:
                    return link
            self._in_vain[kind] = frozenset(one.path for one in self.candidates())
        raise LinkLost(Reason.ABSENT, "auto")

    def _try(self, one: Plugged, kind: Kind, baud: int) -> Link | None:
        try:
            link = SerialLink(one.path, baud=baud)
        except LinkLost:
            return None
        try:
            if is_kind(kind, link, one, clock=self._clock):
                return link
        except LinkLost:
            pass
        link.close()
        return None


def is_kind(kind: Kind, link: Link, port: Plugged, *, clock: Clock) -> bool:
    """Tell whether what is behind an open link answers as this kind does.

    Raises:
        LinkLost: it went away meanwhile.
    """
    match kind:
        case Kind.ID_CARD:
            _listen(link, SETTLE_S, clock, lambda _: False)
            link.write(command_bytes(Command.STATUS))
            cards = CardDeframer()
            return _listen(link, ANSWER_S, clock, lambda data: bool(cards.feed(data)))
        case Kind.PRESENCE:
            radar = RadarDeframer()
            return _listen(link, ANSWER_S, clock, lambda data: _has_report(radar, data))
        case Kind.SCANNER:
            return port.vid in SCANNER_VENDORS
        case Kind.TEXT_SIGN | Kind.UPS | Kind.KEYPAD:
            return False


def _open_path(path: str, baud: int) -> Link:
    return InputLink(path) if path.startswith(FOLDER) else SerialLink(path, baud=baud)


def _has_report(radar: RadarDeframer, data: bytes) -> bool:
    return any(isinstance(frame, Report) for frame in radar.feed(data))


def _listen(link: Link, seconds: float, clock: Clock, is_it: Callable[[bytes], bool]) -> bool:
    end = clock.monotonic() + seconds
    while (left := end - clock.monotonic()) > 0:
        if is_it(link.read(left)):
            return True
    return False
