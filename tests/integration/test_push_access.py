"""Who is enrolled gets in at broker and device API, whoever is not is cut off and kept out."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Coroutine
from pathlib import Path

import aiohttp
import aiomqtt
import pytest

from controller.broker.pki import ZoneCa
from controller.services.enrolments import Enrolments
from controller.services.events import EventBus
from controller.store.terminals import Happening, revoke_terminal
from devices.clock import SystemClock
from devices.wire import topics
from devices.wire.messages import (
    Hello,
    Welcome,
    from_bytes,
    to_bytes,
)
from tests.support.mosquitto import DEADLINE_S, HAS_MOSQUITTO, next_payload, until
from tests.support.push_wing import ADMIN, EMPTY_FEED, A, Running, started
from tests.support.signers import FEED
from tests.support.zone_ca import (
    make_ca,
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
