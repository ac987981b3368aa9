"""What every broker must do for us, and nothing more (wire.md 0.2): one mosquitto, two of them, three NATS nodes.

The controller's own links and a terminal's own connection speak here; only the broker between them changes.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from controller.broker.settings import DeviceAccess
from controller.push.broker_link import BrokerAddress, BrokerLink, Incoming, LinkEvents
from controller.push.many_links import ManyLinks
from devices.agent.link import LinkSettings
from devices.agent.ports import Arrived, Connected, LinkEvent
from devices.sim.fleet.link import FleetLink
from devices.wire import topics
from devices.wire.messages import ControllerState, DeviceState, StateMessage, from_bytes, to_bytes
from tests.support.brokers import Brokers, find_nats, running_brokers
from tests.support.mosquitto import HAS_MOSQUITTO
from tests.support.zone_ca import FEED, client_tls, wall_now

DEADLINE_S = 90
DEVICES = tuple(f"hall-{letter}" for letter in "abcdef")
A, B = DEVICES[:2]
MOSQUITTO = pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed")
NATS = pytest.mark.skipif(find_nats() is None, reason="nats-server is not installed")
pytestmark = pytest.mark.broker


async def until(holds: Callable[[], bool], what: str) -> None:
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not holds():  # noqa: ASYNC110 - what is waited for is another process
                await asyncio.sleep(0.02)
    except TimeoutError:
        pytest.fail(f"waited in vain for {what}")


@dataclass
class Ear:
    """The controller: its links, and what it heard."""

    links: ManyLinks
    ups: int = 0
    downs: int = 0
    heard: list[Incoming] = field(default_factory=list)

    async def up(self) -> None:
        self.ups += 1

    def down(self) -> None:
        self.downs += 1

    async def message(self, via: str, incoming: Incoming) -> None:
        self.links.heard(incoming.topic, via=via)
        self.heard.append(incoming)

    def states(self, device: str) -> list[DeviceState]:
        topic = topics.state(device)
        return [from_bytes(one.payload, StateMessage).s for one in self.heard if one.topic == topic]

    def payloads(self, topic: str) -> list[bytes]:
        return [one.payload for one in self.heard if one.topic == topic]


@dataclass
class Hall:
    """A terminal's connection and what arrived over it."""

    link: FleetLink = field(init=False)
    connections: int = 0
    arrived: list[Arrived] = field(default_factory=list)

    def take(self, event: LinkEvent) -> None:
        match event:
            case Connected():
                self.connections += 1
            case Arrived():
                self.arrived.append(event)
            case _:
                pass

    def payloads(self, topic: str) -> list[bytes]:
        return [one.payload for one in self.arrived if one.topic == topic]


class Stage:
    """Brokers with a controller; terminals come by `hall`."""

    def __init__(self, brokers: Brokers, folder: Path, stack: AsyncExitStack) -> None:
        self.brokers = brokers
        self._folder = folder
        self._stack = stack
        self.ear = self._open_ear()

    def _open_ear(self) -> Ear:
        tls = client_tls(
            self.brokers.ca, self.brokers.ca.issue_controller(now=wall_now()), self._folder / "tls"
        )
        nodes = [("127.0.0.1", port) for port in self.brokers.ports]
        engines = [tuple(nodes)] if self.brokers.is_one else [(node,) for node in nodes]
        links = {
            str(engine): BrokerLink(BrokerAddress(engine, tls, _at_once), boot="c1")
            for engine in engines
        }
        ear = Ear(ManyLinks(links))
        for via, link in links.items():
            events = LinkEvents(ear.up, ear.down, partial(ear.message, via))
            self.begin(link.run(events))
        return ear

    def tls(self, device: str) -> ssl.SSLContext:
        return client_tls(self.brokers.ca, self.brokers.issue(device), self._folder / "tls")

    async def hall(self, device: str, *, node: int = 0) -> Hall:
        """Connect a terminal; with shards each has its own node."""
        hall = Hall()
        settings = LinkSettings(
            host="127.0.0.1",
            port=self.brokers.ports[node % len(self.brokers.ports)],
            device=device,
            boot="b1",
            feeds=(FEED,),
            keepalive_s=15,
            longest_wait_s=0.5,
        )
        link = FleetLink(
            settings,
            tls=self.tls(device),
            gate=asyncio.Semaphore(10),
            on_event=hall.take,
        )
        hall.link = link
        self.begin(link.run())
        await until(lambda: link.connected, f"{device} to be connected")
        return hall

    def begin(self, work: object) -> None:
        assert asyncio.iscoroutine(work)
        task = asyncio.create_task(work)
        self._stack.push_async_callback(_ended, task)


