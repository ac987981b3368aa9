"""The controller's own connection to the broker, kept up for ever. What to say and do is others' business.

It says its birth and leaves a will on z/1/c/state: terminals hold their outbox while nobody listens. The broker is
trusted with nothing: whoever needs something said again after a loss does it in `on_up`.
"""

import asyncio
import logging
import math
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import aiomqtt
import paho.mqtt.client as mqtt
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from typing_extensions import override

from controller.broker.pki import CONTROLLER
from devices.agent.link import REFUSED
from devices.wire import topics
from devices.wire.messages import ControllerState, to_bytes

logger = logging.getLogger(__name__)

T = TypeVar("T")
FILTERS = tuple(
    f"{topics.ROOT}/d/+/{rest}" for rest in ("state", "info", "rep", "tele", "up/+", "job/+")
)
WAITS_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
KEEPALIVE_S = 15
ANSWER_S = 10.0
SUBSCRIBED_S = 30.0
"""A node that has just lost its fellows answers a subscription late, and later still if it is asked anew elsewhere."""
STUCK_S = 30.0
"""A broker that brings messages and has acknowledged none of ours for so long is left and dialled anew."""
MOST_IN_FLIGHT = 200
"""Messages on their way to the broker before the next one waits; paho's own 20 starve a fleet that comes back."""
MOST_AT_ONCE = 100
"""Messages served before others have their turn."""
MAX_WAITING = 50_000
"""Messages that may wait for us; beyond it they are dropped and terminals say them again."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message from a terminal; `is_old` says that the broker had kept it, `via` over which link it came."""

    topic: str
    payload: bytes
    is_old: bool = False
    via: str = ""


