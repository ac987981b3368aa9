"""The whole device side of a controller: real broker, real device API, a terminal that speaks to both."""

import asyncio
import base64
import os
import signal
import socket
import ssl
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path

import aiohttp
import aiomqtt
import msgspec
import pytest
from nacl.public import PrivateKey

from content.feed.entry import SignedHead, head_from_bytes, line_to_bytes
from content.feed.policy import SignedPolicy
from controller.auth.roles import Role
from controller.broker.pki import Issued, ZoneCa
from controller.config import ApiConfig, BrokerConfig, ZoneConfig
from controller.push.start import Outside, PushWing, open_push
from controller.services.enrolments import Enrolments
from controller.services.events import EventBus, PolicyChanged, Published
from controller.services.jobs import Jobs
from controller.services.keyring import Keyring
from controller.services.limits import Traffic
from controller.services.readings import Readings
from controller.store.database import Database
from controller.store.people import Person
from controller.store.terminals import Happening, revoke_terminal
from devices.clock import SystemClock
from devices.wire import topics
from devices.wire.jobs import MAX_RESULT, JobKind, JobReport, JobState, Orders, SignedJob
from devices.wire.messages import (
    Ack,
    AckResult,
    ControllerState,
    DeviceState,
    FeedMark,
    GlassMark,
    Hello,
    Report,
    StateMessage,
    Telemetry,
    Welcome,
    from_bytes,
    to_bytes,
)
from tests.support.mosquitto import DEADLINE_S, HAS_MOSQUITTO, free_port, next_payload, until
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

pytestmark = [
    pytest.mark.broker,
    pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed"),
]
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


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path) as zone:
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


async def test_a_terminal_that_connects_finds_the_controller_and_the_head(zone: Running) -> None:
    async with zone.mqtt() as a:
        await a.subscribe([(topics.CONTROLLER_STATE, 1), (topics.head(FEED), 1)])

        head = head_from_bytes(await hear(a, topics.head(FEED)))
        assert head.head.sequence == 1

    async with zone.mqtt() as a:
        await a.subscribe(topics.CONTROLLER_STATE, 1)
        assert from_bytes(await next_payload(a), ControllerState).up


async def test_hello_is_answered_with_policy_and_heads_once_needed(zone: Running) -> None:
    async with zone.mqtt() as a:
        await a.subscribe(topics.down_all(A), 1)

        await a.publish(topics.up(A, "hello"), to_bytes(Hello(0, {})), qos=1)
        new = from_bytes(await next_payload(a), Welcome)
        await a.publish(topics.up(A, "hello"), to_bytes(Hello(3, {})), qos=1)
        known = from_bytes(await next_payload(a), Welcome)

    assert SignedPolicy.from_bytes(base64.b64decode(new.policy)).policy.version == 3
    assert known.policy == ""
    assert [head_from_bytes(base64.b64decode(one)).head.feed for one in known.heads] == [FEED]


async def test_what_is_published_arrives_inline_with_a_new_head(zone: Running) -> None:
    async with zone.mqtt() as a:
        await a.subscribe(topics.log(FEED), 1)
        line = zone.log.keys.publish(document("D000000002"))

        zone.events.publish(Published(FEED, 2, "D000000002", 1))

        assert await hear(a, topics.log(FEED)) == line_to_bytes(line)
        await a.subscribe(topics.head(FEED), 1)
        assert head_from_bytes(await hear(a, topics.head(FEED))).head.sequence >= 1


async def test_a_line_that_is_too_large_is_promised_by_the_head_alone(zone: Running) -> None:
    text = os.urandom(60_000).hex()
    async with zone.mqtt() as a:
        await a.subscribe([(topics.log(FEED), 1), (topics.head(FEED), 1)])
        await hear(a, topics.head(FEED))
        zone.log.keys.publish(document("D000000002", text=text))

        zone.events.publish(Published(FEED, 2, "D000000002", 1))

        assert head_from_bytes(await next_payload(a)).head.sequence == 2


async def test_a_new_policy_is_said_to_everybody(zone: Running) -> None:
    async with zone.mqtt() as a:
        await a.subscribe(topics.down_all(A), 1)

        zone.events.publish(PolicyChanged(3))

        assert from_bytes(await next_payload(a), Welcome).policy


