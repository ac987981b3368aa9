"""A card passes through the agent and nothing of it stays: not a name, not a number, not a byte of its text."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

from devices.clock import SystemClock
from devices.drivers.id_card.layouts import CardKind, IdCard, write_text
from devices.drivers.reasons import Kind
from devices.hub.place import Peripheral
from devices.ipc.client import UiClient
from devices.ipc.messages import CardSeen, CardWanted, Session
from devices.sim.id_card.reader import SimulatedReader
from devices.sim.pty_device import PtyDevice
from tests.support.device_terminal import Visitor, make_home, terminal_config
from tests.support.living_memory import living_texts
from tests.support.processes import Program

CARD = IdCard(
    kind=CardKind.RESIDENT,
    name="欧阳测试壬",
    number="519921198507070012",
    sex="1",
    nation="01",
    birth=date(1985, 7, 7),
    address="示范县示范乡无人村九十九号",
    issuer="示范县公安局",
)
SECRETS = (CARD.name, CARD.number, CARD.address)
SOON_S = 40.0
WINDOW = "memory.sock"
STEP = "a step that is held as long as it asks"
"""What proves that the window looks where it should."""


def left_in(memory: bytes) -> list[str]:
    """What of the card is in a program's memory, as text or as the reader's own bytes."""
    return [
        secret
        for secret in SECRETS
        if secret.encode() in memory or secret.encode("utf-16-le") in memory
    ]


@asynccontextmanager
async def watched_agent(folder: Path, reader: SimulatedReader) -> AsyncIterator[Visitor]:
    """A real agent process with a window into its memory, a simulated reader, and the kiosk's end of its socket."""
    link = folder / "card.tty"
    host = PtyDevice(reader, link=link, clock=SystemClock())
    thread = threading.Thread(target=host.run)
    thread.start()
    config = terminal_config({Kind.ID_CARD: Peripheral(at=str(link))})
    home = make_home(folder / "home", config)
    agent = Program(
        "agent",
        *(sys.executable, "-m", "tests.support.living_memory", str(folder / WINDOW)),
        *("devices", "agent", "--home", str(home.path)),
    )
    client = UiClient(home.socket, ui="kiosk")
    try:
        await asyncio.to_thread(agent.wait_line, "agent ready")
        client.start()
        visitor = Visitor(client)
        await visitor.connected()
        yield visitor
        assert not any(secret in agent.output for secret in SECRETS)
    finally:
        await asyncio.to_thread(client.stop)
        agent.stop()
        host.stop()
        thread.join(5)


async def test_after_the_step_the_agent_holds_nothing_of_the_card(tmp_path: Path) -> None:
    reader = SimulatedReader({"card": write_text(CARD)})
    async with watched_agent(tmp_path, reader) as visitor:
        await visitor.sees_health(Kind.ID_CARD, "ok")
        visitor.say(Session(active=True))
        visitor.say(CardWanted(step=STEP))
        reader.lay("card")
        read = await visitor.hears(CardSeen, lambda one: one.state == "read")
        during = await asyncio.to_thread(living_texts, tmp_path / WINDOW)
        reader.lay("")
        await visitor.hears(CardSeen, lambda one: one.state == "gone")
        visitor.say(CardWanted(step=""))
        visitor.say(Session(active=False))

        held = list(SECRETS)
        async with asyncio.timeout(SOON_S):
            while held:  # what the next message or the next collection frees may take a moment
                await asyncio.sleep(0.2)
                held = left_in(await asyncio.to_thread(living_texts, tmp_path / WINDOW))

    assert read.number == CARD.number
    assert STEP.encode() in during
