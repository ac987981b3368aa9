"""The card machine, bytes by bytes: what a step that has ended leaves behind never reaches the next."""

import pytest

from devices.drivers.id_card.codec import Answer, Command, answer_bytes, card_bytes, command_bytes
from devices.drivers.id_card.layouts import read_text
from devices.drivers.id_card.machine import (
    TRANSITIONS,
    Ask,
    CardRead,
    Event,
    IdCardMachine,
    Result,
    Stage,
    Stop,
    TakeCardAway,
)
from devices.drivers.id_card.reader import IdCardReader
from devices.drivers.id_card.status import Status
from devices.sim.id_card.cards import load_cards
from devices.sim.id_card.reader import SimulatedReader
from tests.support.bench_device import DeviceBench

CARDS = load_cards()
OK = answer_bytes(Answer(Status.OK))
FOUND = answer_bytes(Answer(Status.FOUND, bytes(4)))
NONE = answer_bytes(Answer(Status.NO_CARD))
FAILED = answer_bytes(Answer(Status.SELECT_FAILED))


class Script:
    """A script of what is asked and answered; a question that is not the expected one fails."""

    def __init__(self) -> None:
        self.machine = IdCardMachine(baud=115200)
        self.now = 0.0
        self.events: list[Event] = []
        self._sent = b""
        self.machine.opened(0.0)
        self.asked(Command.STATUS, OK)
        self.asked(Command.MAX_RF_BYTES, OK)

    def asked(self, command: Command, answer: bytes = b"") -> None:
        """Let time pass until something is asked; it must be this; answer at once."""
        for _ in range(100):
            if self._sent:
                break
            self._turn(b"")
            self.now += 0.01
        assert self._sent == command_bytes(command)
        self._sent = b""
        if answer:
            self.heard(answer)

    def heard(self, answer: bytes) -> None:
        self._turn(answer)

    def _turn(self, heard: bytes) -> None:
        turn = self.machine.turn(heard, self.now)
        self.events += turn.events
        assert not (self._sent and turn.send), "asked twice without waiting for an answer"
        self._sent = turn.send or self._sent


def asking(step: int = 1) -> Script:
    script = Script()
    script.machine.obey(Ask(step), script.now)
    return script


def next_visitor(script: Script) -> None:
    script.machine.obey(Stop(), script.now)
    script.machine.obey(Ask(2), script.now)


def test_a_card_that_was_seen_but_not_read_must_leave_before_the_next_visitors() -> None:
    script = asking()
    script.asked(Command.FIND, FOUND)
    script.asked(Command.SELECT, FAILED)
    next_visitor(script)

    script.asked(Command.FIND, FOUND)
    script.asked(Command.FIND, FOUND)
    script.asked(Command.FIND, NONE)
    script.asked(Command.FIND, NONE)
    script.asked(Command.FIND, FOUND)
    script.asked(Command.SELECT, OK)
    script.asked(Command.READ, card_bytes(CARDS["elder"]))

    assert script.events[0] == TakeCardAway(2)
    assert [event.step for event in script.events] == [2, 2, 2]
    assert script.events[-1] == CardRead(2, read_text(CARDS["elder"]))


def test_a_card_whose_reading_began_in_the_step_before_is_dropped() -> None:
    script = asking()
    script.asked(Command.FIND, FOUND)
    script.asked(Command.SELECT, OK)
    script.asked(Command.READ)
    next_visitor(script)
    script.heard(card_bytes(CARDS["resident"]))

    script.asked(Command.FIND, FOUND)
    script.asked(Command.FIND, FOUND)
    assert script.events == [TakeCardAway(2)]


def test_a_card_looked_for_in_the_step_before_and_found_after_its_end_is_not_read() -> None:
    script = asking()
    script.asked(Command.FIND)
    next_visitor(script)
    script.heard(FOUND)

    script.asked(Command.FIND, FOUND)
    assert script.machine.stage is Stage.LEAVING
    assert script.events == [TakeCardAway(2)]


def test_a_single_miss_does_not_mean_that_the_card_is_gone() -> None:
    script = asking()
    script.asked(Command.FIND, FOUND)
    script.asked(Command.SELECT, OK)
    script.asked(Command.READ, card_bytes(CARDS["resident"]))

    for _ in range(5):
        script.asked(Command.FIND, NONE)
        script.asked(Command.FIND, FOUND)
    assert [type(event) for event in script.events] == [CardRead]
    assert script.machine.stage is Stage.LEAVING


def test_a_late_answer_does_not_count_for_the_next_question() -> None:
    script = asking()
    script.asked(Command.FIND)
    script.heard(OK)
    assert script.machine.stage is Stage.FINDING

    script.heard(card_bytes(CARDS["resident"]))
    assert script.events == []
    script.heard(NONE)
    script.asked(Command.FIND, NONE)


def test_after_a_loss_the_old_card_must_still_leave() -> None:
    script = asking()
    script.asked(Command.FIND, FOUND)
    script.asked(Command.SELECT, OK)
    script.asked(Command.READ, card_bytes(CARDS["resident"]))
    script.machine.lost(script.now)
    script.machine.opened(script.now)

    script.asked(Command.STATUS, OK)
    script.asked(Command.MAX_RF_BYTES, OK)
    script.asked(Command.FIND, FOUND)
    script.asked(Command.FIND, FOUND)
    assert [type(event) for event in script.events] == [CardRead]


def test_an_event_of_an_ended_step_that_comes_late_is_not_handed_out() -> None:
    bench = DeviceBench(SimulatedReader(CARDS))
    reader = IdCardReader(port=bench.port, clock=bench.clock)
    old = reader.ask()
    late = CardRead(old, read_text(CARDS["resident"]))

    reader.stop()
    reader.attendant._events.append(late)
    assert reader.take_events() == ()
    reader.ask()
    reader.attendant._events.append(late)
    assert reader.take_events() == ()
    assert not reader.attendant._events


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("result", list(Result))
def test_only_a_found_and_selected_card_is_read(stage: Stage, result: Result) -> None:
    follows = TRANSITIONS.get((stage, result), stage)

    if follows is Stage.READING:
        assert (stage, result) == (Stage.SELECTING, Result.OK) or stage is Stage.READING
    if follows is Stage.SELECTING:
        assert (stage, result) == (Stage.FINDING, Result.FOUND) or stage is Stage.SELECTING