async def test_an_envelope_gets_the_same_number_over_mqtt_and_https(zone: Running) -> None:
    envelope = zone.writer.envelope("00000001")
    async with zone.mqtt() as a:
        await a.subscribe(topics.down_all(A), 1)
        await a.publish(topics.up(A, "req"), to_bytes(envelope), qos=1)
        over_mqtt = from_bytes(await next_payload(a), Ack)
    async with zone.http() as http, http.post("/up", data=to_bytes(envelope)) as answer:
        over_https = from_bytes(await answer.read(), Ack)

    assert (over_mqtt.result, over_https.result) == (AckResult.OK, AckResult.DUPLICATE)
    assert over_mqtt.number == over_https.number != ""


async def test_rubbish_is_noted_and_stops_nobody(zone: Running) -> None:
    envelope = zone.writer.envelope("00000001")
    async with zone.mqtt() as a:
        await a.subscribe(topics.down_all(A), 1)
        for topic in (topics.state(A), topics.report(A), topics.info(A), topics.up(A, "req")):
            for rubbish in (b"\xff", b"{", b"[" * 100_000, b'{"s":"gone"}', b"x" * 200_000):
                await a.publish(topic, rubbish, qos=1)
        await a.publish(topics.up(A, "alarm"), to_bytes(envelope), qos=1)
        await a.publish(topics.up(A, "req"), to_bytes(envelope), qos=1)

        assert from_bytes(await next_payload(a), Ack).result is AckResult.OK
    assert {row[2] for row in zone.audited("malformed_message")} >= {"state", "rep", "info"}


async def test_plugged_and_unplugged_the_desk_says_so(zone: Running) -> None:
    last = zone.log.keys.lines[-1].link
    report = Report(
        policy=3,
        applied={FEED: FeedMark(1, last.hash)},
        glass=(GlassMark("kiosk", {FEED: 1}), GlassMark("signage-1", {FEED: 1})),
    )
    gone = aiomqtt.Will(topics.state(A), to_bytes(StateMessage(DeviceState.LOST, "b", 1)), 1, True)
    client = zone.mqtt(will=gone)
    async with client:
        birth = to_bytes(StateMessage(DeviceState.READY, "b", 1))
        await client.publish(topics.state(A), birth, qos=1, retain=True)
        await client.publish(topics.report(A), to_bytes(report), qos=1, retain=True)
        await eventually(zone, green=True)

        # The plug: no DISCONNECT is said.
        sock = client._client.socket()
        assert isinstance(sock, socket.socket)
        sock.shutdown(socket.SHUT_RDWR)
        await eventually(zone, green=False)

    assert not (await zone.wing.terminals.status(A)).online


async def test_a_killed_broker_comes_back_with_link_and_heads(zone: Running) -> None:
    broker = zone.wing._broker
    assert broker is not None
    assert broker.pid is not None
    os.kill(broker.pid, signal.SIGKILL)

    await until(lambda: not zone.wing.terminals.link_up)
    await until(lambda: zone.wing.terminals.link_up)

    async with zone.mqtt() as a:
        await a.subscribe(topics.head(FEED), 1)
        assert head_from_bytes(await next_payload(a)).head.sequence == 1


async def test_a_terminal_enrolled_by_another_process_gets_in(zone: Running) -> None:
    issued = zone.ca.issue_device("hall-b", now=wall_now())
    await register(zone.database, terminal_of(issued, "hall-b", feeds=(FEED,)))

    async with zone.mqtt(issued) as b, asyncio.timeout(DEADLINE_S):
        await b.subscribe(topics.down_all("hall-b"), 1)
        answer = asyncio.create_task(next_payload(b))
        while not answer.done():
            await b.publish(topics.up("hall-b", "hello"), to_bytes(Hello(0, {})), qos=1)
            await asyncio.sleep(0.1)
        assert from_bytes(await answer, Welcome).heads


