"""Brings what is in the outbox to the controller: over MQTT, or over HTTPS while MQTT is away.

PUBACK proves nothing (wire.md 9.3.2): a row goes only on the controller's own Ack.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from content.codes import seed_tail
from devices.agent.disk import OneThread
from devices.agent.outbox import Outbox, Row
from devices.agent.ports import Link, TooMany, Unreachable, Upstream
from devices.agent.retry import Retry
from devices.clock import Clock
from devices.wire import topics
from devices.wire.messages import Ack, AckResult

logger = logging.getLogger(__name__)

LONGEST_PAUSE_S = 300


class Sender:
    """Sends due rows and settles them when they are acknowledged."""

    def __init__(
        self,
        outbox: Outbox,
        *,
        link: Link,
        upstream: Upstream,
        clock: Clock,
        disk: OneThread,
        on_settled: Callable[[Ack], None],
    ) -> None:
        self._outbox = outbox
        self._link = link
        self._upstream = upstream
        self._clock = clock
        self._disk = disk
        self._on_settled = on_settled
        self._retry = Retry()
        self._stirred = asyncio.Event()
        self._controller_up = True
        self._put_off_until = 0.0

    def stir(self) -> None:
        """Look at the outbox now: something was put in."""
        self._stirred.set()

    def way_opened(self, *, after_s: float) -> None:
        """Begin anew: link or controller came back. `after_s` spreads a fleet that comes back at once."""
        self._retry.all_due(self._clock.monotonic() + after_s)
        self._stirred.set()

    def controller_is(self, *, up: bool, after_s: float) -> None:
        """Hold the outbox while the controller says that it is down."""
        came_back = up and not self._controller_up
        self._controller_up = up
        if came_back:
            self.way_opened(after_s=after_s)

    async def acknowledged(self, ack: Ack) -> None:
        """Settle a row as the controller says."""
        if ack.result is AckResult.LATER:
            self._put_off(ack.wait_s)
            return
        if await self._disk(self._outbox.settle, ack):
            logger.info(
                "envelope settled", extra={"key": seed_tail(ack.key), "result": str(ack.result)}
            )
            self._on_settled(ack)
        self._stirred.set()

    async def run(self) -> None:
        """Send for ever."""
        while True:
            wait_s = await self.send_due()
            with suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._stirred.wait()
            self._stirred.clear()

    async def send_due(self) -> float:
        """Send what is due and return the seconds until something may be due again."""
        rows = {row.key: row for row in await self._disk(self._outbox.waiting)}
        if self._link.connected and not self._controller_up:
            return self._retry.wait_s((), 0)
        early_s = self._put_off_until - self._clock.monotonic()
        if early_s > 0:
            return early_s
        for key in self._retry.take(rows, self._clock.monotonic()):
            if not await self._send(rows[key]):
                # Each of the others would wait as long for the same answer.
                break
        return self._retry.wait_s(rows, self._clock.monotonic())

    def _put_off(self, wait_s: int) -> None:
        """Send nothing for a while: the controller has had too much from us at once."""
        wait = min(max(wait_s, 1), LONGEST_PAUSE_S)
        self._put_off_until = self._clock.monotonic() + wait
        logger.info("outbox put off", extra={"seconds": wait})

    async def _send(self, row: Row) -> bool:
        """Hand a row over; False if there is no way to the controller now."""
        if self._link.connected:
            return self._link.publish(topics.up(self._outbox.device, row.kind), row.envelope)
        try:
            ack = await self._upstream.post(row.envelope)
        except TooMany as error:
            self._put_off(error.wait_s)
            return False
        except Unreachable:
            logger.info("envelope not delivered yet", extra={"key": seed_tail(row.key)})
            return False
        await self.acknowledged(ack)
        return True
