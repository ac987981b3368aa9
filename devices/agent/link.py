"""The MQTT connection (paho) in threads of its own; what happens arrives in the agent's event loop.

Clean session, exact topics, QoS 1, a will that carries the same boot and connection as the birth (wire.md 9). After
a loss it waits with growing, random waits, so that a fleet does not come back in one second (wire.md 1.1).

A subscription that the broker refuses is asked for again at QoS 0, with growing waits: a cluster that has lost a node
cannot make the queues that QoS 1 needs for half a minute, and takes the rest at once. Nothing here is proven by QoS 1.
"""

import asyncio
import logging
import random
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from devices.agent import sentences
from devices.agent.diagnose import probe, why
from devices.agent.ports import Arrived, Connected, LinkEvent, Lost
from devices.wire import topics
from devices.wire.messages import DeviceState, StateMessage, to_bytes

logger = logging.getLogger(__name__)

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0
CONNECT_S = 10.0
WATCH_S = 1.0
REFUSED = 0x80
"""From here on a return code of SUBACK says no (mqtt-v3.1.1 3.9.3)."""
UNHEARD_S = 15.0
"""A broker that takes messages and acknowledges none for so long is left: one that heals after the loss of a node
keeps the connection and drops what it is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSettings:
    """Where and as whom to connect.

    Attributes:
        host, port: the broker.
        device: certificate CN = client id.
        boot: boot id of birth and will.
        feeds: feeds to subscribe.
        keepalive_s: MQTT keepalive.
        longest_wait_s: cap of the waits between attempts.
    """

    host: str
    port: int
    device: str
    boot: str
    feeds: tuple[str, ...]
    keepalive_s: int
    longest_wait_s: float = LONGEST_WAIT_S

    def filters(self) -> list[tuple[str, int]]:
        """What is subscribed: what the access list lets this device read."""
        acl = topics.device_acl(self.device, self.feeds)
        return [(topic, 1) for access, topic in acl if access == "read"]


class MqttLink:
    """Keeps one connection to the broker. Events: Connected, Lost, Arrived."""

    def __init__(
        self,
        settings: LinkSettings,
        *,
        tls: ssl.SSLContext,
        on_event: Callable[[LinkEvent], None],
    ) -> None:
        self._settings = settings
        self._tls = tls
        self._on_event = on_event
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: mqtt.Client | None = None
        self._connection = 0
        self._ready = threading.Event()
        self._ended = threading.Event()
        self._stopping = threading.Event()
        self._refusal: Lost | None = None
        self._oldest: tuple[mqtt.MQTTMessageInfo, float] | None = None
        self._asking = threading.Lock()
        self._asked: dict[int | None, tuple[str, ...]] = {}
        self._lacking: tuple[str, ...] = ()
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)

    @property
    def connected(self) -> bool:
        """Whether the broker accepts messages now."""
        return self._ready.is_set()

    def start(self) -> None:
        """Begin to connect; to be called in the event loop that wants the events."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 1) -> bool:
        """Hand a message over; see devices.agent.ports.Link."""
        client = self._client
        if client is None or not self._ready.is_set():
            return False
        said = client.publish(topic, payload, qos=qos, retain=retain)
        if self._oldest is None or self._oldest[0].is_published():
            self._oldest = (said, time.monotonic())
        return said.rc == mqtt.MQTT_ERR_SUCCESS

    def follow(self, feeds: tuple[str, ...]) -> None:
        """Subscribe to exactly these feeds, now if we are connected: that counts as having connected anew."""
        self._settings = replace(self._settings, feeds=feeds)
        client = self._client
        if client is not None and self._ready.is_set():
            self._ask(client, self._settings.filters())

    def say_ready(self) -> None:
        """Say the birth again: the broker may have dropped the first, unheard."""
        self.publish(
            topics.state(self._settings.device), self._state(DeviceState.READY), retain=True
        )

    def renew(self) -> None:
        """Leave the connection; the next one subscribes anew."""
        client = self._client
        if client is not None and self._ready.is_set():
            client.disconnect()

    async def stop(self) -> None:
        """Say that we sleep, so that the will is not sent, and end the threads."""
        await asyncio.to_thread(self._stop)

    def _stop(self) -> None:
        self._stopping.set()
        client = self._client
        if client is not None and self._ready.is_set():
            said = client.publish(
                topics.state(self._settings.device),
                self._state(DeviceState.SLEEPING),
                qos=1,
                retain=True,
            )
            with suppress(ValueError, RuntimeError):
                said.wait_for_publish(timeout=2)
            client.disconnect()
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(timeout=CONNECT_S + 5)

    def _run(self) -> None:
        wait = FIRST_WAIT_S
        while not self._stopping.is_set():
            lived = self._connect_once()
            if self._stopping.is_set():
                return
            wait = FIRST_WAIT_S if lived else min(wait * 2, self._settings.longest_wait_s)
            self._stopping.wait(random.uniform(wait / 2, wait))  # noqa: S311 - jitter, no secret

    def _connect_once(self) -> bool:
        """Connect and stay until the connection ends; say whether the broker had accepted us."""
        self._connection += 1
        self._ended.clear()
        self._refusal = None
        client = self._client = self._new_client()
        try:
            client.connect(
                self._settings.host, self._settings.port, keepalive=self._settings.keepalive_s
            )
        except (OSError, ValueError) as error:
            self._tell(why(error))
            return False
        self._oldest, self._lacking = None, ()
        self._asked.clear()
        client.loop_start()
        self._watch(client)
        lived = self._ready.is_set()
        self._ready.clear()
        client.loop_stop()
        # The last hold on it but ours: paho closes its own sockets only when it is let go.
        self._client = self._oldest = None
        if not self._stopping.is_set():
            self._tell(self._reason(lived=lived))
        return lived

    def _watch(self, client: mqtt.Client) -> None:
        """Stay until the connection ends; ask again for what was refused."""
        wait, due = FIRST_WAIT_S, 0.0
        while not self._ended.wait(WATCH_S):
            if self._is_unheard():
                client.disconnect()
            if self._lacking and time.monotonic() >= due:
                with self._asking:
                    lacking, self._lacking = self._lacking, ()
                self._ask(client, [(topic, 0) for topic in lacking])
                due, wait = time.monotonic() + wait, min(wait * 2, LONGEST_WAIT_S)

    def _ask(self, client: mqtt.Client, filters: list[tuple[str, int]]) -> None:
        with self._asking:  # the answer comes in another thread
            _, mid = client.subscribe(filters)
            self._asked[mid] = tuple(topic for topic, _ in filters)

    def _is_unheard(self) -> bool:
        oldest = self._oldest
        if oldest is None or oldest[0].is_published():
            return False
        return time.monotonic() - oldest[1] > UNHEARD_S

    def _reason(self, *, lived: bool) -> Lost:
        if self._refusal is not None:
            return self._refusal
        lost = Lost("link_lost", sentences.LINK_LOST)
        if lived:
            return lost
        return probe(self._settings.host, self._settings.port, self._tls) or lost

    def _new_client(self) -> mqtt.Client:
        # A new client each time: nothing of the old connection is sent again behind the outbox's back.
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._settings.device,
            clean_session=True,
            protocol=MQTTProtocolVersion.MQTTv311,
            reconnect_on_failure=False,
        )
        client.connect_timeout = CONNECT_S
        client.tls_set_context(self._tls)
        client.will_set(
            topics.state(self._settings.device),
            self._state(DeviceState.LOST),
            qos=1,
            retain=True,
        )
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_message = self._arrived
        client.on_subscribe = self._subscribed
        return client

    def _connected(
        self, client: mqtt.Client, _data: Any, _flags: Any, code: Any, _properties: Any
    ) -> None:
        if code.is_failure:
            self._refusal = Lost("certificate_refused", sentences.CERTIFICATE_REFUSED)
            return
        client.publish(
            topics.state(self._settings.device), self._state(DeviceState.INIT), qos=1, retain=True
        )
        self._ask(client, self._settings.filters())

    def _subscribed(
        self, client: mqtt.Client, _data: Any, mid: int, codes: Any, _properties: Any
    ) -> None:
        with self._asking:
            asked = self._asked.pop(mid, ())
            lacking = refused(asked, [one.value for one in codes])
            self._lacking = (*self._lacking, *lacking)
        if lacking:
            logger.info("subscriptions refused", extra={"number": len(lacking)})
        if asked == lacking and self._ready.is_set():
            return
        # Only now: an answer to what we say next can no longer miss us.
        client.publish(
            topics.state(self._settings.device), self._state(DeviceState.READY), qos=1, retain=True
        )
        self._ready.set()
        self._tell(Connected(self._connection))

    def _arrived(self, _client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        self._tell(Arrived(message.topic, bytes(message.payload), kept=message.retain))

    def _disconnected(
        self, _client: mqtt.Client, _data: Any, _flags: Any, _code: Any, _properties: Any
    ) -> None:
        self._ended.set()

    def _state(self, state: DeviceState) -> bytes:
        return to_bytes(StateMessage(state, self._settings.boot, self._connection))

    def _tell(self, event: LinkEvent) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has closed: nobody listens any more
                self._loop.call_soon_threadsafe(self._on_event, event)


def refused(asked: tuple[str, ...], codes: Iterable[int]) -> tuple[str, ...]:
    """Return what of a subscription was refused; an answer that is too short refuses the rest."""
    given = [*codes][: len(asked)]
    given += [REFUSED] * (len(asked) - len(given))
    return tuple(topic for topic, code in zip(asked, given, strict=True) if code >= REFUSED)
