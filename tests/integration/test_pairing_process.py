"""A fresh folder, a real controller with broker and device API, real agent processes: paired, online, renewed, out."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from controller import keys
from controller.services.pairings import Placement
from controller.store.people import Person
from devices.agent.config import Home
from tests.support.mosquitto import HAS_MOSQUITTO, free_port
from tests.support.processes import Program
from tests.support.zone import REGION, TestClock, Zone, open_zone
from tests.support.zone_ca import wall_now

pytestmark = [
    pytest.mark.broker,
    pytest.mark.timeout(120),
    pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed"),
]
PATIENCE_S = 40
PLACE = Placement("hall-1", "政务服务大厅", REGION, attended=True, screens=("signage-1",))


@dataclass
class Room:
    zone: Zone
    admin: Person

    @property
    def address(self) -> str:
        return str(self.zone.client.make_url("")).rstrip("/")

    async def is_online(self, device: str) -> bool:
        return (await self.zone.app[keys.TERMINALS].status(device)).online

    async def until_online(self, device: str, *, online: bool) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while await self.is_online(device) is not online:  # noqa: ASYNC110 - asked like a desk page
                await asyncio.sleep(0.1)


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    ports = {"broker": {"port": free_port()}, "api": {"port": free_port()}}
    async with open_zone(tmp_path / "zone", clock=TestClock(wall_now()), **ports) as zone:
        yield Room(zone, await zone.set_up())


async def test_a_fresh_folder_is_paired_comes_online_and_is_out_when_revoked(
    room: Room, tmp_path: Path
) -> None:
    home = Home(tmp_path / "home")
    command = ("-m", "devices", "agent", "--home", str(home.path), "--controller", room.address)
    with Program.python("agent", *command) as agent:
        line = await asyncio.to_thread(agent.wait_line, "配对码", timeout=PATIENCE_S)
        found = re.search("配对码：(\\S+)", line)
        assert found
        pairings = room.zone.app[keys.PAIRINGS]
        (waiting,) = await pairings.waiting(room.admin)
        await pairings.accept(room.admin, waiting.id, code=found[1], placement=PLACE)
        await asyncio.to_thread(agent.wait_line, "agent ready hall-1", timeout=PATIENCE_S)
        await room.until_online("hall-1", online=True)

        await room.zone.app[keys.ENROLMENTS].revoke(room.admin, "hall-1", reason="设备失窃")
        await asyncio.to_thread(agent.wait_line, "certificate_refused", timeout=PATIENCE_S)

    assert found[1].replace("-", "") not in "".join(
        one.read_text("utf-8", "replace") for one in home.path.glob("*") if one.is_file()
    )