class ControllerLink(Protocol):
    """How the controller speaks to terminals."""

    @property
    def connected(self) -> bool:
        """Whether the broker takes messages now."""
        ...

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """Say something; False if there was no link. The terminal's own answer is the only proof."""
        ...


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where the broker is, and our certificate there.

    Attributes:
        nodes: (host, port) of the listener; of several the next is tried when one does not answer.
        tls: for all of them.
        ready: waits until the broker that we mean listens there; another program may hold its port.
    """

    nodes: tuple[tuple[str, int], ...]
    tls: ssl.SSLContext
    ready: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class LinkEvents:
    """Who is told what happens on the link."""

    on_up: Callable[[], Awaitable[None]]
    on_down: Callable[[], None]
    on_message: Callable[[Incoming], Awaitable[None]]


class BrokerLink:
    """A `ControllerLink` over MQTT. `run` it as a task."""

    def __init__(self, address: BrokerAddress, *, boot: str) -> None:
        self._address = address
        self._boot = boot
        self._client: aiomqtt.Client | None = None
        self._is_lost = False
        self._node = 0
        self._acknowledged_at = 0.0
        self._is_stuck = False

    @property
    def connected(self) -> bool:
        """Whether the broker takes messages now."""
        return self._client is not None

    @property
    def _filters(self) -> list[tuple[str, int]]:
        """What we subscribe, and at which QoS.

        A cluster makes a replicated queue of each subscription at QoS 1, and for half a minute after the loss of a
        node it cannot; at QoS 0 the node that we speak with hands on what comes. What is lost is said again anyway.
        """
        qos = 1 if len(self._address.nodes) == 1 else 0
        return [(one, qos) for one in FILTERS]

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """Say something at QoS 1; False if it did not reach the broker."""
        client = self._client
        if client is None:
            return False
        try:
            await client.publish(topic, payload, qos=1, retain=retain)
        except aiomqtt.MqttError:
            heed_cancellation()
            silent_s = asyncio.get_running_loop().time() - self._acknowledged_at
            self._is_stuck = client is self._client and silent_s > STUCK_S
            return False
        heed_cancellation()
        self._acknowledged_at = asyncio.get_running_loop().time()
        return True

    async def run(self, events: LinkEvents) -> None:
        """Stay connected until cancelled."""
        tries = 0
        while True:
            try:
                await self._address.ready()
                await self._one_connection(events)
            except aiomqtt.MqttError as error:
                # A goodbye that fails comes in the place of the cancellation that asked for it.
                heed_cancellation()
                tries = 0 if self._client else tries
                self._node = (self._node + 1) % len(self._address.nodes)
                self._note_loss(error)
            finally:
                if self._client is not None:
                    self._client = None
                    events.on_down()
            # Only a round of all nodes in vain makes the next wait longer.
            rounds = tries // len(self._address.nodes)
            await asyncio.sleep(WAITS_S[min(rounds, len(WAITS_S) - 1)])
            tries += 1

    async def _one_connection(self, events: LinkEvents) -> None:
        async with self._new_client() as client:
            await self._subscribe(client)
            self._acknowledged_at, self._is_stuck = asyncio.get_running_loop().time(), False
            self._client = client
            if self._is_lost:
                logger.info("broker is back")
            self._is_lost = False
            await events.on_up()
            await self._say(client, up=True)
            heed_cancellation()
            try:
                async for message in client.messages:
                    await self._serve(message, events)
                    # What came meanwhile is taken without a task for each: a fleet speaks at once.
                    for _ in range(min(client.mailbox.qsize(), MOST_AT_ONCE)):
                        await self._serve(client.mailbox.get_nowait(), events)
                    if client.mailbox.overflowed:
                        await self._hear_again(client)
                    if self._is_stuck:
                        raise aiomqtt.MqttError("the broker acknowledges nothing")
            except asyncio.CancelledError:
                # A clean goodbye: the broker forgets the will, so we say it ourselves.
                await self._say(client, up=False)
                raise

    async def _subscribe(self, client: aiomqtt.Client) -> None:
        """Subscribe to all that terminals say.

        Raises:
            aiomqtt.MqttError: the broker refuses some of it: half of a controller must not count as one.
        """
        codes = await client.subscribe(self._filters, timeout=SUBSCRIBED_S)
        heed_cancellation()
        if any(is_refusal(code) for code in codes):
            raise aiomqtt.MqttError("the broker refuses a subscription")

    async def _say(self, client: aiomqtt.Client, *, up: bool) -> None:
        payload = to_bytes(ControllerState(up=up, boot=self._boot))
        await client.publish(topics.CONTROLLER_STATE, payload, qos=1, retain=True)

    async def _serve(self, message: aiomqtt.Message, events: LinkEvents) -> None:
        if isinstance(message.payload, bytes):
            topic = message.topic.value
            await events.on_message(Incoming(topic, message.payload, is_old=message.retain))

    async def _hear_again(self, client: "Listener") -> None:
        """Ask for all that the broker keeps: among what was dropped may be births, which nobody says twice."""
        client.mailbox.overflowed = False
        logger.warning("messages dropped", extra={"most": MAX_WAITING})
        await self._subscribe(client)

    def _new_client(self) -> "Listener":
        will = to_bytes(ControllerState(up=False, boot=self._boot))
        client = Listener(
            *self._address.nodes[self._node],
            identifier=CONTROLLER,
            protocol=aiomqtt.ProtocolVersion.V311,
            clean_session=True,
            tls_context=self._address.tls,
            will=aiomqtt.Will(topics.CONTROLLER_STATE, will, qos=1, retain=True),
            keepalive=KEEPALIVE_S,
            timeout=ANSWER_S,
            queue_type=Mailbox,
            max_queued_incoming_messages=MAX_WAITING,
            max_inflight_messages=MOST_IN_FLIGHT,
        )
        client.pending_calls_threshold = MOST_IN_FLIGHT
        return client

    def _note_loss(self, error: aiomqtt.MqttError) -> None:
        if not self._is_lost:
            logger.warning("broker lost", extra={"why": str(error)})
        self._is_lost = True


class Mailbox(asyncio.Queue[aiomqtt.Message]):
    """What waits to be served; it remembers that it had to drop something."""

    overflowed = False

    @override
    def put_nowait(self, item: aiomqtt.Message) -> None:
        if self.full():
            self.overflowed = True
        super().put_nowait(item)


class Listener(aiomqtt.Client):
    """An MQTT client whose mailbox can be emptied at once."""

    @property
    def mailbox(self) -> Mailbox:
        """What has come and was not served yet."""
        if not isinstance(self._queue, Mailbox):
            raise TypeError("made without a Mailbox")
        return self._queue

    @override
    def _on_disconnect(
        self,
        client: mqtt.Client,
        userdata: object,
        flags: mqtt.DisconnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        # aiomqtt 2.5 waits out its patience where the broker hangs up instead of answering CONNECT.
        if not self._connected.done():
            self._connected.set_exception(aiomqtt.MqttError("closed before it was accepted"))
            self._connected.exception()  # it may be that nobody waits for it any more
        super()._on_disconnect(client, userdata, flags, reason_code, properties)

    @override
    async def _wait_for(self, fut: Awaitable[T], timeout: float | None) -> T:
        """Wait for the broker's answer, and not longer than the connection lives; aiomqtt 2.5 would."""
        waiting, lost = asyncio.ensure_future(fut), self._disconnected
        either: tuple[asyncio.Future[T] | asyncio.Future[None], ...] = (waiting, lost)
        patience = self.timeout if timeout is None else timeout
        try:
            await asyncio.wait(
                either,
                timeout=None if patience == math.inf else patience,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if waiting.done():
                return waiting.result()
            if not lost.done():
                raise aiomqtt.MqttError("Operation timed out")
            if not lost.cancelled():
                lost.exception()  # it may be that nobody else asks
            raise aiomqtt.MqttError("connection lost")
        finally:
            waiting.cancel()


def is_refusal(code: int | ReasonCode) -> bool:
    """Say whether a return code of SUBACK says no (mqtt-v3.1.1 3.9.3)."""
    return (code if isinstance(code, int) else code.value) >= REFUSED


def heed_cancellation() -> None:
    """End a task that was cancelled while it waited for the broker's answer.

    Before Python 3.12 `asyncio.wait_for`, in which aiomqtt waits, forgets a cancellation that comes together with
    the answer (https://github.com/python/cpython/issues/86296); the task would live for ever and the controller
    never stop. To be removed with Python 3.11.

    Raises:
        asyncio.CancelledError: the current task was asked to end.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