async def test_the_log_is_read_over_https_with_its_head(zone: Running) -> None:
    zone.log.keys.publish(document("D000000002"))
    async with zone.http() as http:
        async with http.get(f"/f/{FEED}/log", params={"from": "2"}) as answer:
            lines = msgspec.msgpack.decode(await answer.read())
            head = head_from_bytes(base64.b64decode(answer.headers["X-Head"]))
        async with http.get(f"/f/{FEED}/head") as answer:
            same = head_from_bytes(await answer.read())
        async with http.get(f"/f/{EMPTY_FEED}/log") as answer:
            empty = (msgspec.msgpack.decode(await answer.read()), answer.headers["X-Head"])

    assert lines == [line_to_bytes(zone.log.keys.lines[1])]
    assert head.head.sequence == same.head.sequence == 2
    assert empty == ([], "")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/f/gov/999999/log", 403),
        ("/f/gov/999999/head", 403),
        (f"/f/{EMPTY_FEED}/head", 404),
        (f"/f/{FEED}/log?from=0", 400),
        (f"/f/{FEED}/log?from=-1", 400),
        (f"/f/{FEED}/log?from=9999999999999999999999", 400),
        ("/b/" + "0" * 64, 404),
        ("/b/..%2f..%2fzone.db", 404),
        ("/b/" + "A" * 64, 404),
        ("/", 404),
    ],
)
async def test_what_a_terminal_may_not_have_it_does_not_get(
    zone: Running, path: str, status: int
) -> None:
    async with zone.http() as http, http.get(path) as answer:
        assert answer.status == status


async def test_a_blob_is_served_in_parts(zone: Running) -> None:
    name = "ab" * 32
    (zone.folder / "blobs").mkdir()
    (zone.folder / "blobs" / name).write_bytes(b"0123456789")

    part = {"Range": "bytes=4-6"}
    async with zone.http() as http, http.get(f"/b/{name}", headers=part) as answer:
        assert (answer.status, await answer.read()) == (206, b"456")


async def test_a_large_body_is_refused(zone: Running) -> None:
    async with zone.http() as http, http.post("/up", data=b"x" * 200_000) as answer:
        assert answer.status == 413


async def test_an_unknown_a_replaced_and_a_revoked_certificate_get_a_sentence(
    zone: Running,
) -> None:
    unknown = zone.ca.issue_device("hall-z", now=wall_now())
    replaced = zone.ca.issue_device(A, now=wall_now())
    for issued in (unknown, replaced):
        async with zone.http(zone.tls(issued)) as http, http.get(f"/f/{FEED}/head") as answer:
            assert answer.status == 403
            assert "重新登记" in (await answer.json(content_type=None))["detail"]

    async with zone.database.write() as c:
        await revoke_terminal(c, A, now=5)
    async with zone.http() as http, http.get(f"/f/{FEED}/head") as answer:
        assert answer.status == 403


async def test_a_foreign_certificate_is_refused_by_both_and_audited(
    zone: Running, tmp_path: Path
) -> None:
    foreign = make_ca(tmp_path / "foreign").issue_device(A, now=wall_now())

    with pytest.raises(aiomqtt.MqttError):
        async with zone.mqtt(foreign, patience_s=1):
            pass
    async with zone.http(zone.tls(foreign)) as http:
        with pytest.raises(aiohttp.ClientError):
            await http.get(f"/f/{FEED}/head")

    await until(lambda: len(zone.audited("foreign_certificate")) == 2)
    assert {row[2:] for row in zone.audited("foreign_certificate")} == {
        ("127.0.0.1", "foreign"),
        ("", "foreign"),
    }


async def test_a_goodbye_tells_terminals_to_keep_their_outbox(tmp_path: Path) -> None:
    async with AsyncExitStack() as outlives:
        async with running(tmp_path) as zone:
            await until(lambda: zone.wing.terminals.link_up)
            a = await outlives.enter_async_context(zone.mqtt())
            await a.subscribe(topics.CONTROLLER_STATE, 1)
            assert from_bytes(await next_payload(a), ControllerState).up

        assert not from_bytes(await next_payload(a), ControllerState).up


async def test_taken_ports_are_two_sentences_and_the_rest_goes_on(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as two,
    ):
        config = ZoneConfig(
            state=tmp_path,
            zone="测试区",
            region="519900",
            api=ApiConfig(port=one.getsockname()[1]),
            broker=BrokerConfig(port=two.getsockname()[1]),
        )
        async with running(tmp_path, config) as zone:
            await until(lambda: len(zone.wing.problems) == 2)

            said = " ".join(zone.wing.problems)
            assert "broker 的 port" in said
            assert "api 的 port" in said
            assert not (await zone.wing.terminals.status(A)).green
            ack = await zone.wing.intake.receive(zone.writer.envelope("00000001"), peer=A)
            assert ack.result is AckResult.OK


