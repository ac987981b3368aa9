"""Count what a real broker puts on the wire for one terminal, and keep what it said.

The controller's own push speaks through mosquitto, as it is configured by the controller, to a subscriber with a
terminal's certificate and filters. Counted is every byte of MQTT that the subscriber receives for a publication, until
a word that was said after it arrives; TLS is left out, for both sides of every comparison.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from content.feed.policy import SignedPolicy
from controller.broker.mosquitto import find_program
from controller.broker.settings import DeviceAccess
from controller.push.broker_link import BrokerAddress, BrokerLink, Incoming, LinkEvents
from controller.push.feeds import Audience, FeedPush
from controller.push.readers import Readers
from controller.push.welcome import FeedSource, Welcomer
from controller.services.events import EventBus, Published
from controller.services.terminals import Desired, Terminals
from controller.store.database import Database
from devices.clock import Clock
from devices.sim.fleet import packets
from devices.sim.fleet.packets import PacketReader, Will
from devices.wire import topics
from tests.support.brokers import Brokers, running_brokers
from tests.support.zone_ca import client_tls, wall_now

DEVICE = "counted-1"
PATIENCE_S = 60
HAS_MOSQUITTO = find_program("mosquitto") is not None


class Log(FeedSource, Desired, Protocol):
    """The published log, as pushes and statuses read it."""


@dataclass(frozen=True)
class Heard:
    """What a publication brought: bytes of MQTT, and the messages by topic."""

    size: int
    messages: tuple[tuple[str, bytes], ...]


@dataclass
class Subscriber:
    """A terminal's ear that counts."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    packets: PacketReader = field(default_factory=PacketReader)

    async def until(self, topic: str) -> Heard:
        """Return what comes before a message on a topic, that one left out."""
        size = 0
        messages: list[tuple[str, bytes]] = []
        while True:
            data = await self.reader.read(65536)
            if not data:
                raise ConnectionResetError
            size += len(data)
            for packet in self.packets.feed(data):
                if packet.mid:
                    self.writer.write(packets.puback(packet.mid))
                if packet.topic == topic:
                    end = packets.publish(packet.topic, packet.payload, mid=packet.mid)
                    return Heard(size - len(end), tuple(messages))
                if packet.kind == packets.PUBLISH:
                    messages.append((packet.topic, packet.payload))


class CountedWire:
    """The controller's push, and one subscriber behind a broker."""

    def __init__(self, push: FeedPush, link: BrokerLink, ear: Subscriber) -> None:
        self._push = push
        self._link = link
        self._ear = ear

    async def published(self, feed: str, sequence: int) -> Heard:
        """Push what was published; return what the subscriber got for it."""
        async with asyncio.timeout(PATIENCE_S):
            await self._push.say(Published(feed, sequence, "", 0))
            if not await self._link.publish(topics.down_message(DEVICE), b"end"):
                raise ConnectionResetError
            return await self._ear.until(topics.down_message(DEVICE))


class NoPolicies:
    """Nobody asks for the policy here."""

    async def current(self) -> SignedPolicy | None:
        """Return none."""
        return None


@asynccontextmanager
async def counted_wire(
    folder: Path, feed: str, *, feeds: Log, database: Database, clock: Clock
) -> AsyncIterator[CountedWire]:
    """Run broker, push and subscriber inside the block; the folder is there."""
    access = [DeviceAccess(DEVICE, (feed,))]
    async with AsyncExitStack() as stack:
        brokers = await stack.enter_async_context(running_brokers("mosquitto", folder, access))
        nodes = tuple(("127.0.0.1", port) for port in brokers.ports)
        issued = brokers.ca.issue_controller(now=wall_now())
        tls = client_tls(brokers.ca, issued, folder / "controller")
        link, up = BrokerLink(BrokerAddress(nodes, tls, _at_once), boot="b"), asyncio.Event()
        readers = Readers(clock=clock, wary_s=0.0)
        readers.begin()
        running = asyncio.create_task(link.run(LinkEvents(_told(up), _nothing, _unheard)))
        stack.push_async_callback(_ended, running)
        ear = await _subscribed(brokers, folder, feed)
        stack.callback(ear.writer.close)
        bus = EventBus()
        terminals = Terminals(database=database, desired=feeds, events=bus, clock=clock)
        push = FeedPush(
            feeds=feeds,
            welcomer=Welcomer(feeds=feeds, policies=NoPolicies()),
            audience=Audience(terminals, link, readers),
            events=bus,
            clock=clock,
        )
        async with asyncio.timeout(PATIENCE_S):
            await up.wait()
        yield CountedWire(push, link, ear)


async def _subscribed(brokers: Brokers, folder: Path, feed: str) -> Subscriber:
    tls = client_tls(brokers.ca, brokers.issue(DEVICE), folder / "terminal")
    reader, writer = await asyncio.open_connection("127.0.0.1", brokers.ports[0], ssl=tls)
    ear = Subscriber(reader, writer)
    reads = tuple(topic for way, topic in topics.device_acl(DEVICE, (feed,)) if way == "read")
    will = Will(topics.state(DEVICE), b"{}")
    # The controller's state is retained and may come at any moment; nothing else is.
    filters = tuple(topic for topic in reads if topic != topics.CONTROLLER_STATE)
    writer.write(packets.connect(DEVICE, keepalive_s=3600, will=will))
    writer.write(packets.subscribe(1, filters))
    async with asyncio.timeout(PATIENCE_S):
        found = 0
        while found < len((packets.CONNACK, packets.SUBACK)):
            found += len(ear.packets.feed(await reader.read(65536)))
    return ear


def _told(up: asyncio.Event) -> Callable[[], Awaitable[None]]:
    async def tell() -> None:
        up.set()

    return tell


def _nothing() -> None:
    """Nobody waits for the link's end."""


async def _unheard(incoming: Incoming) -> None:
    del incoming


async def _at_once() -> None:
    """The broker listens already."""


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
