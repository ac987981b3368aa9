"""A real agent, real threads and lines, simulated devices: what a visitor at the kiosk gets of them."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from devices.drivers.reasons import Kind
from devices.ipc.messages import (
    CardSeen,
    CardWanted,
    Closing,
    KeyPressed,
    Presence,
    Scanned,
    Session,
    Speak,
)
from devices.wire.messages import Fault
from tests.support.device_terminal import (
    PUBLIC_URL,
    Devices,
    DeviceTerminal,
    device_terminal,
    make_home,
    terminal_config,
)
from tests.support.processes import Program

CARD_NUMBER = "519921199001010025"


@pytest.fixture
async def terminal(tmp_path: Path) -> AsyncIterator[DeviceTerminal]:
    async with device_terminal(tmp_path) as one:
        yield one


def device_faults(terminal: DeviceTerminal) -> list[Fault]:
    """The controller is away, which is a fault too, but none of a device."""
    return [one for one in terminal.agent._faults.all() if one.subject in set(Kind)]


async def test_every_device_is_well_and_told_so(terminal: DeviceTerminal) -> None:
    for kind in Kind:
        await terminal.visitor.sees_health(kind, "ok")

    assert terminal.agent._reporter.devices == {str(kind): "ok" for kind in Kind}
    assert device_faults(terminal) == []


async def test_a_card_is_read_for_the_step_that_asks_and_only_then(
    terminal: DeviceTerminal,
) -> None:
    visitor = terminal.visitor
    await visitor.sees_health(Kind.ID_CARD, "ok")
    await terminal.devices.order(Kind.ID_CARD, card="elder")
    visitor.say(CardWanted(step="first"))
    read = await visitor.hears(CardSeen)
    visitor.say(CardWanted(step=""))
    visitor.forget()
    visitor.say(CardWanted(step="second"))
    warning = await visitor.hears(CardSeen)
    await terminal.devices.order(Kind.ID_CARD, card="")
    await visitor.hears(CardSeen, lambda one: one.state == "gone")
    await terminal.devices.order(Kind.ID_CARD, card="resident")
    second = await visitor.hears(CardSeen, lambda one: one.state == "read")

    assert (read.step, read.state, read.name) == ("first", "read", "测试乙㛃")
    assert (warning.step, warning.state, warning.number) == ("second", "take_away", "")
    assert (second.step, second.number) == ("second", CARD_NUMBER)
    assert CARD_NUMBER not in repr(second)


async def test_a_card_that_lies_there_when_nobody_asks_is_never_read(
    terminal: DeviceTerminal,
) -> None:
    visitor = terminal.visitor
    await visitor.sees_health(Kind.ID_CARD, "ok")
    await visitor.sees_health(Kind.SCANNER, "ok")
    await terminal.devices.order(Kind.ID_CARD, card="resident")
    visitor.say(CardWanted(step="step"))
    visitor.say(Session(active=False))
    await terminal.devices.order(Kind.SCANNER, scan="a sign that the agent has gone on")
    await visitor.hears(Scanned)

    assert not any(isinstance(one, CardSeen) and one.number for one in visitor.heard)


async def test_a_kiosk_that_dies_leaves_no_step_that_asks(terminal: DeviceTerminal) -> None:
    visitor = terminal.visitor
    await visitor.sees_health(Kind.ID_CARD, "ok")
    visitor.say(CardWanted(step="step"))
    await asyncio.to_thread(visitor._client.stop)
    async with asyncio.timeout(10):
        while terminal.agent._devices.peripherals._asking is not None:  # noqa: ASYNC110 - a state of the agent
            await asyncio.sleep(0.01)


async def test_a_scanned_receipt_reaches_the_kiosk(terminal: DeviceTerminal) -> None:
    await terminal.visitor.sees_health(Kind.SCANNER, "ok")
    await terminal.devices.order(Kind.SCANNER, scan=f"{PUBLIC_URL}/r/7kq2-m9x-d4f")

    scan = await terminal.visitor.hears(Scanned)

    assert (scan.kind, scan.code) == ("receipt", "7KQ2M9XD4F")


async def test_who_comes_and_who_goes_is_told(terminal: DeviceTerminal) -> None:
    visitor = terminal.visitor
    await visitor.sees_health(Kind.PRESENCE, "ok")
    await terminal.devices.order(Kind.PRESENCE, person=80)
    await visitor.hears(Presence, lambda one: one.present)
    await terminal.devices.order(Kind.PRESENCE, person=None)

    assert not (await visitor.hears(Presence, lambda one: not one.present)).present


async def test_a_key_of_the_keypad_reaches_the_kiosk(terminal: DeviceTerminal) -> None:
    await terminal.visitor.sees_health(Kind.KEYPAD, "ok")
    await terminal.devices.order(Kind.KEYPAD, key="next")

    assert (await terminal.visitor.hears(KeyPressed)).key == "next"


async def test_what_the_kiosk_says_is_spoken_and_ends_with_the_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, pid = tmp_path / "said", tmp_path / "pid"
    engine = tmp_path / "bin" / "espeak-ng"
    engine.parent.mkdir()
    engine.write_text(f"#!/bin/sh\ncat > {said}\necho $$ > {pid}\nexec sleep 600\n", "utf-8")
    engine.chmod(0o755)
    monkeypatch.setenv("PATH", f"{engine.parent}:/usr/bin:/bin")
    async with device_terminal(tmp_path) as terminal, asyncio.timeout(30):
        terminal.visitor.say(Session(active=True))
        terminal.visitor.say(Speak(text="政务公开"))
        while not (pid.exists() and pid.read_text("ascii").strip()):  # noqa: ASYNC110 - a process
            await asyncio.sleep(0.02)
        speaking = Path("/proc") / pid.read_text("ascii").strip()
        terminal.visitor.say(Session(active=False))
        while speaking.exists():  # noqa: ASYNC110 - a process
            await asyncio.sleep(0.02)

    assert said.read_text("ascii") == "zheng4 wu4 gong1 kai1"


@pytest.mark.parametrize("kind", list(Kind))
async def test_what_is_unplugged_is_down_for_the_keeper_and_well_again_when_it_is_back(
    terminal: DeviceTerminal, kind: Kind
) -> None:
    visitor = terminal.visitor
    await visitor.sees_health(kind, "ok")
    visitor.forget()
    await terminal.devices.order(kind, cable="out")
    down = await visitor.sees_health(kind, "down")
    (fault,) = device_faults(terminal)
    visitor.forget()
    await terminal.devices.order(kind, cable="in")
    await visitor.sees_health(kind, "ok")

    assert down.reason in {"unplugged", "absent"}
    assert "请" in fault.text
    assert (fault.subject, fault.code) == (str(kind), f"{kind}:{down.reason}")
    assert bool(down.visitor) is (kind in {Kind.ID_CARD, Kind.SCANNER})
    assert device_faults(terminal) == []


async def test_an_empty_battery_ends_the_agent_when_nobody_is_there(
    terminal: DeviceTerminal,
) -> None:
    await terminal.visitor.sees_health(Kind.UPS, "ok")
    await terminal.devices.order(Kind.UPS, mains="off")
    await terminal.visitor.sees_health(Kind.UPS, "warn")
    await terminal.devices.order(Kind.UPS, battery=9)

    closing = await terminal.visitor.hears(Closing)
    async with asyncio.timeout(10):
        await terminal.stop.wait()

    assert closing.seconds > 0
    assert "请" in closing.sentence


async def test_a_visitor_may_finish_before_the_battery_is_empty_and_go_on_when_the_mains_return(
    terminal: DeviceTerminal,
) -> None:
    visitor = terminal.visitor
    await visitor.sees_health(Kind.UPS, "ok")
    visitor.say(Session(active=True))
    await terminal.devices.order(Kind.UPS, mains="off", battery=9)
    await terminal.devices.order(Kind.UPS, battery=9)
    await visitor.hears(Closing, lambda one: one.seconds > 0)
    assert not terminal.stop.is_set()
    await terminal.devices.order(Kind.UPS, mains="on")
    await visitor.hears(Closing, lambda one: one.seconds == 0)
    visitor.say(Session(active=False))
    await terminal.devices.order(Kind.SCANNER, scan="a sign that the agent has gone on")
    await visitor.hears(Scanned)

    assert not terminal.stop.is_set()
    assert terminal.agent._devices._power._timer is None


async def test_the_sign_says_something_from_the_start(terminal: DeviceTerminal) -> None:
    await terminal.visitor.sees_health(Kind.TEXT_SIGN, "ok")

    assert terminal.devices.sign.text == "示范县"


async def test_the_agents_process_ends_cleanly_before_the_battery_does(tmp_path: Path) -> None:
    devices = Devices(tmp_path / "dev")
    agent: Program | None = None
    try:
        home = make_home(tmp_path / "home", terminal_config(devices.places))
        command = (sys.executable, "-m", "devices", "agent", "--home", str(home.path))
        agent = Program("agent", *command)
        await asyncio.to_thread(agent.wait_line, "agent ready")
        await devices.order(Kind.UPS, battery=9)
        await devices.order(Kind.UPS, mains="off")

        assert await asyncio.to_thread(agent.wait_end) == 0
        assert "battery low, stopping" in agent.output
        assert "Traceback" not in agent.output
        assert not home.socket.exists()
    finally:
        if agent is not None:
            agent.stop()
        devices.close()
