"""Attacks across the wire on a real controller: terminals that pretend, strangers, floods, and crooked addresses."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import aiohttp
import aiomqtt
import msgspec
import pytest

from content.feed.entry import head_from_bytes, head_to_bytes, line_from_bytes
from content.replica.reader import ReplicaReader
from content.replica.writer import ReplicaWriter
from controller.broker.pki import Issued
from controller.services.enrolments import Enrolments
from devices.clock import SystemClock
from devices.wire import topics
from devices.wire.messages import (
    Ack,
    AckResult,
    FeedMark,
    Hello,
    Report,
    Welcome,
    from_bytes,
    to_bytes,
)
from tests.support.mosquitto import HAS_MOSQUITTO, next_payload, until
from tests.support.push_wing import ADMIN, A, Running, running
from tests.support.signers import FEED
from tests.support.zone_ca import make_ca, register, terminal_of, wall_now, writer_of

pytestmark = [
    pytest.mark.hostile,
    pytest.mark.broker,
    pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed"),
]
THIEF = "hall-thief"


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[Running]:
    async with running(tmp_path) as zone:
        await until(lambda: zone.wing.terminals.link_up)
        yield zone


@pytest.fixture
async def stolen(zone: Running) -> Issued:
    """Another enrolled terminal, stolen: its certificate is true."""
    issued = zone.ca.issue_device(THIEF, now=wall_now())
    await register(zone.database, terminal_of(issued, THIEF, feeds=("gov/440000",)))
    async with zone.mqtt(issued) as thief, asyncio.timeout(15):
        await thief.subscribe(topics.down_all(THIEF), 1)
        answer = asyncio.create_task(next_payload(thief))
        while not answer.done():
            await thief.publish(topics.up(THIEF, "hello"), to_bytes(Hello(0, {})), qos=1)
            await asyncio.sleep(0.1)
    return issued


async def _stands(zone: Running, act: str, *, by: str = THIEF, subject: str = "") -> None:
    """The controller wrote it down, and an honest terminal still gets the true content and nothing else."""
    await until(
        lambda: any(
            row[0] == by and subject in ("", row[2]) and row[1] == act for row in zone.audit.rows
        )
    )
    assert await _glass(zone) == {"D000000001"}


async def _glass(zone: Running) -> set[str]:
    """Return what a terminal shows that asks now, over both ways, and verifies all it gets."""
    async with zone.http() as http:
        async with http.get(f"/f/{FEED}/log?from=1") as answer:
            lines = msgspec.msgpack.decode(await answer.read(), type=list[bytes])
        async with http.post("/hello", data=to_bytes(Hello(0, {}))) as answer:
            welcome = from_bytes(await answer.read(), Welcome)
    async with zone.mqtt() as honest:
        await honest.subscribe(topics.head(FEED), 1)
        said = head_from_bytes(await next_payload(honest))
    keys, path = zone.log.keys, zone.folder / "witness.db"
    path.unlink(missing_ok=True)
    with closing(ReplicaWriter(path, keys.trust_root)) as writer:
        writer.accept_policy(base64.b64decode(welcome.policy))
        now = int(wall_now().timestamp())
        writer.note_head(said, now=now)
        writer.apply(FEED, [line_from_bytes(one) for one in lines], now=now)
    with closing(ReplicaReader(path, keys.trust_root)) as reader:
        return {one.record.id for one in reader.newest("document", limit=9)}


async def _heard_by_all(
    zone: Running, forged: Sequence[tuple[str, bytes]], *, by: Issued
) -> set[bytes]:
    """Let a thief say things, retained; return what terminal and controller hear on those topics after it."""
    async with zone.mqtt() as honest, zone.mqtt(by) as thief:
        await honest.subscribe([(topics.log(FEED), 1), (topics.down_all(A), 1)])
        for topic, payload in forged:
            await thief.publish(topic, payload, qos=1, retain=True)
        await honest.publish(topics.up(A, "hello"), to_bytes(Hello(0, {})), qos=1)
        heard = {await next_payload(honest)}
        # Had anything been kept for those who come later, it would come before what was subscribed last.
        await honest.subscribe([(topics.head(FEED), 1), (topics.CONTROLLER_STATE, 1)])
        heard |= {await next_payload(honest), await next_payload(honest)}
    return heard


async def test_other_devices_certificate_reports_for_another(zone: Running, stolen: Issued) -> None:
    """A stolen terminal says that another one is green."""
    last = zone.log.keys.lines[-1].link
    lie = to_bytes(Report(policy=3, applied={FEED: FeedMark(1, last.hash)}))
    async with zone.mqtt(stolen) as thief, zone.mqtt() as honest:
        await honest.subscribe(topics.down_all(A), 1)
        await thief.publish(topics.report(A), lie, qos=1, retain=True)
        await honest.publish(topics.up(A, "hello"), to_bytes(Hello(0, {})), qos=1)
        await next_payload(honest)

    status = await zone.wing.terminals.status(A)
    assert (status.green, status.last_report) == (False, 0)
    await _stands(zone, "topic_refused", subject="say")


async def test_other_devices_certificate_hands_in_its_envelope(
    zone: Running, stolen: Issued
) -> None:
    """A request in the name of another terminal, over HTTPS with one's own certificate: refused and noted."""
    envelope = zone.writer.envelope("00000001")
    async with (
        zone.http(zone.tls(stolen)) as http,
        http.post("/up", data=to_bytes(envelope)) as answer,
    ):
        ack = from_bytes(await answer.read(), Ack)

    assert ack.result is AckResult.REJECTED
    await _stands(zone, "envelope_rejected", subject="other_device")


