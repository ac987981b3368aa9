"""Attacks across the wire on a real controller: terminals that pretend, strangers, floods, and crooked addresses."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import aiomqtt
import pytest

from content.feed.entry import head_from_bytes, head_to_bytes
from controller.broker.pki import Issued
from controller.store.terminals import revoke_terminal
from devices.wire import topics
from devices.wire.messages import Ack, AckResult, FeedMark, Hello, Report, from_bytes, to_bytes
from tests.support.mosquitto import HAS_MOSQUITTO, next_payload, until
from tests.support.push_wing import A, Running, running
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
    await until(lambda: bool(zone.audited("envelope_rejected")))
    assert zone.audited("envelope_rejected")[0][0] == THIEF


async def test_an_envelope_signed_by_another_key(zone: Running) -> None:
    foreign = make_ca(zone.folder / "foreign").issue_device(A, now=wall_now())
    forger = replace(zone.writer, key=writer_of(foreign, A, _Seal()).key)  # type: ignore[arg-type]
    async with (
        zone.http() as http,
        http.post("/up", data=to_bytes(forger.envelope("00000002"))) as answer,
    ):
        ack = from_bytes(await answer.read(), Ack)

    assert ack.result is AckResult.REJECTED
    await until(lambda: bool(zone.audited("envelope_rejected")))


class _Seal:
    public_key = None


async def test_a_topic_outside_the_access_list(zone: Running, stolen: Issued) -> None:
    """A stolen terminal publishes heads, commands and the controller's own state: nobody hears them."""
    forged = head_to_bytes(zone.log.keys.head(at=2_000_000_000))
    async with zone.mqtt() as honest:
        await honest.subscribe([(topics.head(FEED), 1), (topics.down_all(A), 1)])
        true = await next_payload(honest)
        async with zone.mqtt(stolen) as thief:
            for topic in (topics.head(FEED), topics.log(FEED), topics.down_message(A)):
                await thief.publish(topic, forged, qos=1, retain=True)
            await thief.publish(topics.CONTROLLER_STATE, b"{}", qos=1, retain=True)
        await honest.publish(topics.up(A, "hello"), to_bytes(Hello(3, {})), qos=1)
        heard = await next_payload(honest)

    assert head_from_bytes(true).head.at < 2_000_000_000
    assert heard != forged


async def test_listening_to_everybody(zone: Running, stolen: Issued) -> None:
    async with zone.mqtt(stolen) as thief, zone.mqtt() as honest:
        for topic in ("#", "z/1/d/+/up/#", topics.down_all(A), topics.head(FEED)):
            await thief.subscribe(topic, 1)
        await honest.publish(topics.up(A, "req"), to_bytes(zone.writer.envelope("00000003")), qos=1)
        await thief.publish(topics.up(THIEF, "hello"), to_bytes(Hello(0, {})), qos=1)

        heard = [await next_payload(thief), await next_payload(thief)]

    # The controller's state is everybody's; beside it the thief hears the answer to its own hello.
    assert all(one.startswith((b'{"up"', b'{"policy"')) for one in heard)


async def test_a_feed_of_others_over_https(zone: Running, stolen: Issued) -> None:
    async with zone.http(zone.tls(stolen)) as http, http.get(f"/f/{FEED}/log?from=1") as answer:
        assert answer.status == 403


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

    await until(lambda: bool(zone.audited("foreign_certificate")))


async def test_a_revoked_certificate(zone: Running, stolen: Issued) -> None:
    """The stolen terminal is revoked: both doors close on it."""
    async with zone.database.write() as c:
        await revoke_terminal(c, THIEF, now=1)
    async with zone.http(zone.tls(stolen)) as http, http.post("/hello", data=b"{}") as answer:
        assert answer.status == 403
    await zone.wing._broker.allow(())  # type: ignore[union-attr]
    async with zone.mqtt(stolen) as thief, zone.mqtt() as ear:
        await ear.subscribe(topics.head(FEED), 1)
        await thief.subscribe(topics.down_all(THIEF), 1)
        await thief.publish(topics.up(THIEF, "hello"), to_bytes(Hello(0, {})), qos=1)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await anext(aiter(thief.messages))


async def _publish(client: aiomqtt.Client, payload: bytes) -> None:
    async with client:
        await client.publish(topics.report(THIEF), payload, qos=1)
        await next_payload(client)


async def test_an_oversize_message(zone: Running, stolen: Issued) -> None:
    """Half a megabyte into the broker, a gigabyte promised over HTTPS: the sender loses, the others go on."""
    with pytest.raises(aiomqtt.MqttError):
        await _publish(zone.mqtt(stolen, patience_s=3), bytes(500_000))
    async with zone.http(zone.tls(stolen)) as http, http.post("/up", data=bytes(300_000)) as answer:
        assert answer.status == 413
    async with zone.mqtt() as honest:
        await honest.subscribe(topics.down_all(A), 1)
        await honest.publish(topics.up(A, "req"), to_bytes(zone.writer.envelope("00000004")), qos=1)
        assert from_bytes(await next_payload(honest), Ack).result is AckResult.OK


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
