"""Where a device is said to be, and which of the plugged-in ports it is."""

import os
import threading
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.clock import SystemClock
from devices.drivers.links import LinkLost
from devices.drivers.reasons import Kind
from devices.hub.finding import Finder, Plugged
from devices.hub.hub import Hub
from devices.hub.place import (
    Anywhere,
    AtPath,
    AtTcp,
    AtUsb,
    BadPlace,
    Peripheral,
    Place,
    parse_place,
)
from devices.sim.id_card.cards import load_cards
from devices.sim.id_card.reader import SimulatedReader
from devices.sim.presence.radar import SimulatedRadar
from devices.sim.pty_device import PtyDevice, SimulatedDevice
from devices.sim.scanner.scanner import SimulatedScanner
from tests.support.hand_clock import HandClock


@pytest.mark.parametrize(
    ("text", "kind", "place"),
    [
        ("/dev/ttyUSB0", Kind.ID_CARD, AtPath("/dev/ttyUSB0")),
        ("by-path:pci-0-usb-0:1", Kind.SCANNER, AtPath("/dev/serial/by-path/pci-0-usb-0:1")),
        ("by-id:usb-1a86", Kind.SCANNER, AtPath("/dev/serial/by-id/usb-1a86")),
        ("1a86:7523", Kind.PRESENCE, AtUsb(0x1A86, 0x7523)),
        ("1A86:7523:A:1", Kind.PRESENCE, AtUsb(0x1A86, 0x7523, "A:1")),
        ("auto", Kind.ID_CARD, Anywhere()),
        ("auto", Kind.UPS, AtTcp("127.0.0.1", 3493)),
        ("tcp://10.0.0.5:5005", Kind.TEXT_SIGN, AtTcp("10.0.0.5", 5005)),
    ],
)
def test_every_form_names_its_place(text: str, kind: Kind, place: Place) -> None:
    assert parse_place(text, kind) == place


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("ttyUSB0", Kind.ID_CARD),
        ("1a86", Kind.ID_CARD),
        ("by-path:../../etc/passwd", Kind.ID_CARD),
        ("tcp://host", Kind.TEXT_SIGN),
        ("tcp://host:70000", Kind.TEXT_SIGN),
        ("tcp://host:1/x", Kind.TEXT_SIGN),
        ("auto", Kind.TEXT_SIGN),
        ("/dev/ttyUSB0", Kind.UPS),
    ],
)
def test_what_names_no_place_is_refused_with_a_way_on(text: str, kind: Kind) -> None:
    with pytest.raises(BadPlace, match=r"可写|请写"):
        parse_place(text, kind)


@given(st.text(max_size=40), st.sampled_from(Kind))
def test_any_text_is_a_place_or_is_refused(text: str, kind: Kind) -> None:
    with suppress(BadPlace):
        assert isinstance(parse_place(text, kind), AtPath | AtUsb | AtTcp | Anywhere)


@contextmanager
def plugged(folder: Path, **devices: SimulatedDevice) -> Iterator[dict[str, Path]]:
    """Simulated devices on ports whose names say nothing."""
    hosts = [
        PtyDevice(device, link=folder / name, clock=SystemClock())
        for name, device in devices.items()
    ]
    threads = [threading.Thread(target=host.run) for host in hosts]
    for thread in threads:
        thread.start()
    try:
        yield {name: folder / name for name in devices}
    finally:
        for host in hosts:
            host.stop()
        for thread in threads:
            thread.join(5)


def finder_of(ports: Iterator[Path] | list[Path], *claimed: str, vid: int = 0) -> Finder:
    there = [Plugged(str(path), vid) for path in ports]
    return Finder(clock=SystemClock(), claimed=claimed, list_ports=lambda: there)


def test_the_reader_and_the_radar_are_told_apart_by_asking(tmp_path: Path) -> None:
    with plugged(
        tmp_path,
        one=SimulatedRadar(),
        two=SimulatedScanner(),
        three=SimulatedReader(load_cards()),
    ) as ports:
        finder = finder_of(list(ports.values()))
        reader = finder.port(Anywhere(), Kind.ID_CARD, baud=115200).connect()
        radar = finder.port(Anywhere(), Kind.PRESENCE, baud=256000).connect()

        assert reader._path == str(ports["three"])  # type: ignore[attr-defined]
        assert radar._path == str(ports["one"])  # type: ignore[attr-defined]
        reader.close()
        radar.close()


def test_a_port_that_another_setting_names_is_never_asked(tmp_path: Path) -> None:
    sim = SimulatedReader(load_cards())
    with plugged(tmp_path, printer=sim) as ports:
        claimed = str(ports["printer"].resolve())
        port = finder_of(list(ports.values()), claimed).port(Anywhere(), Kind.ID_CARD, baud=115200)

        with pytest.raises(LinkLost, match="absent"):
            port.connect()
        assert sim.asked == []


def test_a_scanner_is_known_by_its_maker() -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    path = Path(os.ttyname(slave))
    try:
        known = finder_of([path], vid=0x0C2E).port(Anywhere(), Kind.SCANNER, baud=9600)
        known.connect().close()
        with pytest.raises(LinkLost):
            finder_of([path], vid=0x1A86).port(Anywhere(), Kind.SCANNER, baud=9600).connect()
    finally:
        os.close(master)
        os.close(slave)


def test_what_was_asked_in_vain_counts_as_new_only_when_a_port_is_added() -> None:
    there = [Plugged("/nowhere/one")]
    finder = Finder(clock=SystemClock(), list_ports=lambda: list(there))
    port = finder.port(Anywhere(), Kind.ID_CARD, baud=115200)

    assert port.is_there()
    with pytest.raises(LinkLost):
        port.connect()
    assert not port.is_there()
    there.append(Plugged("/nowhere/two"))
    assert port.is_there()


def test_a_usb_device_is_found_whatever_socket_it_is_in() -> None:
    there: list[Plugged] = []
    finder = Finder(clock=SystemClock(), list_ports=lambda: list(there))
    port = finder.port(AtUsb(0x1A86, 0x7523, "A1"), Kind.SCANNER, baud=9600)

    assert not port.is_there()
    with pytest.raises(LinkLost, match="absent"):
        port.connect()
    there.append(Plugged("/dev/ttyUSB7", 0x1A86, 0x7523, "B2"))
    assert not port.is_there()
    there.append(Plugged("/dev/ttyUSB8", 0x1A86, 0x7523, "A1"))
    assert port.is_there()


def test_a_terminal_without_devices_has_none_and_starts_no_thread() -> None:
    before = threading.active_count()
    hub = Hub({Kind.SCANNER: Peripheral()}, clock=HandClock())
    hub.start()

    assert hub.kinds == ()
    assert hub.health() == {}
    assert threading.active_count() == before
    hub.close()
