"""Two controllers on one PostgreSQL, three NATS nodes, a fleet: leader and node are killed, nothing is lost."""

import asyncio
import json
import shutil
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from nacl.public import PublicKey
from sqlalchemy import func, select

from controller import keys
from controller.broker.pki import Issued, ZoneCa
from controller.broker.settings import DeviceAccess
from controller.enrol import enrol_terminal
from controller.store.intake import ledger
from controller.store.requests import requests
from devices.agent.config import Address, TerminalConfig
from devices.agent.link import LinkSettings
from devices.agent.ports import Arrived, LinkEvent
from devices.clock import SystemClock
from devices.sim.fleet.link import FleetLink
from devices.wire import topics
from devices.wire.messages import Ack, AckResult, Envelope, from_bytes, to_bytes
from tests.support.balancer import balancing
from tests.support.brokers import Brokers, find_nats, running_brokers
from tests.support.mosquitto import free_port
from tests.support.postgresql import HAS_POSTGRESQL, SKIPPED, running_cluster
from tests.support.zone import NOTICE, REGION, Zone, open_zone
from tests.support.zone_ca import Writer, client_tls

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(not HAS_POSTGRESQL, reason=SKIPPED),
    pytest.mark.skipif(find_nats() is None, reason="nats-server is not installed"),
]
FEED = f"gov/{REGION}"
FLEET = tuple(f"sim-{number:02}" for number in range(20))
CALLERS = ("call-1", "call-2", "call-3")
EACH = 40
PAUSE_S = 0.15
"""Between two requests of one terminal: the kill falls among them."""
CONVERGED_S = 60
PATIENCE_S = 100