async def _ended(task: "asyncio.Task[object]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def _at_once() -> None:
    return


@asynccontextmanager
async def open_stage(kind: str, folder: Path) -> AsyncIterator[Stage]:
    access = [DeviceAccess(device, (FEED,)) for device in DEVICES]
    async with running_brokers(kind, folder, access) as brokers, AsyncExitStack() as stack:
        stage = Stage(brokers, folder, stack)
        links = 1 if brokers.is_one else len(brokers.ports)
        await until(lambda: stage.ear.ups >= links, "the controller's links")
        yield stage


@pytest.fixture(
    params=[
        pytest.param("mosquitto", marks=MOSQUITTO),
        pytest.param("shards", marks=MOSQUITTO),
        pytest.param("nats", marks=(NATS, pytest.mark.cluster)),
    ]
)
async def stage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stage]:
    async with open_stage(request.param, tmp_path) as stage:
        yield stage


async def test_what_is_said_to_all_arrives_at_all_in_its_order(stage: Stage) -> None:
    halls = [await stage.hall(device, node=n) for n, device in enumerate(DEVICES)]
    sent = [b"%d" % number * 1_000 for number in range(20)]

    for payload in sent:
        assert await stage.ear.links.publish(topics.log(FEED), payload)

    for hall in halls:
        await until(lambda hall=hall: len(hall.payloads(topics.log(FEED))) >= 20, "all lines")  # type: ignore[misc]
        assert list(dict.fromkeys(hall.payloads(topics.log(FEED)))) == sent


async def test_a_terminal_finds_head_and_controller_kept_for_it(stage: Stage) -> None:
    await stage.ear.links.publish(topics.head(FEED), b"head-1", retain=True)
    await stage.ear.links.publish(topics.head(FEED), b"head-2", retain=True)

    halls = [await stage.hall(device, node=n) for n, device in enumerate((A, B))]

    for hall in halls:
        await until(lambda hall=hall: bool(hall.payloads(topics.head(FEED))), "the head")  # type: ignore[misc]
        await until(lambda hall=hall: bool(hall.payloads(topics.CONTROLLER_STATE)), "c/state")  # type: ignore[misc]
        assert hall.payloads(topics.head(FEED))[-1] == b"head-2"
        assert from_bytes(hall.payloads(topics.CONTROLLER_STATE)[-1], ControllerState).up


async def test_an_answer_goes_to_the_one_that_asked(stage: Stage) -> None:
    a, b = await stage.hall(A, node=0), await stage.hall(B, node=1)
    a.link.publish(topics.up(A, "hello"), b"ask")
    await until(lambda: stage.ear.payloads(topics.up(A, "hello")) == [b"ask"], "the question")

    await stage.ear.links.publish(topics.down_message(A), b"answer")
    await stage.ear.links.publish(topics.down_message(B), b"for b")

    await until(lambda: a.payloads(topics.down_message(A)) == [b"answer"], "the answer")
    await until(lambda: b.payloads(topics.down_message(B)) == [b"for b"], "the other answer")
    assert {one.topic for one in b.arrived} & {topics.down_message(A)} == set()