async def test_an_envelope_signed_by_another_key(zone: Running) -> None:
    foreign = make_ca(zone.folder / "foreign").issue_device(A, now=wall_now())
    forger = replace(zone.writer, key=writer_of(foreign, A, _Seal()).key)  # type: ignore[arg-type]
    async with (
        zone.http() as http,
        http.post("/up", data=to_bytes(forger.envelope("00000002"))) as answer,
    ):
        ack = from_bytes(await answer.read(), Ack)

    assert ack.result is AckResult.REJECTED
    await _stands(zone, "envelope_rejected", by=A, subject="bad_signature")


class _Seal:
    public_key = None


@pytest.mark.parametrize(
    "topic",
    [topics.head(FEED), topics.log(FEED), topics.down_message(A), topics.CONTROLLER_STATE],
)
async def test_a_topic_outside_the_access_list(zone: Running, stolen: Issued, topic: str) -> None:
    """A stolen terminal publishes heads, commands and the controller's own state: nobody hears them."""
    forged = head_to_bytes(zone.log.keys.head(at=2_000_000_000))

    heard = await _heard_by_all(zone, [(topic, forged)], by=stolen)

    assert forged not in heard
    await _stands(zone, "topic_refused", subject="say")


async def test_a_job_ordered_by_another_terminal(zone: Running, stolen: Issued) -> None:
    async with zone.mqtt(stolen) as thief:
        for topic in (topics.job(A), topics.want(A)):
            await thief.publish(topic, b'{"forged":1}', qos=1, retain=True)
    async with zone.mqtt() as honest:
        await honest.subscribe([(topics.job(A), 1), (topics.want(A), 1), (topics.down_all(A), 1)])
        await honest.publish(topics.up(A, "hello"), to_bytes(Hello(0, {})), qos=1)
        heard = await next_payload(honest)

    assert b"forged" not in heard
    await _stands(zone, "topic_refused", subject="say")


@pytest.mark.parametrize("topic", ["#", "z/1/d/+/up/#", topics.down_all(A), topics.head(FEED)])
async def test_listening_to_everybody(zone: Running, stolen: Issued, topic: str) -> None:
    async with zone.mqtt(stolen) as thief, zone.mqtt() as honest:
        await thief.subscribe(topic, 1)
        await thief.subscribe(topics.down_all(THIEF), 1)
        await honest.publish(topics.up(A, "req"), to_bytes(zone.writer.envelope("00000003")), qos=1)
        await thief.publish(topics.up(THIEF, "hello"), to_bytes(Hello(0, {})), qos=1)
        heard = [await next_payload(thief)]
        if topic == "#":
            heard.append(await next_payload(thief))

    # The controller's state is everybody's; beside it the thief hears the answer to its own hello.
    assert all(one.startswith((b'{"up"', b'{"policy"')) for one in heard)
    await _stands(zone, "topic_refused", subject="hear")


async def test_a_last_will_on_anothers_topic(zone: Running, stolen: Issued) -> None:
    """A stolen terminal lets the broker say after its end that the controller is away."""
    will = aiomqtt.Will(topics.CONTROLLER_STATE, b'{"up":false,"boot":"x"}', 1, retain=True)
    client = zone.mqtt(stolen, will=will)
    async with client:
        # Cut, not ended: only then is a will said.
        client._client._sock_close()

    async with zone.mqtt() as honest:
        await honest.subscribe(topics.CONTROLLER_STATE, 1)
        assert b'"up":true' in await next_payload(honest)
    await _stands(zone, "topic_refused", subject="will")


async def test_a_feed_of_others_over_https(zone: Running, stolen: Issued) -> None:
    async with zone.http(zone.tls(stolen)) as http, http.get(f"/f/{FEED}/log?from=1") as answer:
        assert answer.status == 403

    await _stands(zone, "api_refused", subject="403")


