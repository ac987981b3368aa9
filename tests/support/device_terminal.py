"""A real agent with simulated devices around it, and a kiosk's socket to it; the controller is away."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from content.feed.policy import TrustRoot
from devices.agent.app import Agent
from devices.agent.config import Address, Home, TerminalConfig, to_toml
from devices.agent.store import open_store
from devices.clock import SystemClock
from devices.drivers.reasons import Kind
from devices.hub.place import Peripheral
from devices.ipc.client import UiClient
from devices.ipc.messages import DeviceHealth, Message, ToAgent, ToUi
from devices.sim.id_card.cards import load_cards
from devices.sim.id_card.reader import SimulatedReader
from devices.sim.keypad.keypad import SimulatedKeypad
from devices.sim.presence.radar import SimulatedRadar
from devices.sim.pty_device import PtyDevice, SimulatedDevice
from devices.sim.scanner.scanner import SimulatedScanner
from devices.sim.tcp_device import TcpDevice
from devices.sim.text_sign.sign import SimulatedBxSign
from devices.sim.ups.supply import SimulatedSupply
from tests.support.mosquitto import free_port
from tests.support.zone_ca import make_ca

M = TypeVar("M", bound=Message)
PUBLIC_URL = "https://zone.example"
DEADLINE_S = 20.0


class Devices:
    """One simulated device of each kind; orders are given as its user would."""

    def __init__(self, folder: Path) -> None:
        clock = SystemClock()
        self.card = SimulatedReader(load_cards())
        self.scanner = SimulatedScanner()
        self.radar = SimulatedRadar()
        self.sign = SimulatedBxSign()
        self.supply = SimulatedSupply()
        self.keypad = SimulatedKeypad()
        on_lines: dict[Kind, SimulatedDevice] = {
            Kind.ID_CARD: self.card,
            Kind.SCANNER: self.scanner,
            Kind.PRESENCE: self.radar,
            Kind.TEXT_SIGN: self.sign,
            Kind.KEYPAD: self.keypad,
        }
        self._hosts: dict[Kind, PtyDevice | TcpDevice] = {
            kind: PtyDevice(device, link=folder / str(kind), clock=clock)
            for kind, device in on_lines.items()
        }
        supply = TcpDevice(self.supply, link=folder / "ups", port=0, clock=clock)
        self._hosts[Kind.UPS] = supply
        self.places = {kind: Peripheral(at=str(folder / str(kind))) for kind in on_lines}
        self.places[Kind.UPS] = Peripheral(at=f"tcp://127.0.0.1:{supply.port}")
        self._threads = [threading.Thread(target=host.run) for host in self._hosts.values()]
        for thread in self._threads:
            thread.start()

    async def order(self, kind: Kind, **order: object) -> None:
        """Give an order through the control socket, as the control page does."""
        import json

        from devices.ipc.address import socket_address

        with socket_address(self._hosts[kind].control_path) as address:
            reader, writer = await asyncio.open_unix_connection(address)
        writer.write(json.dumps(order).encode() + b"\n")
        await reader.readline()
        writer.close()
        await writer.wait_closed()

    def close(self) -> None:
        for host in self._hosts.values():
            host.stop()
        for thread in self._threads:
            thread.join(10)


class Visitor:
    """The kiosk's end of the socket."""

    def __init__(self, client: UiClient) -> None:
        self._client = client
        self.heard: list[ToUi] = []

    def say(self, message: ToAgent) -> None:
        assert self._client.send(message), "the agent is away"

    async def hears(self, kind: type[M], is_it: Callable[[M], bool] = lambda _: True) -> M:
        """Return the first message of that kind that is so, waiting for it."""
        async with asyncio.timeout(DEADLINE_S):
            while True:
                self.listen()
                for message in self.heard:
                    if isinstance(message, kind) and is_it(message):
                        return message
                await asyncio.sleep(0.01)

    async def connected(self) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while not self._client.connected:  # noqa: ASYNC110 - the client is a thread
                await asyncio.sleep(0.01)

    async def sees_health(self, kind: Kind, level: str) -> DeviceHealth:
        return await self.hears(
            DeviceHealth, lambda one: one.device == str(kind) and one.level == level
        )

    def listen(self) -> None:
        self.heard += self._client.drain(1000)

    def forget(self) -> None:
        """What was heard so far is not what a test waits for next."""
        self.listen()
        self.heard.clear()


class DeviceTerminal:
    """Agent, devices and visitor."""

    def __init__(self, agent: Agent, devices: Devices, visitor: Visitor) -> None:
        self.agent = agent
        self.devices = devices
        self.visitor = visitor
        self.stop = asyncio.Event()


def terminal_config(places: Mapping[Kind, Peripheral]) -> TerminalConfig:
    return TerminalConfig(
        id="hall-01",
        zone="示范县",
        site="政务服务大厅",
        region="519900",
        attended=True,
        feeds=("gov/519900",),
        public_url=PUBLIC_URL,
        broker=Address(host="127.0.0.1", port=free_port()),
        api_url=f"https://127.0.0.1:{free_port()}",
        seal_key="ab" * 32,
        root=TrustRoot(("cd" * 32,), 1),
        screens=(),
        demo=True,
        devices=dict(places),
    )


def make_home(folder: Path, config: TerminalConfig) -> Home:
    """A terminal's folder as enrolment makes it."""
    folder.mkdir(parents=True, exist_ok=True)
    home = Home(folder)
    ca = make_ca(folder / "ca")
    ca.issue_device(config.id, now=SystemClock().now()).write(folder, "client")
    home.authority.write_bytes(ca.certificate)
    home.config.write_text(to_toml(config), "utf-8")
    return home


@asynccontextmanager
async def device_terminal(
    folder: Path, *, change: Callable[[TerminalConfig], TerminalConfig] = replace
) -> AsyncIterator[DeviceTerminal]:
    """Run all of it inside the block."""
    async with AsyncExitStack() as stack:
        devices = Devices(folder / "dev")
        stack.push_async_callback(asyncio.to_thread, devices.close)
        config = change(terminal_config(devices.places))
        home = make_home(folder / "home", config)
        store = open_store(home.store)
        stack.callback(store.close)
        agent = Agent(config, home, clock=SystemClock(), store=store)
        client = UiClient(home.socket, ui="kiosk")
        terminal = DeviceTerminal(agent, devices, Visitor(client))
        running = asyncio.create_task(agent.run(terminal.stop))
        stack.push_async_callback(asyncio.wait, [running])
        stack.callback(terminal.stop.set)
        client.start()
        stack.push_async_callback(asyncio.to_thread, client.stop)
        await terminal.visitor.connected()
        yield terminal
