"""LD2410 frames of public captures; arrival, leaving and their hysteresis; the driver and its settings."""

import pytest

from devices.drivers.health import Level
from devices.drivers.presence.codec import (
    Answer,
    Command,
    Deframer,
    Order,
    Range,
    Report,
    Target,
    enable_bytes,
    order_bytes,
    range_bytes,
    read_range,
    report_bytes,
)
from devices.drivers.presence.judgement import Arrived, Event, Judgement, Left
from devices.drivers.presence.machine import WANTED, PresenceMachine
from devices.drivers.reasons import Reason
from devices.sim.presence.radar import SimulatedRadar
from devices.sim.pty_device import LineFaults
from tests.support.bench_device import DeviceBench

REPORTS = [
    (
        "F4 F3 F2 F1 0D 00 02 AA 02 51 00 00 00 00 3B 00 00 55 00 F8 F7 F6 F5",
        Report(Target.STILL, 81, 0, 0, 59, 0),
    ),
    (
        "F4 F3 F2 F1 0D 00 02 AA 03 4F 00 64 4C 00 64 32 00 55 00 F8 F7 F6 F5",
        Report(Target.BOTH, 79, 100, 76, 100, 50),
    ),
    (
        "F4 F3 F2 F1 0D 00 02 AA 00 45 00 3E 00 00 3A 00 00 55 00 F8 F7 F6 F5",
        Report(Target.NONE, 69, 62, 0, 58, 0),
    ),
]
ENGINEERING = (
    "F4 F3 F2 F1 23 00 01 AA 03 1E 00 3C 00 00 39 00 00 08 08 3C 22 05 03 03 04 03 06 05"
    " 00 00 39 10 13 06 06 08 04 03 05 55 00 F8 F7 F6 F5"
)
PARAMETERS = (
    "FD FC FB FA 1C 00 61 01 00 00 AA 08 08 08 32 32 28 1E 14 0F 0F 0F 0F"
    " 00 00 28 28 1E 1E 14 14 14 05 00 04 03 02 01"
)


@pytest.mark.parametrize(("capture", "report"), REPORTS)
def test_a_captured_report_is_read_and_written_byte_for_byte(capture: str, report: Report) -> None:
    data = bytes.fromhex(capture)

    assert Deframer().feed(data) == (report,)
    assert report_bytes(report) == data


def test_an_engineering_report_is_read_for_its_target() -> None:
    assert Deframer().feed(bytes.fromhex(ENGINEERING)) == (Report(Target.BOTH, 30, 60, 0, 57, 0),)


@pytest.mark.parametrize(
    ("made", "capture"),
    [
        (enable_bytes(), "FD FC FB FA 04 00 FF 00 01 00 04 03 02 01"),
        (order_bytes(Command.END), "FD FC FB FA 02 00 FE 00 04 03 02 01"),
        (order_bytes(Command.READ_PARAMETERS), "FD FC FB FA 02 00 61 00 04 03 02 01"),
        (order_bytes(Command.ENGINEERING_ON), "FD FC FB FA 02 00 62 00 04 03 02 01"),
        (
            range_bytes(Range(8, 8, 5)),
            "FDFCFBFA 1400 6000 0000 08000000 0100 08000000 0200 05000000 04030201",
        ),
    ],
)
def test_a_command_is_the_manuals_byte_for_byte(made: bytes, capture: str) -> None:
    assert made == bytes.fromhex(capture)
    (order,) = Deframer().feed(made)
    assert isinstance(order, Order)


@pytest.mark.parametrize(
    ("capture", "answer"),
    [
        ("FD FC FB FA 04 00 60 01 00 00 04 03 02 01", Answer(0x60, is_ok=True)),
        ("FD FC FB FA 04 00 FE 01 01 00 04 03 02 01", Answer(0xFE, is_ok=False)),
        (
            "FD FC FB FA 08 00 FF 01 00 00 01 00 40 00 04 03 02 01",
            Answer(0xFF, is_ok=True, data=bytes.fromhex("01004000")),
        ),
    ],
)
def test_an_answer_of_the_manual_is_read(capture: str, answer: Answer) -> None:
    assert Deframer().feed(bytes.fromhex(capture)) == (answer,)


def test_the_range_is_read_from_the_captured_parameters() -> None:
    (answer,) = Deframer().feed(bytes.fromhex(PARAMETERS))

    assert isinstance(answer, Answer)
    assert read_range(answer) == Range(moving_gate=8, still_gate=8, hold_s=5)
    assert read_range(Answer(0x61, is_ok=True, data=answer.data[:-1])) is None
    assert read_range(Answer(0x62, is_ok=True, data=answer.data)) is None


@pytest.mark.parametrize("place", [0, 4, 5, 6, 7, 8, 17, 19, 22])
def test_a_report_with_a_wrong_mark_is_no_report(place: int) -> None:
    data = bytearray.fromhex(REPORTS[0][0])
    data[place] ^= 0x44

    assert Deframer().feed(bytes(data)) == ()


