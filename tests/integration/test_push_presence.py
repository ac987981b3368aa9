"""The desk says that a terminal is there when it is, over either way, and not when it is not."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import aiomqtt
import pytest

from devices.wire import topics
from devices.wire.messages import (
    DeviceState,
    FeedMark,
    GlassMark,
    Report,
    StateMessage,
    to_bytes,
)
from tests.support.mosquitto import DEADLINE_S, HAS_MOSQUITTO
from tests.support.push_wing import A, Running, started
from tests.support.signers import FEED

pytestmark = [
    pytest.mark.broker,
    pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed"),
]


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[Running]:
    async with started(tmp_path) as zone:
        yield zone


async def eventually(zone: Running, *, green: bool) -> None:
    """Wait until the terminal is, or is not, green."""
    async with asyncio.timeout(DEADLINE_S):
        while (await zone.wing.terminals.status(A)).green is not green:  # noqa: ASYNC110 - what is waited for is another process
            await asyncio.sleep(0.02)


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
