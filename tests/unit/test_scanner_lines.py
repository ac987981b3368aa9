"""A scanner's lines: ends, silence, caps, encodings, repeats; and the driver around them."""

import pytest

from devices.drivers.health import Level
from devices.drivers.scanner.codec import (
    MOST_BYTES,
    Repeats,
    Scan,
    Splitter,
    read_scan,
    scan_bytes,
)
from devices.drivers.scanner.machine import ScannerMachine, Trigger
from devices.sim.scanner.scanner import SimulatedScanner
from tests.support.bench_device import DeviceBench

URL = "https://zone.example.gov.cn/d/7KQ2M9XD4F"


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\r\r\n\n"])
def test_a_line_ends_with_cr_or_lf_or_both(end: bytes) -> None:
    assert Splitter().feed(URL.encode() + end, 0.0) == (Scan(URL),)


def test_a_line_without_end_is_whole_after_a_silence() -> None:
    splitter = Splitter()
    assert splitter.feed(b"ABC", 0.0) == ()
    assert splitter.feed(b"DEF", 0.1) == ()
    assert splitter.tick(0.21) == ()

    assert splitter.tick(0.23) == (Scan("ABCDEF"),)
    assert splitter.tick(9.0) == ()


def test_what_comes_after_a_silence_is_another_scan() -> None:
    splitter = Splitter()
    splitter.feed(b"ABC", 0.0)

    assert splitter.feed(b"DEF\r", 0.5) == (Scan("ABC"), Scan("DEF"))


def test_a_line_over_the_cap_is_dropped_whole_and_the_next_one_is_read() -> None:
    splitter = Splitter()

    for _ in range(30):
        assert splitter.feed(b"A" * 1000, 0.0) == ()
        assert len(splitter._held) <= MOST_BYTES
    assert splitter.feed(b"tail\rNEXT\r", 0.0) == (Scan("NEXT"),)


def test_a_line_of_the_cap_is_read() -> None:
    assert Splitter().feed(b"A" * MOST_BYTES + b"\r", 0.0) == (Scan("A" * MOST_BYTES),)


@pytest.mark.parametrize(
    ("prefix", "symbology"), [("]Q1", "Q1"), ("]C0", "C0"), ("]C1", "C1"), ("]E0", "E0"), ("", "")]
)
def test_the_aim_prefix_is_taken_off_and_told(prefix: str, symbology: str) -> None:
    assert read_scan(f"{prefix}{URL}".encode()) == Scan(URL, symbology)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_chinese_is_read_in_either_encoding(encoding: str) -> None:
    text = "示政发〔2026〕19号 㛃"

    assert read_scan(scan_bytes(text, encoding=encoding)[:-2]) == Scan(text)


@pytest.mark.parametrize("data", [b"", b"   ", b"\x00\x1b", b"]Q1", b"\xff\xff\xff"])
def test_what_says_nothing_is_no_scan(data: bytes) -> None:
    assert read_scan(data) is None


def test_control_and_direction_characters_are_taken_out() -> None:
    assert read_scan("A\x00B\x1b[2JC\u202eD\u2028E".encode()) == Scan("AB[2JCDE")


def test_a_scan_does_not_show_what_it_says() -> None:
    assert URL not in repr(Scan(URL))


def test_the_same_code_held_before_the_scanner_counts_once() -> None:
    repeats = Repeats()
    seen = [repeats.is_repeat("A", 0.4 * n) for n in range(6)]

    assert seen == [False, True, True, True, True, True]
    assert not repeats.is_repeat("A", 3.01)
    assert not repeats.is_repeat("B", 3.02)
    assert not repeats.is_repeat("A", 3.03)


def test_a_driver_tells_of_scans_and_drops_repeats() -> None:
    sim = SimulatedScanner()
    bench = DeviceBench(sim)
    scanner = bench.attendant(ScannerMachine(), name="scanner")
    bench.run(scanner, 1)
    for text in (URL, URL, "测试"):
        sim.scan(text, symbology="Q1")
        bench.run(scanner, 0.2)

    assert scanner.take_events() == (Scan(URL, "Q1"), Scan("测试", "Q1"))
    assert scanner.health.level is Level.OK
    assert bench.news >= 3


def test_the_light_is_switched_by_order() -> None:
    sim = SimulatedScanner()
    bench = DeviceBench(sim)
    scanner = bench.attendant(ScannerMachine())
    bench.run(scanner, 1)
    scanner.order(Trigger(is_on=True))
    bench.run(scanner, 0.5)
    assert sim.is_lit

    scanner.order(Trigger(is_on=False))
    bench.run(scanner, 0.5)
    assert not sim.is_lit


def test_half_a_scan_before_an_unplugging_is_not_joined_to_what_comes_after() -> None:
    machine = ScannerMachine()
    machine.opened(0.0)
    assert machine.turn(b"HALF", 0.0).events == ()
    machine.lost(0.02)
    machine.opened(0.04)

    assert machine.turn(b"WHOLE\r", 0.05).events == (Scan("WHOLE"),)


def test_scans_that_nobody_takes_do_not_pile_up() -> None:
    sim = SimulatedScanner()
    bench = DeviceBench(sim)
    scanner = bench.attendant(ScannerMachine())
    bench.run(scanner, 1)
    for number in range(200):
        sim.scan(f"N{number}")
        bench.run(scanner, 0.02)

    events = scanner.take_events()
    assert len(events) == 64
    assert events[-1] == Scan("N199")