def watched(*spans: tuple[int | None, float]) -> list[tuple[float, Event]]:
    """Let a person stand at a distance (None: nobody) for so many seconds; return the events with their times."""
    judgement, eighth, events = Judgement(), 0, []
    for cm, seconds in spans:
        report = Report(Target.NONE) if cm is None else Report(Target.MOVING, moving_cm=cm)
        for _ in range(round(seconds * 8)):
            event = judgement.judge(report, eighth / 8)
            events += [(eighth / 8, event)] if event is not None else []
            eighth += 1
    return events


def test_somebody_who_comes_near_and_stays_has_arrived() -> None:
    assert watched((None, 2), (80, 2)) == [(2.5, Arrived())]


def test_somebody_who_walks_past_has_not_arrived() -> None:
    assert watched((None, 1), (100, 0.375), (None, 3), (110, 0.375), (None, 3)) == []


def test_somebody_far_away_has_not_arrived() -> None:
    assert watched((150, 20), (600, 5)) == []


def test_somebody_has_left_after_five_seconds_without_a_sight() -> None:
    assert watched((80, 2), (None, 10)) == [(0.5, Arrived()), (7.0, Left())]


def test_a_sight_within_the_five_seconds_begins_them_anew() -> None:
    assert watched((80, 2), (None, 5), (80, 0.125), (None, 5), (80, 1)) == [(0.5, Arrived())]


def test_between_near_and_far_nothing_changes() -> None:
    assert watched((150, 10)) == []
    assert watched((80, 1), (150, 30)) == [(0.5, Arrived())]
    assert watched((80, 1), (171, 6)) == [(0.5, Arrived()), (6.0, Left())]


def test_a_radar_that_was_silent_proves_nothing() -> None:
    judgement = Judgement()
    for tenth in range(10):
        judgement.judge(Report(Target.MOVING, moving_cm=50), tenth / 10)
    assert judgement.is_present

    assert judgement.judge(Report(Target.NONE), 1.0) is None
    assert judgement.judge(Report(Target.NONE), 60.0) is None
    assert judgement.is_present


def test_of_two_targets_the_nearer_counts() -> None:
    assert Report(Target.BOTH, moving_cm=300, still_cm=90).nearest_cm == 90
    assert Report(Target.STILL, moving_cm=10, still_cm=90).nearest_cm == 90
    assert Report(Target.NONE, moving_cm=10).nearest_cm is None


def machine_bench(radar: SimulatedRadar, **faults: float) -> tuple[DeviceBench, PresenceMachine]:
    bench = DeviceBench(radar, faults=LineFaults(**faults), baud=256000)  # type: ignore[arg-type]
    return bench, PresenceMachine(Judgement())


def test_the_driver_sets_the_module_up_once_and_writes_its_flash_only_if_needed() -> None:
    radar = SimulatedRadar()
    bench, machine = machine_bench(radar)
    attendant = bench.attendant(machine)
    bench.run(attendant, 3)
    assert (radar.range, radar.writes) == (WANTED, 1)

    bench.is_there = False
    bench.run(attendant, 1)
    bench.is_there = True
    bench.run(attendant, 5)
    assert radar.writes == 1
    assert attendant.health.level is Level.OK


def test_a_module_that_takes_no_settings_is_used_as_it_is() -> None:
    radar = SimulatedRadar(takes_settings=False)
    bench, machine = machine_bench(radar)
    attendant = bench.attendant(machine)
    radar.place(80)
    bench.run(attendant, 5)

    assert attendant.take_events() == (Arrived(),)
    assert attendant.health.level is Level.OK


@pytest.mark.parametrize("noise", [0.0, 0.01, 0.05])
def test_arrival_and_leaving_come_through_noise(noise: float) -> None:
    radar = SimulatedRadar()
    bench, machine = machine_bench(radar, noise=noise)
    attendant = bench.attendant(machine)
    bench.run(attendant, 3)
    radar.place(70, is_still=True)
    bench.run(attendant, 6)
    radar.place(None)
    bench.run(attendant, 15)

    assert attendant.take_events() == (Arrived(), Left())


def test_a_silent_radar_is_down_within_three_seconds_and_says_nobody_has_left() -> None:
    radar = SimulatedRadar()
    bench, machine = machine_bench(radar)
    attendant = bench.attendant(machine)
    radar.place(80)
    bench.run(attendant, 5)
    attendant.take_events()
    radar._is_configuring = True
    bench.run(attendant, 3)

    assert (attendant.health.level, attendant.health.reason) == (Level.DOWN, Reason.SILENT)
    assert attendant.take_events() == ()


def test_somebody_who_left_while_the_radar_was_away_is_missed_five_seconds_after_its_return() -> (
    None
):
    radar = SimulatedRadar()
    bench, machine = machine_bench(radar)
    attendant = bench.attendant(machine)
    radar.place(80)
    bench.run(attendant, 5)
    bench.is_there = False
    bench.run(attendant, 30)
    radar.place(None)
    bench.is_there = True
    bench.run(attendant, 4)
    assert attendant.take_events() == (Arrived(),)

    bench.run(attendant, 5)
    assert attendant.take_events() == (Left(),)
