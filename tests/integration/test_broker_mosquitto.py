"""A real mosquitto under our care: who comes in, what they may say, and what happens when it dies."""

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiomqtt
import pytest

from controller.broker.mosquitto import BrokerProblem
from controller.broker.refusals import Refusal
from controller.broker.settings import DeviceAccess
from devices.wire import topics
from tests.support.mosquitto import (
    DEADLINE_S,
    HAS_MOSQUITTO,
    Zone,
    next_payload,
    running_zone,
    until,
)
from tests.support.zone_ca import FEED, make_ca, wall_now

pytestmark = [
    pytest.mark.broker,
    pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed"),
]
A, B = "hall-a", "hall-b"
BOTH = (DeviceAccess(A, (FEED,)), DeviceAccess(B, ("gov/999999",)))


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[Zone]:
    async with running_zone(tmp_path) as zone:
        await zone.broker.started()
        await zone.broker.allow(BOTH)
        yield zone


def device(zone: Zone, name: str) -> aiomqtt.Client:
    return zone.client(zone.ca.issue_device(name, now=wall_now()))


def controller(zone: Zone) -> aiomqtt.Client:
    return zone.client(zone.ca.issue_controller(now=wall_now()))


async def test_a_device_cannot_speak_as_another(zone: Zone) -> None:
    async with controller(zone) as ear, device(zone, A) as a:
        await ear.subscribe(f"{topics.ROOT}/#", qos=1)

        await a.publish(topics.report(B), b"forged", qos=1)
        await a.publish(topics.down_ack(B), b"forged", qos=1)
        await a.publish(topics.head(FEED), b"forged", qos=1, retain=True)
        await a.publish(topics.CONTROLLER_STATE, b"forged", qos=1, retain=True)
        await a.publish(topics.report(A), b"true", qos=1)

        # The broker keeps the order of one client: had a forged one passed, it would come first.
        assert await next_payload(ear) == b"true"


async def test_a_device_cannot_listen_to_another_nor_to_feeds_of_others(zone: Zone) -> None:
    async with device(zone, B) as b, controller(zone) as voice:
        for topic in (
            topics.down_all(A),
            topics.head(FEED),
            topics.report(A),
            "#",
            "z/1/d/+/down/#",
        ):
            await b.subscribe(topic, qos=1)
        await b.subscribe(topics.down_all(B), qos=1)

        await voice.publish(topics.down_ack(A), b"for a", qos=1)
        await voice.publish(topics.head(FEED), b"for a", qos=1)
        await voice.publish(topics.down_ack(B), b"for b", qos=1)

        assert await next_payload(b) == b"for b"


async def test_a_terminal_that_is_not_enrolled_may_say_nothing(zone: Zone) -> None:
    async with controller(zone) as ear, device(zone, "hall-z") as z, device(zone, A) as a:
        await ear.subscribe(f"{topics.ROOT}/#", qos=1)

        await z.publish(topics.report("hall-z"), b"stranger", qos=1)
        await a.publish(topics.report(A), b"true", qos=1)

        assert await next_payload(ear) == b"true"


async def test_a_certificate_of_another_authority_is_refused_and_noticed(
    zone: Zone, tmp_path: Path
) -> None:
    foreign = make_ca(tmp_path / "foreign").issue_device(A, now=wall_now())

    with pytest.raises(aiomqtt.MqttError):
        async with zone.client(foreign, patience_s=1):
            pass

    await until(lambda: bool(zone.refused))
    assert (zone.refused[0].why, zone.refused[0].address) == (Refusal.FOREIGN, "127.0.0.1")


async def test_no_certificate_is_refused_and_noticed(zone: Zone) -> None:
    with pytest.raises(aiomqtt.MqttError):
        async with zone.client(None, patience_s=1):
            pass

    await until(lambda: bool(zone.refused))
    assert zone.refused[0].why is Refusal.NO_CERTIFICATE