async def test_a_cut_is_said_by_the_will_and_the_terminal_comes_back(stage: Stage) -> None:
    a = await stage.hall(A, node=1)
    await until(lambda: DeviceState.READY in stage.ear.states(A), "the birth")

    a.link.cut()

    await until(lambda: DeviceState.LOST in stage.ear.states(A), "the will")
    await until(lambda: a.connections == 2, "the second connection")
    await until(lambda: stage.ear.states(A)[-1] is DeviceState.READY, "the second birth")


async def test_a_burst_of_reports_arrives_whole(stage: Stage) -> None:
    halls = [await stage.hall(device, node=n) for n, device in enumerate(DEVICES)]
    for number in range(300):
        for device, hall in zip(DEVICES, halls, strict=True):
            assert hall.link.publish(topics.report(device), b"%d" % number + b" " * 250)

    for device in DEVICES:
        topic = topics.report(device)
        await until(
            lambda topic=topic: len(set(stage.ear.payloads(topic))) == 300,  # type: ignore[misc]
            "every report",
        )


async def test_the_largest_envelope_passes(stage: Stage) -> None:
    a = await stage.hall(A)
    envelope = bytes(range(256)) * 256

    a.link.publish(topics.up(A, "req"), envelope)

    await until(lambda: stage.ear.payloads(topics.up(A, "req")) == [envelope], "64 KB")


async def test_nobody_speaks_for_another_and_nobody_without_a_certificate(stage: Stage) -> None:
    a = await stage.hall(A)
    a.link.publish(topics.report(B), b"forged")
    a.link.publish(topics.down_ack(B), b"forged")
    async with asyncio.timeout(DEADLINE_S):
        # Some brokers end the connection of one that tries: it says the true one when it is back.
        while b"true" not in stage.ear.payloads(topics.report(A)):
            a.link.publish(topics.report(A), b"true")
            await asyncio.sleep(0.1)
    assert stage.ear.payloads(topics.report(B)) == []
    stranger = ssl.create_default_context(cafile=str(stage.brokers.ca.certificate_path))
    with pytest.raises((OSError, asyncio.IncompleteReadError)):
        await _asks(stage.brokers.ports[0], stranger)


async def _asks(port: int, tls: ssl.SSLContext) -> bytes:
    """Connect without a certificate; TLS 1.3 says no at the first read."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls)
    try:
        writer.write(b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00")
        async with asyncio.timeout(DEADLINE_S):
            return await reader.readexactly(4)
    finally:
        writer.close()


async def test_a_node_that_dies_takes_nobody_along(stage: Stage) -> None:
    """With shards the others go on; with one engine its terminals go on at another node."""
    if len(stage.brokers.nodes) == 1:
        await _restart_alone(stage)
        return
    a, b = await stage.hall(A, node=0), await stage.hall(B, node=1)
    await stage.brokers.nodes[1].kill()
    if stage.brokers.is_one:
        b = await stage.hall(B, node=2)

    async with asyncio.timeout(DEADLINE_S):
        while b"after" not in a.payloads(topics.log(FEED)):
            await stage.ear.links.publish(topics.log(FEED), b"after")
            await asyncio.sleep(0.2)
    if stage.brokers.is_one:
        await until(lambda: b"after" in b.payloads(topics.log(FEED)), "the line at the third node")


async def _restart_alone(stage: Stage) -> None:
    a = await stage.hall(A)
    node = stage.brokers.nodes[0]
    await node.kill()
    await node.start()
    await until(lambda: a.connections == 2 and stage.ear.ups == 2, "both to be back")
    await stage.ear.links.publish(topics.log(FEED), b"after")
    await until(lambda: b"after" in a.payloads(topics.log(FEED)), "the line")
    assert to_bytes(ControllerState(up=True, boot="c1")) in a.payloads(topics.CONTROLLER_STATE)
