"""What a terminal says arrives once over either way; rubbish and floods stop nobody."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from controller.services.limits import Traffic
from controller.services.readings import Readings
from devices.clock import SystemClock
from devices.wire import topics
from devices.wire.messages import (
    Ack,
    AckResult,
    Hello,
    Telemetry,
    from_bytes,
    to_bytes,
)
from tests.support.mosquitto import HAS_MOSQUITTO, next_payload, until
from tests.support.push_wing import A, Running, hear, started
from tests.support.signers import FEED
from tests.support.zone_ca import (
    register,
    terminal_of,
    wall_now,
)

pytestmark = [
    pytest.mark.broker,
    pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed"),
]


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[Running]:
    async with started(tmp_path) as zone:
        yield zone


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
