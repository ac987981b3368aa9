"""The whole device side of a controller, running: real broker, real device API, and a terminal's certificate."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import aiomqtt
from nacl.public import PrivateKey

from content.feed.entry import SignedHead, line_to_bytes
from content.feed.policy import SignedPolicy
from controller.auth.roles import Role
from controller.broker.pki import Issued, ZoneCa
from controller.config import ApiConfig, BrokerConfig, ZoneConfig
from controller.push.start import Outside, PushWing, open_push
from controller.services.events import EventBus
from controller.services.jobs import Jobs
from controller.services.keyring import Keyring
from controller.store.database import Database
from controller.store.people import Person
from devices.clock import SystemClock
from tests.support.mosquitto import DEADLINE_S, free_port, until
from tests.support.signers import FEED, ZoneKeys, document
from tests.support.zone_ca import (
    FakeAudit,
    FakeRequests,
    Writer,
    client_tls,
    make_ca,
    open_database,
    register,
    terminal_of,
    wall_now,
    writer_of,
)

A = "hall-a"
ADMIN = Person("p-admin", "管理员甲", "admin", frozenset({Role.ADMINISTRATOR}))
EMPTY_FEED = "gov/510000"


@dataclass
class Log:
    """A feed's log and policy, as the publishing side would give them."""

    keys: ZoneKeys = field(default_factory=ZoneKeys)

    async def page(self, feed: str, start: int) -> tuple[bytes, ...]:
        lines = self.keys.lines if feed == FEED else ()
        return tuple(line_to_bytes(one) for one in lines[start - 1 :])

    async def head(self, feed: str) -> SignedHead | None:
        return self.keys.head() if feed == FEED and self.keys.lines else None

    async def sequences(self) -> Mapping[str, tuple[int, str]]:
        last = self.keys.lines[-1].link
        return {FEED: (last.sequence, last.hash)}

    async def current(self) -> SignedPolicy | None:
        return self.keys.policy(version=3)


@dataclass
class Running:
    """A wing that runs, and the terminal A with its certificate."""

    wing: PushWing
    config: ZoneConfig
    log: Log
    events: EventBus
    database: Database
    audit: FakeAudit
    ca: ZoneCa
    folder: Path
    issued: Issued
    writer: Writer
    jobs: Jobs

    def tls(self, issued: Issued | None = None) -> ssl.SSLContext:
        return client_tls(self.ca, issued or self.issued, self.folder / "clients")

    def mqtt(
        self,
        issued: Issued | None = None,
        *,
        will: aiomqtt.Will | None = None,
        patience_s: float = 5,
    ) -> aiomqtt.Client:
        return aiomqtt.Client(
            "127.0.0.1",
            self.config.broker.port,
            identifier="x",
            protocol=aiomqtt.ProtocolVersion.V311,
            tls_context=self.tls(issued),
            will=will,
            timeout=patience_s,
        )

    @asynccontextmanager
    async def http(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[aiohttp.ClientSession]:
        connector = aiohttp.TCPConnector(ssl=tls or self.tls())
        base = f"https://localhost:{self.config.api.port}"
        async with aiohttp.ClientSession(base, connector=connector) as session:
            yield session

    def audited(self, act: str) -> list[tuple[str, str, str, str]]:
        return [row for row in self.audit.rows if row[1] == act]


@asynccontextmanager
async def running(folder: Path, config: ZoneConfig | None = None) -> AsyncIterator[Running]:
    config = config or ZoneConfig(
        state=folder,
        zone="测试区",
        region="519900",
        api=ApiConfig(port=free_port()),
        broker=BrokerConfig(port=free_port()),
    )
    ca, seal, log = make_ca(folder / "ca"), PrivateKey.generate(), Log()
    log.keys.publish(document("D000000001"))
    issued = ca.issue_device(A, now=wall_now())
    async with open_database(folder) as database:
        await register(database, terminal_of(issued, A, feeds=(FEED, EMPTY_FEED)))
        events, audit, requests = EventBus(), FakeAudit(), FakeRequests()
        await requests.open(database)
        jobs = Jobs(
            database=database,
            audit=audit,
            events=events,
            keyring=Keyring(log=b"l" * 32, seal=bytes(seal), rest=b"r" * 32),
            clock=SystemClock(),
        )
        outside = Outside(
            config=config,
            database=database,
            events=events,
            audit=audit,
            clock=SystemClock(),
            feeds=log,
            policies=log,
            requests=requests,
            seal_key=bytes(seal),
            jobs=jobs,
        )
        async with open_push(outside) as wing:
            yield Running(
                wing, config, log, events, database, audit, ca, folder, issued,
                writer_of(issued, A, seal), jobs,
            )  # fmt: skip


@asynccontextmanager
async def started(folder: Path) -> AsyncIterator[Running]:
    """A wing without problems, and linked to its broker."""
    async with running(folder) as zone:
        assert zone.wing.problems == ()
        await until(lambda: zone.wing.terminals.link_up)
        yield zone


async def hear(client: aiomqtt.Client, topic: str) -> bytes:
    """Return the next payload of one topic."""
    async with asyncio.timeout(DEADLINE_S):
        async for message in client.messages:
            if message.topic.value == topic:
                assert isinstance(message.payload, bytes)
                return message.payload
    raise AssertionError
