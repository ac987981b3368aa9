"""What attends every device: back-off, bounded queues, one log line a loss, nothing raised outward."""

import logging
from itertools import pairwise
from typing import Any

import pytest
from typing_extensions import override

from devices.drivers.attendant import BACK_OFF_S, Attendant, Port, Turn
from devices.drivers.health import Level
from devices.drivers.reasons import Reason
from devices.sim.scanner.scanner import SimulatedScanner
from tests.support.bench_device import DeviceBench


class Counting:
    """A machine that counts and can be told to fail."""

    def __init__(self) -> None:
        self.is_broken = False
        self.orders: list[int] = []
        self.events = 0
        self.opened_at: list[float] = []

    def opened(self, now: float) -> None:
        self.opened_at.append(now)

    def lost(self, now: float) -> None:
        pass

    def obey(self, order: int, now: float) -> None:
        del now
        self.orders.append(order)

    def turn(self, heard: bytes, now: float) -> Turn[int]:
        del heard, now
        if self.is_broken:
            raise ZeroDivisionError
        self.events += 1
        return Turn(events=(self.events,))


def bench() -> tuple[DeviceBench, Counting, Attendant[Any, Any]]:
    made, machine = DeviceBench(SimulatedScanner()), Counting()
    return made, machine, made.attendant(machine)


def test_a_device_that_is_busy_is_tried_after_1_2_5_and_10_seconds() -> None:
    made, _, attendant = bench()
    made.is_busy = True
    tries: list[float] = []
    connect = made.port.connect

    def counted() -> Any:
        tries.append(made.clock.monotonic())
        return connect()

    attendant._port = Port(counted, is_there=lambda: True)
    made.run(attendant, 60)

    waits = [round(later - earlier) for earlier, later in pairwise(tries)]
    assert waits[:4] == list(BACK_OFF_S)
    assert set(waits[4:]) == {10}
    assert (attendant.health.level, attendant.health.reason) == (Level.DOWN, Reason.BUSY)


def test_a_device_plugged_in_after_an_hour_is_opened_within_two_seconds() -> None:
    made, machine, attendant = bench()
    made.is_there = False
    made.run(attendant, 3600)
    made.is_there = True
    made.run(attendant, 2)

    assert len(machine.opened_at) == 1
    assert attendant.health.level is Level.OK


def test_a_machine_that_fails_is_down_and_tried_again_and_nothing_is_raised() -> None:
    made, machine, attendant = bench()
    made.run(attendant, 1)
    machine.is_broken = True
    made.run(attendant, 5)
    assert (attendant.health.level, attendant.health.reason) == (Level.DOWN, Reason.DRIVER)

    machine.is_broken = False
    made.run(attendant, 12)
    assert attendant.health.level is Level.OK


def test_a_listener_that_fails_does_not_stop_the_device() -> None:
    made, machine, _ = bench()

    def fail() -> None:
        raise ZeroDivisionError

    attendant = Attendant(machine, name="x", port=made.port, clock=made.clock, on_news=fail)
    made.run(attendant, 3)

    assert attendant.health.level is Level.OK
    assert machine.events > 5


def test_orders_and_events_are_bounded_and_the_oldest_go() -> None:
    made, machine, attendant = bench()
    for number in range(1000):
        attendant.order(number)
    made.run(attendant, 60)

    assert machine.orders == list(range(984, 1000))
    events = attendant.take_events()
    assert len(events) == 64
    assert events[-1] == machine.events
    assert attendant.take_events() == ()


def test_a_loss_is_logged_once_and_its_return_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    made, _, attendant = bench()
    made.run(attendant, 2)
    caplog.clear()
    made.is_there = False
    made.run(attendant, 600)
    made.is_there = True
    made.run(attendant, 20)

    told = [
        (record.levelname, record.__dict__.get("reason"))
        for record in caplog.records
        if record.message == "device health"
    ]
    assert told == [("WARNING", "unplugged"), ("INFO", "")]


def test_what_a_board_says_while_it_resets_is_not_heard() -> None:
    sim = SimulatedScanner()
    made = DeviceBench(sim)
    pieces: list[bytes] = []

    class Listening(Counting):
        @override
        def turn(self, heard: bytes, now: float) -> Turn[int]:
            del now
            pieces.append(heard)
            return Turn()

    sim.scan("boot noise")
    made.run(made.attendant(Listening()), 2)

    assert b"".join(pieces) == b""
