"""A broker that refuses a subscription is asked again: nobody stays connected and hears nothing (mqtt-v3.1.1 3.9.3)."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.push import broker_link
from controller.push.broker_link import BrokerAddress, BrokerLink, Incoming, LinkEvents
from devices.agent import link as agent_link
from devices.agent.link import REFUSED, LinkSettings, MqttLink, refused
from devices.agent.ports import Connected, LinkEvent
from devices.sim.fleet import link as fleet_link
from devices.sim.fleet.link import FleetLink
from tests.support.mosquitto import until
from tests.support.refusing_broker import RefusingBroker, refusing_broker
from tests.support.zone_ca import FEED, client_tls, make_ca, wall_now

DEVICE = "hall-01"
CODES = st.sampled_from([0, 1, REFUSED, 0xFF])


@pytest.fixture
def tls(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The broker's side and a client's."""
    ca = make_ca(tmp_path / "ca")
    issued = ca.issue_server(("localhost",), ("127.0.0.1",), now=wall_now())
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(*issued.write(tmp_path, "server"))
    return server, client_tls(ca, ca.issue_device(DEVICE, now=wall_now()), tmp_path / "client")


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agent_link, "FIRST_WAIT_S", 0.05)
    monkeypatch.setattr(agent_link, "WATCH_S", 0.02)
    monkeypatch.setattr(fleet_link, "FIRST_WAIT_S", 0.05)


def settings(port: int) -> LinkSettings:
    return LinkSettings(
        host="127.0.0.1",
        port=port,
        device=DEVICE,
        boot="b1",
        feeds=(FEED,),
        keepalive_s=15,
        longest_wait_s=0.1,
    )


Opened = Callable[[RefusingBroker], list[LinkEvent]]


@pytest.fixture(params=["agent", "fleet"])
async def opened(
    request: pytest.FixtureRequest, tls: tuple[ssl.SSLContext, ssl.SSLContext]
) -> AsyncIterator[Opened]:
    """A terminal's link, the agent's or the simulator's, and what it tells."""
    ends: list[Callable[[], object]] = []

    def begin(broker: RefusingBroker) -> list[LinkEvent]:
        events: list[LinkEvent] = []
        if request.param == "agent":
            link = MqttLink(settings(broker.port), tls=tls[1], on_event=events.append)
            link.start()
            ends.append(link.stop)
            return events
        gate = asyncio.Semaphore(1)
        fleet = FleetLink(settings(broker.port), tls=tls[1], gate=gate, on_event=events.append)
        task = asyncio.create_task(fleet.run())
        ends.append(lambda: _ended(task))
        return events

    yield begin
    for end in ends:
        ending = end()
        assert asyncio.iscoroutine(ending)
        await ending


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def connections(events: list[LinkEvent]) -> int:
    return sum(isinstance(event, Connected) for event in events)


async def test_what_was_refused_is_asked_for_again_and_counts_as_connected_anew(
    opened: Opened, tls: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    async with refusing_broker(tls=tls[0]) as broker:
        events = opened(broker)
        await until(lambda: connections(events) == 2)

        first, second = broker.asked
    assert first == settings(0).filters()
    assert second == [(topic, 0) for topic, _ in first]
    assert broker.connections == 1


async def test_what_is_never_granted_is_asked_for_alone_and_ever_more_rarely(
    opened: Opened, tls: tuple[ssl.SSLContext, ssl.SSLContext]
) -> None:
    lacking = settings(0).filters()[-1][0]
    async with refusing_broker(tls=tls[0], never=frozenset({lacking})) as broker:
        events = opened(broker)
        await until(lambda: len(broker.asked) == 4)

    assert broker.asked[2:] == [[(lacking, 0)], [(lacking, 0)]]
    assert connections(events) == 2
    assert broker.connections == 1


@given(st.lists(CODES, max_size=8), st.integers(0, 6))
def test_only_a_filter_that_was_granted_by_name_counts(codes: list[int], filters: int) -> None:
    asked = tuple(f"t{number}" for number in range(filters))

    lacking = refused(asked, codes)

    granted = {topic for topic, code in zip(asked, codes, strict=False) if code < REFUSED}
    assert set(lacking) == set(asked) - granted


class Ear:
    """The controller's end of a link."""

    def __init__(self) -> None:
        self.ups = 0

    async def up(self) -> None:
        self.ups += 1

    def down(self) -> None:
        """Nothing to do."""

    async def message(self, incoming: Incoming) -> None:
        del incoming


async def _ready() -> None:
    return


@pytest.mark.parametrize("nodes", [1, 2])
async def test_a_controller_that_is_refused_a_subscription_does_not_count_as_linked(
    tls: tuple[ssl.SSLContext, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch, *, nodes: int
) -> None:
    monkeypatch.setattr(broker_link, "WAITS_S", (0.01,))
    ear = Ear()
    async with refusing_broker(tls=tls[0]) as broker:
        address = BrokerAddress((("127.0.0.1", broker.port),) * nodes, tls[1], _ready)
        link = BrokerLink(address, boot="b")
        task = asyncio.create_task(link.run(LinkEvents(ear.up, ear.down, ear.message)))
        # One broker is asked at QoS 1, which this one never grants; a cluster at QoS 0.
        await until(lambda: broker.connections == 3 if nodes == 1 else ear.ups == 1)
        await _ended(task)

    assert ear.ups == nodes - 1
    assert {qos for asked in broker.asked for _, qos in asked} == {2 - nodes}


async def test_a_node_that_hangs_up_instead_of_answering_is_left_at_once(
    tls: tuple[ssl.SSLContext, ssl.SSLContext], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_link, "WAITS_S", (0.01,))
    monkeypatch.setattr(broker_link, "ANSWER_S", 3600.0)
    ear = Ear()
    async with (
        refusing_broker(tls=tls[0], answers_connect=False) as silent,
        refusing_broker(tls=tls[0]) as good,
    ):
        nodes = (("127.0.0.1", silent.port), ("127.0.0.1", good.port))
        link = BrokerLink(BrokerAddress(nodes, tls[1], _ready), boot="b")
        task = asyncio.create_task(link.run(LinkEvents(ear.up, ear.down, ear.message)))
        await until(lambda: ear.ups == 1)
        await _ended(task)

    assert (silent.connections, good.connections) == (1, 1)