@dataclass
class Controller:
    """A controller process; `leads` is what it last said of itself."""

    state: Path
    process: Process | None = None
    leads: bool = False
    said: list[str] = field(default_factory=list)

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "controller", "serve", "--state", str(self.state)),
            stdout=PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )

    async def follow(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        async for raw in self.process.stdout:
            line = raw.decode("utf-8", "replace").strip()
            if "envelope taken in" not in line:
                self.said.append(line)
            if "this controller leads" in line:
                self.leads = "no more" not in line

    async def kill(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        self.leads = False


class Caller:
    """A terminal that hands in requests one after the other, each again and again until it is acknowledged."""

    def __init__(self, name: str, issued: Issued, stage: "Stage") -> None:
        private = load_pem_private_key(issued.key, password=None)
        assert isinstance(private, EllipticCurvePrivateKey)
        seal = stage.zone.app[keys.KEYRING].seal_public
        self._writer = Writer(name, private, PublicKey(bytes.fromhex(seal)))
        self._name = name
        self._acks: dict[str, Ack] = {}
        self.link = FleetLink(
            LinkSettings(
                host="localhost",
                port=stage.mqtt_port,
                device=name,
                boot="b1",
                feeds=(),
                keepalive_s=5,
                longest_wait_s=1.0,
            ),
            tls=client_tls(stage.ca, issued, stage.folder / "callers"),
            gate=asyncio.Semaphore(4),
            on_event=self._take,
        )

    async def call(self) -> list[str]:
        """Hand in all; return the numbers given."""
        given = []
        for number in range(EACH):
            given.append(await self._one(f"{number:08}"))
            await asyncio.sleep(PAUSE_S)
        return given

    async def _one(self, rest: str) -> str:
        envelope: Envelope = self._writer.envelope(rest)
        while envelope.key not in self._acks:
            self.link.publish(topics.up(self._name, "req"), to_bytes(envelope))
            for _ in range(20):
                await asyncio.sleep(0.05)
                if envelope.key in self._acks:
                    break
        ack = self._acks[envelope.key]
        assert ack.result is not AckResult.REJECTED, ack
        return ack.number

    def _take(self, event: LinkEvent) -> None:
        if isinstance(event, Arrived) and event.topic == topics.down_ack(self._name):
            ack = from_bytes(event.payload, Ack)
            self._acks[ack.key] = ack


@dataclass
class Stage:
    """Everything that runs."""

    folder: Path
    zone: Zone
    ca: ZoneCa
    brokers: Brokers
    controllers: tuple[Controller, Controller]
    mqtt_port: int
    api_port: int
    issued: dict[str, Issued] = field(default_factory=dict)

    async def enrol(self, name: str) -> None:
        app = self.zone.app
        home = self.folder / "homes" / name
        await enrol_terminal(
            ca=self.ca,
            database=app[keys.DATABASE],
            terminal=TerminalConfig(
                id=name,
                zone="示范县",
                site="示例村",
                region=REGION,
                attended=False,
                feeds=(FEED,),
                public_url="https://zone.example",
                broker=Address(host="localhost", port=self.mqtt_port),
                api_url=f"https://localhost:{self.api_port}",
                seal_key=app[keys.KEYRING].seal_public,
                root=await app[keys.POLICIES].root(),
                screens=("signage-1",),
                demo=True,
            ),
            out=home,
            now=SystemClock().now(),
        )
        self.issued[name] = Issued(
            (home / "client.crt").read_bytes(), (home / "client.key").read_bytes(), "", 0
        )

    async def publish(self, number: int) -> None:
        """Publish at a third controller, which neither leads nor speaks with a broker."""
        title = f"示范县人民政府办公室关于第{number}号事项的通知"
        submitted = await self.zone.submitted(text=(title, *NOTICE[1:]))
        await self.zone.sign("approver", submitted.id)

    async def all_hold(self, sequence: int) -> bool:
        statuses = {one.id: one for one in await self.zone.app[keys.TERMINALS].list()}
        fleet = [statuses[name] for name in FLEET]
        return all(one.online and one.feeds[0].applied == sequence for one in fleet)


def write_zone(state: Path, *, url: str, ports: dict[str, int], nodes: tuple[int, ...]) -> None:
    urls = json.dumps([f"mqtts://localhost:{port}" for port in nodes])
    text = f"""
zone = "示范县政务公开专区"
region = "{REGION}"
database = "{url}"
[web]
port = {ports["web"]}
[api]
port = {ports["api"]}
[broker]
port = {ports["mqtt"]}
urls = {urls}
one_engine = true
"""
    (state / "zone.toml").write_text(text, "utf-8")


@asynccontextmanager
async def open_stage(folder: Path, url: str) -> AsyncIterator[Stage]:
    state, second = folder / "one", folder / "two"
    state.mkdir()
    access = [DeviceAccess(name, (FEED,)) for name in (*FLEET, *CALLERS)]
    async with AsyncExitStack() as stack:
        brokers = await stack.enter_async_context(running_brokers("nats", state, access))
        api = (free_port(), free_port())
        mqtt_port = await stack.enter_async_context(balancing(brokers.ports))
        api_port = await stack.enter_async_context(balancing(api))
        zone = await stack.enter_async_context(open_zone(state, clock=SystemClock(), database=url))
        await zone.staff()
        shutil.copytree(state / "keys", second / "keys")
        shutil.copytree(state / "ca", second / "ca")
        controllers = Controller(state), Controller(second)
        for one, port in zip(controllers, api, strict=True):
            ports = {"web": free_port(), "api": port, "mqtt": mqtt_port}
            write_zone(one.state, url=url, ports=ports, nodes=brokers.ports)
        stage = Stage(folder, zone, brokers.ca, brokers, controllers, mqtt_port, api_port)
        for name in (*FLEET, *CALLERS):
            await stage.enrol(name)
        for one in controllers:
            await one.start()
            stack.push_async_callback(one.kill)
            stack.push_async_callback(_ended, asyncio.create_task(one.follow()))
        yield stage


async def _ended(task: "asyncio.Task[object]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


@asynccontextmanager
async def running_fleet(stage: Stage) -> AsyncIterator[None]:
    homes = stage.folder / "fleet"
    homes.mkdir()
    for name in FLEET:
        (stage.folder / "homes" / name).rename(homes / name)
    command = (sys.executable, "-m", "devices", "simulate", "fleet", "--homes", str(homes))
    fleet = await asyncio.create_subprocess_exec(*command, "--real", "3", stdout=PIPE)
    try:
        yield
    finally:
        fleet.terminate()
        await fleet.communicate()


async def until_hold(stage: Stage, sequence: int, *, patience_s: float) -> None:
    try:
        async with asyncio.timeout(patience_s):
            while not await stage.all_hold(sequence):  # noqa: ASYNC110 - told through a database
                await asyncio.sleep(0.2)
    except TimeoutError:
        statuses = await stage.zone.app[keys.TERMINALS].list()
        stand = [f"{one.id} {one.code} {one.online} {one.feeds}" for one in statuses]
        logs = [
            *stand,
            *(line for one in stage.controllers for line in (f"-- {one.state.name}", *one.said)),
        ]
        pytest.fail(f"not all hold {sequence}:\n" + "\n".join(logs[-60:]))


@pytest.mark.timeout(400)
async def test_the_leader_and_a_node_are_killed_and_nothing_is_lost(tmp_path: Path) -> None:
    with running_cluster() as cluster:
        async with open_stage(tmp_path, cluster.database()) as stage, running_fleet(stage):
            await stage.publish(1)
            await until_hold(stage, 1, patience_s=PATIENCE_S)
            callers = [Caller(name, stage.issued[name], stage) for name in CALLERS]
            links = [asyncio.create_task(one.link.run()) for one in callers]
            calls = [asyncio.create_task(one.call()) for one in callers]
            await asyncio.sleep(1)
            (leader,) = [one for one in stage.controllers if one.leads]

            await asyncio.gather(stage.publish(2), leader.kill(), stage.brokers.nodes[0].kill())
            began = time.monotonic()
            await stage.publish(3)

            await until_hold(stage, 3, patience_s=CONVERGED_S)
            converged_s = time.monotonic() - began
            async with asyncio.timeout(PATIENCE_S):
                numbers = [number for given in await asyncio.gather(*calls) for number in given]
            for link in links:
                await _ended(link)
            async with stage.zone.app[keys.DATABASE].read() as c:
                registered = await c.scalar(select(func.count()).select_from(requests))
                kept = await c.scalar(select(func.count()).select_from(ledger))
                doubles = await c.scalar(select(func.sum(ledger.c.dups)))
    sent = EACH * len(CALLERS)
    sys.stdout.write(
        f"converged_s={converged_s:.1f} sent={sent} registered={registered}"
        f" lost={sent - len(set(numbers))} double={(registered or 0) - sent} absorbed={doubles}\n"
    )
    assert len(set(numbers)) == sent
    assert (registered, kept) == (sent, sent)
