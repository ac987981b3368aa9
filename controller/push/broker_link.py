"""The controller's own connection to the broker, kept up for ever. What to say and do is others' business.

It says its birth and leaves a will on z/1/c/state: terminals hold their outbox while nobody listens. The broker is
trusted with nothing: whoever needs something said again after a loss does it in `on_up`.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import aiomqtt

from controller.broker.pki import CONTROLLER
from devices.wire import topics
from devices.wire.messages import ControllerState, to_bytes

logger = logging.getLogger(__name__)

FILTERS = tuple(
    f"{topics.ROOT}/d/+/{rest}" for rest in ("state", "info", "rep", "tele", "up/+", "job/+")
)
WAITS_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
KEEPALIVE_S = 15
ANSWER_S = 10.0
MAX_WAITING = 20_000
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

    @property
    def connected(self) -> bool:
        """Whether the broker takes messages now."""
        return self._client is not None

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """Say something at QoS 1; False if it did not reach the broker."""
        client = self._client
        if client is None:
            return False
        try:
            await client.publish(topic, payload, qos=1, retain=retain)
        except aiomqtt.MqttError:
            return False
        heed_cancellation()
        return True

    async def run(self, events: LinkEvents) -> None:
        """Stay connected until cancelled."""
        tries = 0
        while True:
            try:
                await self._address.ready()
                await self._one_connection(events)
            except aiomqtt.MqttError as error:
                tries = 0 if self._client else tries
                self._node = (self._node + 1) % len(self._address.nodes)
                self._note_loss(error)
            finally:
                if self._client is not None:
                    self._client = None
                    events.on_down()
            await asyncio.sleep(WAITS_S[min(tries, len(WAITS_S) - 1)])
            tries += 1

    async def _one_connection(self, events: LinkEvents) -> None:
        async with self._new_client() as client:
            await client.subscribe([(one, 1) for one in FILTERS])
            heed_cancellation()
            self._client = client
            if self._is_lost:
                logger.info("broker is back")
            self._is_lost = False
            await events.on_up()
            await self._say(client, up=True)
            heed_cancellation()
            try:
                async for message in client.messages:
                    payload = message.payload
                    if isinstance(payload, bytes):
                        incoming = Incoming(message.topic.value, payload, is_old=message.retain)
                        await events.on_message(incoming)
            except asyncio.CancelledError:
                # A clean goodbye: the broker forgets the will, so we say it ourselves.
                await self._say(client, up=False)
                raise

    async def _say(self, client: aiomqtt.Client, *, up: bool) -> None:
        payload = to_bytes(ControllerState(up=up, boot=self._boot))
        await client.publish(topics.CONTROLLER_STATE, payload, qos=1, retain=True)

    def _new_client(self) -> aiomqtt.Client:
        will = to_bytes(ControllerState(up=False, boot=self._boot))
        return aiomqtt.Client(
            *self._address.nodes[self._node],
            identifier=CONTROLLER,
            protocol=aiomqtt.ProtocolVersion.V311,
            clean_session=True,
            tls_context=self._address.tls,
            will=aiomqtt.Will(topics.CONTROLLER_STATE, will, qos=1, retain=True),
            keepalive=KEEPALIVE_S,
            timeout=ANSWER_S,
            max_queued_incoming_messages=MAX_WAITING,
        )

    def _note_loss(self, error: aiomqtt.MqttError) -> None:
        if not self._is_lost:
            logger.warning("broker lost", extra={"why": str(error)})
        self._is_lost = True


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
