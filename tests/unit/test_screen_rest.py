"""The touch screen rests only when a well radar sees nobody, and anything wakes it."""

import asyncio
from collections.abc import Sequence

import pytest
from typing_extensions import override

from devices.agent.screen_rest import SWITCHES, DisplaySwitch, ScreenRest
from devices.ipc.messages import Presence, Rest, ToUi
from kiosk.flows.session import Phase
from tests.support.fake_kiosk import make_world
from tests.support.hand_clock import HandClock

AFTER_S = 600.0


class FakeSwitch(DisplaySwitch):
    """Notes what is wanted."""

    def __init__(self) -> None:
        super().__init__(find=lambda _: None)
        self.turns: list[bool] = []

    @override
    def turn(self, *, on: bool) -> None:
        self.turns.append(on)


class Hall:
    """A rest with its clock, and what it told."""

    def __init__(self, after_s: float = AFTER_S) -> None:
        self.clock = HandClock()
        self.told: list[ToUi] = []
        self.switch = FakeSwitch()
        self.rest = ScreenRest(
            after_s=after_s, clock=self.clock, tell=self.told.append, switch=self.switch
        )

    def pass_time(self, seconds: float, *, is_nobody_there: bool = True) -> None:
        for _ in range(int(seconds)):
            self.clock.advance(1)
            self.rest.look(is_nobody_there=is_nobody_there)


def test_the_screen_rests_after_the_time_and_wakes_for_who_comes() -> None:
    hall = Hall()
    hall.pass_time(AFTER_S)
    assert hall.told == []
    hall.pass_time(1)
    assert hall.told == [Rest(on=True)]
    assert hall.rest.greetings() == (Rest(on=True),)
    hall.pass_time(1, is_nobody_there=False)

    assert hall.told == [Rest(on=True), Rest(on=False)]
    assert hall.switch.turns == [False, True]
    assert hall.rest.greetings() == ()


def test_a_touch_wakes_it_and_nobody_is_left_in_the_dark_during_a_session() -> None:
    hall = Hall()
    hall.pass_time(AFTER_S + 1)
    hall.rest.session(active=True)
    hall.pass_time(2 * AFTER_S)
    assert hall.told == [Rest(on=True), Rest(on=False)]
    hall.rest.session(active=False)
    hall.pass_time(AFTER_S)

    assert hall.told[-1] == Rest(on=False)
    hall.pass_time(1)
    assert hall.told[-1] == Rest(on=True)


def test_somebody_who_passes_by_begins_the_time_anew() -> None:
    hall = Hall()
    hall.pass_time(AFTER_S - 1)
    hall.pass_time(1, is_nobody_there=False)
    hall.pass_time(AFTER_S)

    assert hall.told == []


def test_without_the_setting_it_never_rests() -> None:
    hall = Hall(after_s=0)
    hall.pass_time(2 * AFTER_S)

    assert hall.told == []


class Display:
    """Programs that are there, and what they were told."""

    def __init__(self, *programs: str, code: int = 0) -> None:
        self.heard: list[tuple[str, ...]] = []
        self._code = code
        self.switch = DisplaySwitch(
            run=self._run, find=lambda name: name if name in programs else None
        )

    async def _run(self, command: Sequence[str]) -> int:
        self.heard.append(tuple(command))
        return self._code


@pytest.mark.parametrize("program", SWITCHES)
async def test_a_display_that_can_be_told_is_switched_and_left_on_at_the_end(program: str) -> None:
    display = Display(program)
    display.switch.turn(on=False)
    await asyncio.sleep(0)
    await display.switch.close()

    assert display.heard[0] == (program, *SWITCHES[program][1])
    assert display.heard[-1] == (program, *SWITCHES[program][0])


async def test_a_display_that_refuses_is_asked_no_more(caplog: pytest.LogCaptureFixture) -> None:
    display = Display("ddcutil", code=1)
    for on in (False, True, False):
        display.switch.turn(on=on)
        await asyncio.sleep(0.01)
    await display.switch.close()

    assert len(display.heard) == 1
    assert [record.message for record in caplog.records] == ["display not switched"]


async def test_without_a_program_nothing_is_run() -> None:
    display = Display()
    display.switch.turn(on=False)
    await display.switch.close()

    assert display.heard == []


def test_a_dark_kiosk_is_woken_by_a_touch_before_its_agent_says_so() -> None:
    world = make_world()
    world.kiosk.receive(Rest(on=True))
    assert world.kiosk.view().is_dark
    world.kiosk.touch()

    assert not world.kiosk.view().is_dark
    assert world.kiosk.phase is Phase.ACTIVE
    world.kiosk.receive(Rest(on=False))
    world.kiosk.receive(Presence(present=True))
    assert not world.kiosk.view().is_dark