async def eventually(zone: Running, *, green: bool) -> None:
    """Wait until the terminal is, or is not, green."""
    async with asyncio.timeout(DEADLINE_S):
        while (await zone.wing.terminals.status(A)).green is not green:  # noqa: ASYNC110 - what is waited for is another process
            await asyncio.sleep(0.02)


async def test_over_https_alone_a_terminal_is_online_with_its_report(zone: Running) -> None:
    async with zone.http() as session:
        said = {
            "state": StateMessage(DeviceState.READY, "00000007-aa", 3),
            "rep": Report(policy=3, applied={FEED: FeedMark(1, zone.log.keys.lines[-1].link.hash)}),
        }
        for rest, message in said.items():
            answer = await session.post(f"/up/{rest}", data=to_bytes(message))
            assert answer.status == 204, rest

    status = await zone.wing.terminals.status(A)

    assert status.online
    assert status.last_report > 0
    async with zone.http() as session:
        bye = StateMessage(DeviceState.SLEEPING, "00000007-aa", 3)
        await session.post("/up/state", data=to_bytes(bye))
    assert not (await zone.wing.terminals.status(A)).online


async def test_a_will_over_mqtt_does_not_end_what_is_heard_over_https(zone: Running) -> None:
    terminals = zone.wing.terminals
    await terminals.said_state(A, StateMessage(DeviceState.READY, "b1", 1))
    await terminals.said_over_https(A, StateMessage(DeviceState.READY, "b1", 1))

    await terminals.said_state(A, StateMessage(DeviceState.LOST, "b1", 1))
    assert (await terminals.status(A)).online

    await terminals.said_state(A, StateMessage(DeviceState.READY, "b1", 2))
    await terminals.said_state(A, StateMessage(DeviceState.LOST, "b1", 2))
    assert not (await terminals.status(A)).online


async def test_a_job_is_kept_by_the_broker_until_it_is_over_on_both_ways(zone: Running) -> None:
    jobs = zone.jobs
    job = await jobs.order(ADMIN, A, kind=JobKind.PRINTER_TEST, args={}, reason="检查")
    async with zone.mqtt() as a, zone.http() as session:
        await a.subscribe(topics.job(A), 1)
        said = from_bytes(await hear(a, topics.job(A)), SignedJob)
        asked = from_bytes(await (await session.get("/orders")).read(), Orders)
        assert (said.job.id, asked.job) == (job.id, said)

        running = JobReport(job.id, JobState.RUNNING, 1)
        await a.publish(topics.job_report(A, job.id), to_bytes(running), qos=1)
        await until_state(jobs, job.id, JobState.RUNNING)
        done = JobReport(job.id, JobState.DONE, 2)
        answer = await session.post(f"/up/job/{job.id}", data=to_bytes(done))
        assert answer.status == 204
        assert await hear(a, topics.job(A)) == b""
        assert from_bytes(await (await session.get("/orders")).read(), Orders) == Orders()

    assert (await jobs.get(job.id)).state is JobState.DONE


async def test_what_a_job_brings_comes_over_https_from_its_own_terminal_alone(
    zone: Running,
) -> None:
    job = await zone.jobs.order(ADMIN, A, kind=JobKind.LOG_BUNDLE, args={}, reason="检查")
    async with zone.http() as session:
        too_large = await session.put(
            f"/job/{job.id}/result", data=BytesIO(b"x" * (MAX_RESULT + 1))
        )
        unknown = await session.put(f"/job/{'0' * 32}/result", data=b"x")
        good = await session.put(f"/job/{job.id}/result", data=BytesIO(b"log lines " * 100_000))

    assert (too_large.status, unknown.status, good.status) == (413, 400, 200)
    assert len((await zone.jobs.result(ADMIN, job.id)).data) == 1_000_000


async def test_a_flooding_terminal_is_put_off_and_says_hello_all_the_same(zone: Running) -> None:
    envelope = zone.writer.envelope("00000001")
    limits, now = zone.wing.intake._limits, SystemClock().monotonic() + 5
    while not limits.wait_s(A, Traffic.ENVELOPE, now=now):
        pass
    async with zone.http() as session:
        answer = await session.post("/up", data=to_bytes(envelope))
        assert answer.status == 429
        assert int(answer.headers["Retry-After"]) >= 1
        assert (await session.post("/hello", data=to_bytes(Hello(3, {})))).status == 200
    await until(lambda: zone.audited("flood") != [])

    assert zone.audited("flood") == [(A, "flood", "envelopes", "")]