@pytest.mark.parametrize("who", ["stranger", "nobody"])
async def test_a_stranger_at_the_doors(zone: Running, who: str) -> None:
    """A certificate of another authority, or none: turned away by both listeners, and noted."""
    folder = zone.folder / "stranger"
    foreign = make_ca(folder).issue_device(A, now=wall_now()) if who == "stranger" else None
    tls = ssl.create_default_context(cafile=str(zone.ca.certificate_path))
    if foreign is not None:
        tls.load_cert_chain(*foreign.write(folder, "client"))
    with pytest.raises((aiohttp.ClientError, OSError)):
        async with zone.http(tls) as http, http.get(f"/f/{FEED}/head") as answer:
            await answer.read()
    client = aiomqtt.Client(
        "127.0.0.1", zone.config.broker.port, tls_context=tls, timeout=2, identifier=A
    )
    with pytest.raises(aiomqtt.MqttError):
        async with client:
            pass

    await _stands(zone, "foreign_certificate", by="stranger")


async def test_a_revoked_certificate(zone: Running, stolen: Issued) -> None:
    """The stolen terminal is revoked while it is connected: its link ends, both doors close on it."""
    enrolments = Enrolments(
        ca=zone.ca,
        database=zone.database,
        audit=zone.audit,
        events=zone.events,
        clock=SystemClock(),
    )
    async with zone.http(zone.tls(stolen)) as http:
        with pytest.raises(aiomqtt.MqttError):
            await _listen(zone.mqtt(stolen), enrolments.revoke(ADMIN, THIEF, reason="失窃"))
        with pytest.raises(aiomqtt.MqttError):
            async with zone.mqtt(stolen, patience_s=2):
                pass
        async with http.post("/hello", data=b"{}") as answer:
            assert answer.status == 403

    await _stands(zone, "terminal_revoked", by=ADMIN.id, subject=THIEF)
    await _stands(zone, "foreign_certificate", by="stranger")
    await _stands(zone, "api_refused", subject="403")


async def _listen(client: aiomqtt.Client, meanwhile: Coroutine[None, None, None]) -> None:
    async with client, asyncio.timeout(15):
        await meanwhile
        await anext(aiter(client.messages))


async def _publish(client: aiomqtt.Client, payload: bytes) -> None:
    async with client:
        await client.publish(topics.report(THIEF), payload, qos=1)
        await next_payload(client)


async def test_an_oversize_message(zone: Running, stolen: Issued) -> None:
    """Half a megabyte into the broker: the sender loses its link, the others go on."""
    with pytest.raises(aiomqtt.MqttError):
        await _publish(zone.mqtt(stolen, patience_s=3), bytes(500_000))

    await _stands(zone, "topic_refused", subject="oversize")
    async with zone.mqtt() as honest:
        await honest.subscribe(topics.down_all(A), 1)
        await honest.publish(topics.up(A, "req"), to_bytes(zone.writer.envelope("00000004")), qos=1)
        assert from_bytes(await next_payload(honest), Ack).result is AckResult.OK


async def test_an_oversize_body_over_https(zone: Running, stolen: Issued) -> None:
    async with zone.http(zone.tls(stolen)) as http, http.post("/up", data=bytes(300_000)) as answer:
        assert answer.status == 413

    await _stands(zone, "api_refused", subject="413")


async def test_a_flood_of_rubbish(zone: Running, stolen: Issued) -> None:
    """Two thousand unreadable messages: one finding an hour, and the honest terminal is served meanwhile."""
    async with zone.mqtt(stolen) as thief, zone.mqtt() as honest:
        await honest.subscribe(topics.down_all(A), 1)
        for _ in range(2000):
            await thief.publish(topics.report(THIEF), b"[" * 200, qos=0)
        await honest.publish(topics.up(A, "req"), to_bytes(zone.writer.envelope("00000005")), qos=1)
        assert from_bytes(await next_payload(honest), Ack).result is AckResult.OK

    await until(lambda: bool(zone.audited("malformed_message")))
    assert len(zone.audited("malformed_message")) == 1
    await _stands(zone, "malformed_message")


@pytest.mark.parametrize(
    "path",
    [
        "/t/online.key",
        "/t/..%2f..%2fzone.toml",
        "/t/%2e%2e/keys/log.key",
        "/b/..%2f..%2fkeys%2flog.key",
        "/b/" + "a" * 63,
        "/f/gov/..%2f..%2fkeys/log",
    ],
)
async def test_crooked_addresses(zone: Running, path: str) -> None:
    async with zone.http() as http, http.get(path) as answer:
        assert answer.status in {403, 404}
        assert b"key" not in await answer.read()

    await _stands(zone, "api_refused", by=A)