async def test_a_revoked_certificate_is_refused_after_a_reload(zone: Zone) -> None:
    issued = zone.ca.issue_device(A, now=wall_now())
    async with zone.client(issued):
        pass

    zone.ca.revoke(issued.serial, now=wall_now())
    await zone.broker.allow(BOTH)

    await until_refused(zone.client(issued, patience_s=1))


async def test_a_terminal_enrolled_later_comes_in_without_a_restart(zone: Zone) -> None:
    pid = zone.broker.pid
    await zone.broker.allow((*BOTH, DeviceAccess("hall-c", (FEED,))))

    async with controller(zone) as ear, device(zone, "hall-c") as c:
        await ear.subscribe(topics.report("hall-c"), qos=1)
        heard = asyncio.create_task(next_payload(ear))
        async with asyncio.timeout(DEADLINE_S):
            # mosquitto reads the list when it gets to it.
            while not heard.done():
                await c.publish(topics.report("hall-c"), b"here", qos=1)
        assert await heard == b"here"

    assert zone.broker.pid == pid


async def test_a_retained_head_waits_for_who_comes_later(zone: Zone) -> None:
    async with controller(zone) as voice:
        await voice.publish(topics.head(FEED), b"head", qos=1, retain=True)

    async with device(zone, A) as a:
        await a.subscribe(topics.head(FEED), qos=1)
        assert await next_payload(a) == b"head"


async def test_the_client_id_is_the_certificates_name_so_nobody_is_pushed_out(zone: Zone) -> None:
    async with device(zone, A) as a, device(zone, B):
        # Both said the same client id; the first one is still there.
        await a.subscribe(topics.down_all(A), qos=1)
        async with controller(zone) as voice:
            await voice.publish(topics.down_ack(A), b"still here", qos=1)

        assert await next_payload(a) == b"still here"


async def test_a_packet_over_the_limit_ends_the_connection_not_the_broker(zone: Zone) -> None:
    pid = zone.broker.pid

    issued = zone.ca.issue_device(A, now=wall_now())

    async def shout() -> None:
        async with zone.client(issued, patience_s=1) as a:
            await a.publish(topics.report(A), b"x" * 400_000, qos=1)

    with pytest.raises(aiomqtt.MqttError):
        await shout()

    assert zone.broker.pid == pid


async def test_a_killed_broker_is_started_again(zone: Zone) -> None:
    pid = zone.broker.pid
    assert pid is not None

    os.kill(pid, signal.SIGKILL)

    await until(lambda: zone.broker.pid not in {pid, None})
    assert zone.broker.problem is None
    async with device(zone, A):
        pass


async def test_a_port_that_is_taken_is_a_sentence_and_heals_itself(tmp_path: Path) -> None:
    with socket.socket() as holder:
        async with running_zone(tmp_path) as zone:
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            holder.bind(("127.0.0.1", zone.settings.port))
            holder.listen()

            with pytest.raises(BrokerProblem) as caught:
                await zone.broker.started()
            said = str(caught.value)
            assert str(zone.settings.port) in said
            assert f"进程号 {os.getpid()}" in said
            assert "broker 的 port" in said

            holder.close()
            await until(lambda: zone.broker.problem is None)


async def test_a_missing_program_is_a_sentence(tmp_path: Path) -> None:
    async with running_zone(tmp_path, program="no-such-mosquitto") as zone:
        with pytest.raises(BrokerProblem, match="apt-get install mosquitto"):
            await zone.broker.started()


async def test_the_broker_ends_with_its_controller(tmp_path: Path) -> None:
    async with running_zone(tmp_path) as zone:
        await zone.broker.started()
        pid = zone.broker.pid
    assert pid is not None

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def until_refused(client: aiomqtt.Client) -> None:
    """Connect again and again until the door is shut."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            try:
                async with client:
                    await asyncio.sleep(0.02)
            except aiomqtt.MqttError:
                return