async def until_state(jobs: Jobs, job: str, state: JobState) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while (await jobs.get(job)).state is not state:  # noqa: ASYNC110 - the store tells nobody
            await asyncio.sleep(0.02)


async def test_a_revoked_terminals_links_are_closed_and_it_stays_out(zone: Running) -> None:
    enrolments = Enrolments(
        database=zone.database,
        ca=ZoneCa(zone.folder / "ca"),
        audit=zone.audit,
        events=EventBus(),  # as another process: the wing hears nothing of it
        clock=SystemClock(),
    )
    async with zone.http() as session:
        assert (await session.get("/orders")).status == 200
        await cut_by(zone, enrolments.revoke(ADMIN, A, reason="设备失窃"))
        refused = await session.get("/orders")
        assert refused.status == 403
    with pytest.raises((aiomqtt.MqttError, ssl.SSLError)):
        await zone.mqtt(patience_s=1).__aenter__()

    assert zone.audited("terminal_revoked") == [("p-admin", "terminal_revoked", A, "设备失窃")]
    assert Happening.REVOKED in [one.what for one in await zone.wing.terminals.history(A)]


async def test_a_replaced_certificates_link_is_closed_and_the_new_one_stays(zone: Running) -> None:
    new = zone.ca.issue_device(A, now=wall_now())
    zone.ca.revoke(zone.issued.serial, now=wall_now())
    await cut_by(zone, register(zone.database, terminal_of(new, A, feeds=(FEED, EMPTY_FEED))))

    async with zone.mqtt(new) as a, zone.http(zone.tls(new)) as session:
        await a.subscribe(topics.CONTROLLER_STATE, 1)
        assert await next_payload(a)
        assert (await session.get("/orders")).status == 200


async def cut_by(zone: Running, deed: Coroutine[object, object, None]) -> None:
    """Return when the deed has ended a standing link of A."""
    with pytest.raises(aiomqtt.MqttError):
        await _listen_after(zone, deed)


async def _listen_after(zone: Running, deed: Coroutine[object, object, None]) -> None:
    async with zone.mqtt() as a, asyncio.timeout(DEADLINE_S):
        await deed
        async for _ in a.messages:
            pass


async def test_counters_are_kept_for_plots_but_not_a_flood_of_them(zone: Running) -> None:
    readings = Readings(database=zone.database, clock=SystemClock())
    told = Telemetry(1, 0, {"disk_free_mb": 900})
    async with zone.mqtt() as a:
        for _ in range(5):
            await a.publish(topics.telemetry(A), to_bytes(told), qos=0)
        await a.publish(topics.telemetry(A), to_bytes(replace(told, counters={"x" * 99: 1})))
        await until(lambda: zone.audited("malformed_message") != [])

    (kept,) = await readings.of(A, hours=1)
    assert kept.counters == {"disk_free_mb": 900}


async def test_over_mqtt_too_a_flood_is_put_off_and_others_are_served(zone: Running) -> None:
    b = zone.ca.issue_device("hall-b", now=wall_now())
    await register(zone.database, terminal_of(b, "hall-b", feeds=(FEED,)))
    limits, now = zone.wing.intake._limits, SystemClock().monotonic() + 5
    while not limits.wait_s(A, Traffic.ENVELOPE, now=now):
        pass
    async with zone.mqtt() as a:
        await a.subscribe(topics.down_all(A), 1)
        envelope = zone.writer.envelope("00000001")
        await a.publish(topics.up(A, "req"), to_bytes(envelope), qos=1)

        ack = from_bytes(await hear(a, topics.down_ack(A)), Ack)
        assert (ack.key, ack.result) == (envelope.key, AckResult.LATER)
        assert ack.wait_s >= 1
        await a.publish(topics.up(A, "hello"), to_bytes(Hello(3, {})), qos=1)
        assert await hear(a, topics.down_message(A))
    async with zone.http(zone.tls(b)) as session:
        assert (await session.post("/hello", data=to_bytes(Hello(3, {})))).status == 200
