"""The reader asks for a card only while a step asks, never reads one person's card into another's step."""

import logging
from collections.abc import Mapping
from typing import Any

import pytest

from devices.drivers.health import Health, Level
from devices.drivers.id_card.codec import Command
from devices.drivers.id_card.machine import (
    CardGone,
    CardRead,
    CardTrouble,
    Event,
    IdCardMachine,
    TakeCardAway,
)
from devices.drivers.id_card.reader import IdCardReader
from devices.drivers.id_card.status import Status, Trouble, reader_fault, say
from devices.drivers.reasons import Kind, Reason
from devices.drivers.reasons import say as say_reason
from devices.sim.id_card.cards import load_cards
from devices.sim.id_card.reader import FaultPlan, SimulatedReader
from devices.sim.pty_device import GOOD_LINE, LineFaults
from tests.support.bench_device import DeviceBench

CARDS = load_cards()


class ReaderBench:
    def __init__(self, plan: FaultPlan | None = None, faults: LineFaults = GOOD_LINE) -> None:
        self.sim = SimulatedReader(CARDS, plan)
        self.bench = DeviceBench(self.sim, faults=faults)
        self.reader = IdCardReader(port=self.bench.port, clock=self.bench.clock, on_news=self._take)
        self.events: list[Event] = []

    def _take(self) -> None:
        self.events += self.reader.take_events()

    def run(self, seconds: float) -> None:
        self.bench.run(self.reader.attendant, seconds)

    def health(self) -> tuple[Level, str]:
        return self.reader.health.level, self.reader.health.reason


def test_a_card_laid_down_while_a_step_asks_is_read_once() -> None:
    bench = ReaderBench()
    step = bench.reader.ask()
    bench.run(1)
    bench.sim.lay("resident")
    bench.run(5)

    (event,) = bench.events
    assert isinstance(event, CardRead)
    assert event.step == step
    assert event.card.name == "测试甲"
    assert bench.sim.asked.count(Command.READ) == 1


def test_no_card_is_looked_for_unless_a_step_asks() -> None:
    bench = ReaderBench()
    bench.sim.lay("resident")
    bench.run(10)

    assert set(bench.sim.asked) == {Command.STATUS, Command.MAX_RF_BYTES}
    assert bench.events == []
    assert bench.health() == (Level.OK, "")


def test_a_reader_is_told_its_frame_size_once_and_works_without_knowing_the_command() -> None:
    bench = ReaderBench(FaultPlan(unknown=frozenset({Command.MAX_RF_BYTES})))
    bench.reader.ask()
    bench.sim.lay("resident")
    bench.run(5)

    assert bench.sim.asked.count(Command.MAX_RF_BYTES) == 1
    assert [type(event) for event in bench.events] == [CardRead]


