"""Let into the broker exactly the terminals that are enrolled now, also those that another process enrolled."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from content.errors import ZoneError
from controller.broker.settings import DeviceAccess
from controller.services.terminals import Terminals

logger = logging.getLogger(__name__)

LOOK_S = 2.0


class Gate(Protocol):
    """Who may connect."""

    async def allow(self, devices: Iterable[DeviceAccess]) -> None:
        """Let exactly these in."""
        ...


class AccessWatch:
    """Follows the store. `run` it as a task, after one `look` before the broker starts."""

    def __init__(
        self, *, terminals: Terminals, gate: Gate, on_change: Callable[[], Awaitable[None]]
    ) -> None:
        self._terminals = terminals
        self._gate = gate
        self._on_change = on_change
        self._mark: str | None = None

    async def run(self) -> None:
        """Look again and again until cancelled; `enrol` in another process sends us no event."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.look()
            except (ZoneError, SQLAlchemyError, OSError):
                logger.exception("access list not renewed")

    async def look(self) -> None:
        """Renew the access list if somebody was enrolled, replaced or revoked."""
        mark = await self._terminals.enrolment_mark()
        if mark == self._mark:
            return
        enrolled = await self._terminals.enrolled()
        await self._gate.allow(DeviceAccess(one.id, one.feeds) for one in enrolled)
        # The heads of a feed that nobody held before have not been said yet.
        await self._on_change()
        self._mark = mark
