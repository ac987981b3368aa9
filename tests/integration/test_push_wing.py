"""What the controller says over a real broker: heads, lines, policy, its own coming and going."""

import base64
import os
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest

from content.feed.entry import head_from_bytes, line_to_bytes
from content.feed.policy import SignedPolicy
from content.feed.together import apart
from controller.config import ApiConfig, BrokerConfig, ZoneConfig
from controller.push.readers import Readers
from controller.services.events import PolicyChanged, Published
from devices.wire import topics
from devices.wire.messages import (
    LINES_WITH_HEADS,
    AckResult,
    ControllerState,
    Hello,
    Welcome,
    from_bytes,
    to_bytes,
)
from tests.support.mosquitto import HAS_MOSQUITTO, next_payload, until
from tests.support.push_wing import A, Running, hear, running, started
from tests.support.signers import FEED, document

pytestmark = [
    pytest.mark.broker,
    pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed"),
]


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[Running]:
    async with started(tmp_path) as zone:
        yield zone


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


async def test_a_line_brings_its_head_once_everybody_says_that_it_reads_this(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("controller.push.start.Readers", partial(Readers, wary_s=0.0))
    async with started(tmp_path) as zone, zone.mqtt() as a:
        await a.subscribe([(topics.down_all(A), 1), (topics.log(FEED), 1)])
        said = []
        for number, reads in ((2, 1), (3, LINES_WITH_HEADS)):
            hello = to_bytes(Hello(3, {}, reads=reads))
            await a.publish(topics.up(A, "hello"), hello, qos=1)
            await hear(a, topics.down_message(A))
            zone.log.keys.publish(document(f"D{number:09d}"))
            zone.events.publish(Published(FEED, number, f"D{number:09d}", 1))
            said.append(apart(await hear(a, topics.log(FEED))))

    lines = [line_to_bytes(one) for one in zone.log.keys.lines[1:]]
    assert [one.line for one in said] == lines
    assert said[0].head == b""
    assert head_from_bytes(said[1].head).head.link == zone.log.keys.lines[-1].link.hash


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
