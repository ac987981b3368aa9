"""What is said and asked over HTTPS while the broker is away: state, report, info; job and wish (wire.md 9.2)."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from devices.agent.ports import Unreachable, Upstream
from devices.agent.report import Reporter
from devices.wire.jobs import Orders
from devices.wire.messages import DeviceState, StateMessage, to_bytes

logger = logging.getLogger(__name__)

GOODBYE_S = 2.0


class HttpsWords:
    """Says over HTTPS what the topics would carry; a network that only passes 443 must not look offline."""

    def __init__(
        self,
        *,
        boot: str,
        upstream: Upstream,
        reporter: Reporter,
        info: Callable[[], bytes],
        on_orders: Callable[[Orders], None],
    ) -> None:
        self._boot = boot
        self._upstream = upstream
        self._reporter = reporter
        self._info = info
        self._on_orders = on_orders
        self._info_said = b""
        self._is_heard = False

    async def say(self) -> None:
        """Say how we are, and take what is ordered."""
        try:
            await self._upstream.say("state", self._state(DeviceState.READY))
            self._is_heard = True
            await self._upstream.say("rep", to_bytes(self._reporter.report()))
            await self._say_info()
            self._on_orders(await self._upstream.orders())
        except Unreachable as error:
            logger.info("not said over https", extra={"why": str(error)})

    async def goodbye(self) -> None:
        """Say that we sleep, if this way was used: nobody leaves a will on it."""
        if self._is_heard:
            with suppress(Unreachable, TimeoutError):
                async with asyncio.timeout(GOODBYE_S):
                    await self._upstream.say("state", self._state(DeviceState.SLEEPING))

    def broker_is_back(self) -> None:
        """Note that births and wills count again."""
        self._is_heard = False

    async def _say_info(self) -> None:
        info = self._info()
        if info != self._info_said:
            await self._upstream.say("info", info)
            self._info_said = info

    def _state(self, state: DeviceState) -> bytes:
        return to_bytes(StateMessage(state, self._boot, 0))
