"""A real broker, a real HTTPS interface and a small controller behind them, for tests of a whole agent."""

import asyncio
import base64
import ssl
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiomqtt
import msgspec
from aiohttp import web

from content.feed.entry import LogLine, head_to_bytes, line_to_bytes
from controller.broker.mosquitto import find_program
from controller.broker.pki import Issued, ZoneCa
from controller.broker.settings import BrokerSettings, DeviceAccess, access_text, config_text
from controller.push.broker_link import heed_cancellation
from devices.agent.config import Address, Home, TerminalConfig, to_toml
from devices.agent.link import LinkSettings
from devices.clock import SystemClock
from devices.wire import topics
from devices.wire.jobs import Job, JobKind, JobReport, Orders, SignedJob
from devices.wire.messages import (
    ControllerState,
    Envelope,
    Report,
    StateMessage,
    Welcome,
    from_bytes,
    to_bytes,
)
from tests.support.fake_link import FakeIntake
from tests.support.mosquitto import free_port, settings_of
from tests.support.signers import FEED, ZoneKeys
from tests.support.zone_ca import client_tls

DEVICE = "hall-01"
EMERGENCY_FEED = "emergency/519900"


class Broker:
    """One mosquitto with the controller's own configuration; `pull` is the pulled plug."""

    def __init__(self, settings: BrokerSettings) -> None:
        self.settings = settings
        settings.access.write_text(access_text([DeviceAccess(DEVICE, (FEED, EMERGENCY_FEED))]))
        settings.config.write_text(config_text(settings))
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        program = find_program("mosquitto")
        assert program is not None
        self._process = await asyncio.create_subprocess_exec(
            program, "-c", str(self.settings.config), stdout=DEVNULL, stderr=DEVNULL
        )
        async with asyncio.timeout(15):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.settings.port)
                except ConnectionRefusedError:
                    await asyncio.sleep(0.02)
                else:
                    writer.close()
                    return

    async def pull(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


@dataclass
class AgentZone:
    """The controller's side; `acknowledges` is how many of the next envelopes it answers."""

    ca: ZoneCa
    broker: Broker
    api_port: int
    keys: ZoneKeys = field(default_factory=ZoneKeys)
    intake: FakeIntake = field(default_factory=FakeIntake)
    acknowledges: int = 10_000
    reports: list[Report] = field(default_factory=list)
    states: list[StateMessage] = field(default_factory=list)
    envelopes: int = 0
    job_reports: list[JobReport] = field(default_factory=list)
    brought: dict[str, bytes] = field(default_factory=dict)
    over_https: list[str] = field(default_factory=list)
    orders: Orders = field(default_factory=Orders)
    trust: dict[str, bytes] = field(default_factory=dict)
    feeds: tuple[str, ...] = (FEED,)
    emergencies: list[LogLine] = field(default_factory=list)
    policy: bytes = b""
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    client: aiomqtt.Client | None = None

    def home(self, folder: Path, *, issued: Issued | None = None) -> Home:
        """Make the folder of a terminal as enrolment does."""
        folder.mkdir(parents=True, exist_ok=True)
        home = Home(folder)
        (issued or self.ca.issue_device(DEVICE, now=SystemClock().now())).write(folder, "client")
        home.authority.write_bytes(self.ca.certificate)
        home.config.write_text(to_toml(self.config()), "utf-8")
        return home

    def config(self) -> TerminalConfig:
        return TerminalConfig(
            id=DEVICE,
            zone="示范县",
            site="政务服务大厅",
            region="519900",
            attended=True,
            feeds=self.feeds,
            public_url="https://zone.example",
            broker=Address(host="127.0.0.1", port=self.broker.settings.port),
            api_url=f"https://127.0.0.1:{self.api_port}",
            seal_key=self.intake.seal_key,
            root=self.keys.trust_root,
            screens=(),
            demo=True,
            poll_s=1,
            scrub_s=1,
        )

    def link_settings(self, *, port: int = 0) -> LinkSettings:
        return LinkSettings(
            host="127.0.0.1",
            port=port or self.broker.settings.port,
            device=DEVICE,
            boot="00000001-aa",
            feeds=(FEED,),
            keepalive_s=15,
            longest_wait_s=0.5,
        )

    async def say(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        assert self.client is not None
        await self.client.publish(topic, payload, qos=1, retain=retain)
        heed_cancellation()

    async def serve(self) -> None:
        """Answer on the broker for ever; come back when it comes back."""
        issued = self.ca.issue_controller(now=SystemClock().now())
        while True:
            try:
                async with self._client(issued) as client:
                    self.client = client
                    await client.subscribe("z/1/d/+/#", qos=1)
                    heed_cancellation()
                    state = to_bytes(ControllerState(up=True, boot="c1"))
                    await client.publish(topics.CONTROLLER_STATE, state, qos=1, retain=True)
                    heed_cancellation()
                    async for message in client.messages:
                        assert isinstance(message.payload, bytes)
                        await self._take(message.topic.value, message.payload)
            except aiomqtt.MqttError:
                heed_cancellation()
                await asyncio.sleep(0.2)

    def _client(self, issued: Issued) -> aiomqtt.Client:
        return aiomqtt.Client(
            "127.0.0.1",
            self.broker.settings.port,
            protocol=aiomqtt.ProtocolVersion.V311,
            tls_context=client_tls(self.ca, issued, self.broker.settings.folder / "client"),
            timeout=5,
        )

    async def _take(self, topic: str, payload: bytes) -> None:
        if topic == topics.up(DEVICE, "hello"):
            await self.say(topics.down_message(DEVICE), to_bytes(self.welcome()))
        elif topic == topics.up(DEVICE, "req"):
            ack = self.intake.receive(payload)
            self.envelopes += 1
            if self.acknowledges > 0:
                self.acknowledges -= 1
                await self.say(topics.down_ack(DEVICE), to_bytes(ack))
        elif topic == topics.report(DEVICE):
            self.reports.append(from_bytes(payload, Report))
        elif topic.startswith(f"{topics.job(DEVICE)}/"):
            self.job_reports.append(from_bytes(payload, JobReport))
        elif topic == topics.state(DEVICE):
            self.states.append(from_bytes(payload, StateMessage))
        async with self.changed:
            self.changed.notify_all()

    def welcome(self) -> Welcome:
        policy = base64.b64encode(self.policy or self.keys.policy().to_bytes()).decode()
        logs = (self.keys.lines, self.emergencies)
        heads = tuple(
            base64.b64encode(head_to_bytes(self.keys.head(of=lines))).decode()
            for lines in logs
            if lines
        )
        return Welcome(policy, heads)

    async def _log(self, request: web.Request) -> web.Response:
        start = int(request.query["from"])
        is_emergency = request.match_info["feed"] == EMERGENCY_FEED
        log = self.emergencies if is_emergency else self.keys.lines
        lines = [line_to_bytes(line) for line in log[start - 1 :]]
        head = base64.b64encode(head_to_bytes(self.keys.head(of=log))).decode() if lines else ""
        return web.Response(body=msgspec.msgpack.encode(lines), headers={"X-Head": head})

    async def _hello(self, _request: web.Request) -> web.Response:
        return web.Response(body=to_bytes(self.welcome()))

    async def _up(self, request: web.Request) -> web.Response:
        data = await request.read()
        assert from_bytes(data, Envelope).device == DEVICE
        return web.Response(body=to_bytes(self.intake.receive(data)))

    async def _word(self, request: web.Request) -> web.Response:
        data, rest = await request.read(), request.match_info["rest"]
        self.over_https.append(rest)
        if rest == "rep":
            self.reports.append(from_bytes(data, Report))
        elif rest.startswith("job/"):
            self.job_reports.append(from_bytes(data, JobReport))
        return web.Response(status=204)

    async def _orders(self, _request: web.Request) -> web.Response:
        return web.Response(body=to_bytes(self.orders))

    async def _result(self, request: web.Request) -> web.Response:
        self.brought[request.match_info["id"]] = await request.read()
        return web.json_response({"sha256": "ab" * 32})

    def sign_job(self, number: int, kind: JobKind, **args: str) -> SignedJob:
        now = int(SystemClock().now().timestamp())
        job = Job(f"{number:032x}", DEVICE, number, kind, args, now, now + 600)
        log = self.keys.log
        return SignedJob(job, log.key_id, log.private.sign(job.signed_bytes()))

    async def _trust(self, request: web.Request) -> web.Response:
        data = self.trust.get(request.match_info["name"])
        return web.Response(body=data) if data is not None else web.Response(status=404)

    def api(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/f/{feed:.+}/log", self._log)
        app.router.add_post("/hello", self._hello)
        app.router.add_post("/up", self._up)
        app.router.add_post("/up/{rest:.+}", self._word)
        app.router.add_get("/orders", self._orders)
        app.router.add_put("/job/{id}/result", self._result)
        app.router.add_get("/t/{name}", self._trust)
        return app

    def server_tls(self) -> ssl.SSLContext:
        settings = self.broker.settings
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=settings.authority)
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(settings.certificate, settings.key)
        return context


@asynccontextmanager
async def running_agent_zone(folder: Path) -> AsyncIterator[AgentZone]:
    """Run broker, HTTPS interface and the small controller inside the block; the folder is there."""
    async with AsyncExitStack() as stack:
        ca = ZoneCa.open_or_create(folder / "ca", zone="test", now=SystemClock().now())
        broker = Broker(settings_of(ca, folder, port=free_port()))
        await broker.start()
        stack.push_async_callback(broker.pull)
        one = AgentZone(ca, broker, free_port())
        runner = web.AppRunner(one.api())
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, "127.0.0.1", one.api_port, ssl_context=one.server_tls()).start()
        serving = asyncio.create_task(one.serve())
        stack.push_async_callback(asyncio.wait, [serving])
        stack.callback(serving.cancel)
        yield one
