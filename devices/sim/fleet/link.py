"""One simulated terminal's connection: the agent's Link (devices.agent.ports) without a thread of its own.

Birth, will and numbering are those of devices.agent.link; only the transport differs.
"""

import asyncio
import random
import ssl
from collections.abc import Callable
from contextlib import suppress

from typing_extensions import override

from devices.agent.link import (
    CONNECT_S,
    FIRST_WAIT_S,
    LONGEST_WAIT_S,
    UNHEARD_S,
    LinkSettings,
    refused,
)
from devices.agent.ports import Arrived, Connected, LinkEvent, Lost
from devices.sim.fleet import packets
from devices.sim.fleet.packets import BadPacket, Packet, PacketReader, Will
from devices.wire import topics
from devices.wire.messages import DeviceState, StateMessage, to_bytes

_LOST = Lost("link_lost", "")
_SUBSCRIPTION = 1
WATCH_S = 5.0
MANY_AT_ONCE_S = 6
"""A storm queues at the broker: a handshake may take so many times the usual patience."""


class Refused(ConnectionError):
    """The broker said no; the number is its MQTT return code."""


class Wire(asyncio.Protocol):
    """The bytes of one connection."""

    def __init__(self, link: "FleetLink") -> None:
        self._link = link
        self._reader = PacketReader()
        self._transport: asyncio.WriteTransport | None = None
        self.ended = asyncio.Event()
        self.up = asyncio.get_running_loop().create_future()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):  # what a stream's is
            self._transport = transport
        self.write(self._link.opening())

    @override
    def data_received(self, data: bytes) -> None:
        try:
            for packet in self._reader.feed(data):
                self._link.take(self, packet)
        except BadPacket:
            self.cut()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self.ended.set()
        if not self.up.done():
            self.up.set_exception(exc or ConnectionResetError())

    def write(self, data: bytes) -> bool:
        """Send bytes; False if the connection is gone."""
        if self._transport is None or self._transport.is_closing():
            return False
        self._transport.write(data)
        return True

    def cut(self) -> None:
        """Pull the plug: no goodbye, so that the broker says the will."""
        if self._transport is not None:
            self._transport.abort()

    async def close(self, last: bytes) -> None:
        """Say goodbye."""
        if self.write(last) and self._transport is not None:
            self._transport.close()
            await self.ended.wait()