@pytest.mark.parametrize("says_found_again", [True, False])
def test_the_next_card_is_read_only_after_the_first_was_taken_away(
    says_found_again: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    bench = ReaderBench(FaultPlan(says_found_again=says_found_again))
    bench.reader.ask()
    bench.sim.lay("resident")
    bench.run(10)
    assert len([event for event in bench.events if isinstance(event, CardRead)]) == 1

    bench.sim.lay("")
    bench.run(2)
    bench.sim.lay("elder")
    bench.run(2)

    read = [event.card.name for event in bench.events if isinstance(event, CardRead)]
    assert read == ["测试甲", "测试乙㛃"]


def test_a_card_exchanged_in_one_glance_is_not_read_for_the_same_step() -> None:
    bench = ReaderBench()
    bench.reader.ask()
    bench.sim.lay("resident")
    bench.run(1)
    bench.sim.lay("elder")
    bench.run(3)

    assert len([event for event in bench.events if isinstance(event, CardRead)]) == 1


def test_a_card_left_lying_is_never_read_for_the_next_visitor() -> None:
    bench = ReaderBench()
    bench.reader.ask()
    bench.sim.lay("resident")
    bench.run(2)
    bench.reader.stop()
    bench.run(2)
    bench.events.clear()

    second = bench.reader.ask()
    bench.run(5)
    assert bench.events == [TakeCardAway(second)]

    bench.sim.lay("")
    bench.run(2)
    bench.sim.lay("elder")
    bench.run(2)
    gone, read = bench.events[1:]
    assert gone == CardGone(second)
    assert isinstance(read, CardRead)
    assert read.card.name == "测试乙㛃"


@pytest.mark.parametrize("pause_s", [0.05 * n for n in range(1, 25)])
def test_whenever_a_step_ends_its_card_does_not_reach_the_next(pause_s: float) -> None:
    bench = ReaderBench()
    bench.run(1)
    first = bench.reader.ask()
    bench.run(0.3)
    bench.sim.lay("resident")
    bench.run(pause_s)
    was_seen = Command.SELECT in bench.sim.asked
    bench.reader.stop()
    second = bench.reader.ask()
    bench.run(5)

    steps = [event.step for event in bench.events if isinstance(event, CardRead)]
    assert steps in ([first], [second], [])
    # A card that nobody had seen yet when the step ended may as well have been laid down after it.
    assert not was_seen or second not in steps


def test_what_was_read_and_not_taken_is_dropped_when_the_step_stops() -> None:
    sim = SimulatedReader(CARDS)
    bench = DeviceBench(sim)
    reader = IdCardReader(port=bench.port, clock=bench.clock)
    reader.ask()
    sim.lay("resident")
    bench.run(reader.attendant, 2)

    reader.stop()

    assert reader.take_events() == ()
    assert not reader.attendant._events


def test_a_card_found_just_as_the_step_stopped_is_not_told_to_the_next_step() -> None:
    machine = IdCardMachine(baud=115200)
    bench = ReaderBench()
    bench.reader.attendant._machine = machine
    bench.reader.ask()
    bench.sim.lay("resident")
    bench.bench.run_until(
        bench.reader.attendant, lambda: Command.READ in bench.sim.asked, within_s=5
    )
    bench.events.clear()
    bench.reader.stop()
    second = bench.reader.ask()
    bench.run(3)

    assert [type(event) for event in bench.events if event.step == second] in (
        [TakeCardAway],
        [],
    )


@pytest.mark.parametrize(
    ("card", "trouble"),
    [
        ("foreigner_2023", Trouble.LAYOUT),
        ("damaged", Trouble.TEXT),
        ("wrong_number", Trouble.NUMBER),
    ],
)
def test_a_card_that_cannot_be_used_is_told_once_with_its_reason(
    card: str, trouble: Trouble
) -> None:
    bench = ReaderBench()
    step = bench.reader.ask()
    bench.sim.lay(card)
    bench.run(6)

    assert bench.events == [CardTrouble(step, trouble)]


def test_a_first_failure_is_tried_again_without_a_word() -> None:
    plan = FaultPlan(statuses={Command.SELECT: Status.SELECT_FAILED}, times=1)
    bench = ReaderBench(plan)
    bench.reader.ask()
    bench.sim.lay("resident")
    bench.run(5)

    assert [type(event) for event in bench.events] == [CardRead]


def test_a_failure_that_lasts_is_told_once() -> None:
    bench = ReaderBench(FaultPlan(statuses={Command.READ: Status.READ_FAILED}))
    step = bench.reader.ask()
    bench.sim.lay("resident")
    bench.run(10)

    assert bench.events == [CardTrouble(step, Status.READ_FAILED)]
    assert bench.health() == (Level.OK, "")


@pytest.mark.parametrize(
    ("statuses", "reason"),
    [
        ({Command.STATUS: Status.SAM_SELF_TEST}, Reason.SAM_FAULT),
        ({Command.STATUS: Status.SAM_UNAUTHORISED}, Reason.SAM_UNAUTHORISED),
    ],
)
def test_a_sick_security_module_is_the_keepers_business(
    statuses: Mapping[Command, int], reason: Reason
) -> None:
    bench = ReaderBench(FaultPlan(statuses=statuses))
    bench.run(3)

    assert bench.health() == (Level.DOWN, reason)


def test_a_silent_reader_is_down_within_three_seconds() -> None:
    bench = ReaderBench(faults=LineFaults(is_dead=True))
    bench.run(3)

    assert bench.health() == (Level.DOWN, Reason.SILENT)


def test_a_reader_that_falls_silent_is_down_within_three_seconds() -> None:
    bench = ReaderBench(faults=LineFaults(stall_at_byte=33))
    bench.bench.run_until(
        bench.reader.attendant, lambda: bench.sim.asked.count(Command.STATUS) == 2, within_s=3
    )
    assert bench.health() == (Level.OK, "")
    bench.run(3)

    assert bench.health() == (Level.DOWN, Reason.SILENT)


def test_a_reader_unplugged_in_the_middle_of_a_card_comes_back_and_still_asks() -> None:
    bench = ReaderBench()
    step = bench.reader.ask()
    bench.run(1)
    bench.bench.is_there = False
    bench.run(2)
    assert bench.health() == (Level.DOWN, "unplugged")
    since = bench.reader.health.since
    bench.run(20)
    assert bench.reader.health.since == since

    bench.bench.is_there = True
    bench.run(3)
    assert bench.health() == (Level.OK, "")
    bench.sim.lay("resident")
    bench.run(2)
    assert [(type(event), event.step) for event in bench.events] == [(CardRead, step)]


@pytest.mark.parametrize("noise", [0.002, 0.01, 0.03])
def test_noise_on_the_line_never_makes_a_card_that_is_not_there(noise: float) -> None:
    bench = ReaderBench(faults=LineFaults(noise=noise, seed=7))
    bench.reader.ask()
    bench.run(20)
    assert [event for event in bench.events if isinstance(event, CardRead)] == []

    bench.sim.lay("resident")
    bench.run(30)
    names = {event.card.name for event in bench.events if isinstance(event, CardRead)}
    assert names <= {"测试甲"}


def test_nothing_personal_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    bench = ReaderBench()
    bench.reader.ask()
    for card in ("resident", "wrong_number", "damaged"):
        bench.sim.lay(card)
        bench.run(3)
        bench.sim.lay("")
        bench.run(2)

    logged = " ".join(str(record.__dict__) for record in caplog.records)
    assert "519921" not in logged
    assert "测试" not in logged


@pytest.mark.parametrize("status", [*Status, *Trouble, 0x77])
def test_every_status_has_a_sentence_for_the_citizen_and_one_for_the_keeper(status: int) -> None:
    said = say(status)

    assert said.visitor.endswith("。")
    assert said.keeper.endswith("。")
    assert said.visitor.isascii() is False


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_of_every_device_has_a_sentence_that_says_what_to_do(
    kind: Kind, reason: Reason
) -> None:
    said = say_reason(kind, reason)

    assert said.keeper.endswith("。")
    assert "请" in said.keeper or "自动" in said.keeper
    assert not said.visitor or "请" in said.visitor


def test_only_a_fault_of_the_reader_itself_counts_against_its_health() -> None:
    faults = {status for status in Status if reader_fault(status) is not None}

    assert faults == {
        Status.SAM_SELF_TEST,
        Status.SAM_PORT,
        Status.SAM_UNAUTHORISED,
        Status.NO_RANDOM,
    }


def test_health_is_a_value_that_any_thread_may_read() -> None:
    bench = ReaderBench()
    health: Any = bench.reader.health

    assert health == Health(Level.DOWN, "absent")