class FleetLink:
    """Keeps one connection up. `run` it as a task; `cut`, `hold` and `let_go` are what faults do to it."""

    def __init__(
        self,
        settings: LinkSettings,
        *,
        tls: ssl.SSLContext | None,
        gate: asyncio.Semaphore,
        on_event: Callable[[LinkEvent], None],
        also: tuple[str, ...] = (),
    ) -> None:
        self._settings = settings
        self._topics = (*(topic for topic, _ in settings.filters()), *also)
        self._tls = tls
        self._gate = gate
        self._on_event = on_event
        self._wire: Wire | None = None
        self._connection = 0
        self._mid = _SUBSCRIPTION
        self._may_connect = asyncio.Event()
        self._may_connect.set()
        self._ready = False
        self._asked: tuple[str, ...] = ()
        self._ask_again_s = FIRST_WAIT_S
        self._unacknowledged: dict[int, float] = {}

    @property
    def connected(self) -> bool:
        """Whether the broker accepts messages now."""
        return self._ready

    @property
    def is_held(self) -> bool:
        """Whether the plug is pulled or the power off, until `let_go`."""
        return not self._may_connect.is_set()

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """Hand a message over; see devices.agent.ports.Link."""
        return self._ready and self._send(topic, payload, retain=retain)

    def say_ready(self) -> None:
        """Say the birth again."""
        if self._ready:
            self._say(DeviceState.READY)

    def cut(self) -> None:
        """Pull the plug; it comes back by itself."""
        if self._wire is not None:
            self._wire.cut()

    def hold(self) -> None:
        """Pull the plug until `let_go`."""
        self._may_connect.clear()
        self.cut()

    def let_go(self) -> None:
        """Let it connect again."""
        self._may_connect.set()

    async def sleep(self) -> None:
        """Say goodbye and stay away until `let_go`."""
        self._may_connect.clear()
        if self._wire is not None:
            self._say(DeviceState.SLEEPING)
            await self._wire.close(packets.disconnect())

    async def run(self) -> None:
        """Stay connected until cancelled."""
        wait = FIRST_WAIT_S
        while True:
            await self._may_connect.wait()
            try:
                wire = await self._connect()
            except (OSError, TimeoutError):
                wait = min(wait * 2, self._settings.longest_wait_s)
                await asyncio.sleep(random.uniform(wait / 2, wait))  # noqa: S311 - jitter, no secret
                continue
            try:
                await self._stay(wire)
            finally:
                self._ready, self._wire = False, None
                wire.cut()
            self._on_event(_LOST)
            wait = FIRST_WAIT_S

    async def _connect(self) -> Wire:
        self._connection += 1
        patience = CONNECT_S * MANY_AT_ONCE_S
        async with self._gate, asyncio.timeout(patience):
            loop = asyncio.get_running_loop()
            _, wire = await loop.create_connection(
                lambda: Wire(self),
                self._settings.host,
                self._settings.port,
                ssl=self._tls,
                ssl_handshake_timeout=patience if self._tls else None,
            )
            self._wire = wire
            try:
                await wire.up
            except BaseException:
                wire.cut()
                raise
        return wire

    async def _stay(self, wire: Wire) -> None:
        """Ping while the connection lasts; leave a broker that takes messages and acknowledges none."""
        self._unacknowledged.clear()
        loop = asyncio.get_running_loop()
        ping_at = loop.time() + self._settings.keepalive_s
        while not wire.ended.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(min(WATCH_S, self._settings.keepalive_s)):
                    await wire.ended.wait()
                    return
            oldest = next(iter(self._unacknowledged.values()), loop.time())
            if loop.time() - oldest > UNHEARD_S:
                wire.cut()
            elif loop.time() >= ping_at:
                wire.write(packets.pingreq())
                ping_at = loop.time() + self._settings.keepalive_s

    def opening(self) -> bytes:
        """Return the first bytes of a connection."""
        device = self._settings.device
        will = Will(topics.state(device), self._state(DeviceState.LOST))
        # Half as much again: the ping goes out exactly when the keepalive is over.
        keepalive = self._settings.keepalive_s * 3 // 2
        return packets.connect(device, keepalive_s=keepalive, will=will)

    def take(self, wire: Wire, packet: Packet) -> None:
        """Serve one packet of the broker."""
        if packet.kind == packets.PUBLISH:
            if packet.mid:
                wire.write(packets.puback(packet.mid))
            self._on_event(Arrived(packet.topic, packet.payload, packet.kept))
        elif packet.kind == packets.PUBACK:
            self._unacknowledged.pop(packet.mid, None)
        elif packet.kind == packets.CONNACK:
            if packet.code:
                wire.up.set_exception(Refused(packet.code))
                return
            self._say(DeviceState.INIT)
            self._asked, self._ask_again_s = self._topics, FIRST_WAIT_S
            wire.write(packets.subscribe(_SUBSCRIPTION, self._asked))
        elif packet.kind == packets.SUBACK:
            self._subscribed(wire, packet.payload)

    def _subscribed(self, wire: Wire, codes: bytes) -> None:
        """See devices.agent.link: what is refused is asked for again, what is granted counts as connected."""
        asked, self._asked = self._asked, refused(self._asked, codes)
        if self._asked:
            loop = asyncio.get_running_loop()
            loop.call_later(self._ask_again_s, self._ask_again, wire, self._asked)
            self._ask_again_s = min(2 * self._ask_again_s, LONGEST_WAIT_S)
        if wire.up.done() and asked == self._asked:
            return
        self._say(DeviceState.READY)
        self._ready = True
        if not wire.up.done():
            wire.up.set_result(None)
        self._on_event(Connected(self._connection))

    def _ask_again(self, wire: Wire, topics: tuple[str, ...]) -> None:
        if wire is self._wire:
            wire.write(packets.subscribe(_SUBSCRIPTION, topics, qos=0))

    def _say(self, state: DeviceState) -> None:
        self._send(topics.state(self._settings.device), self._state(state), retain=True)

    def _send(self, topic: str, payload: bytes, *, retain: bool) -> bool:
        self._mid = self._mid % 0xFFFF + 1
        self._unacknowledged[self._mid] = asyncio.get_running_loop().time()
        data = packets.publish(topic, payload, mid=self._mid, retain=retain)
        return self._wire is not None and self._wire.write(data)

    def _state(self, state: DeviceState) -> bytes:
        return to_bytes(StateMessage(state, self._settings.boot, self._connection))
