"""Let in exactly the terminals that are enrolled now, also those that another process enrolled or revoked.

A revoked terminal's links are closed within two seconds: half a second to see it, and one handshake.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from content.errors import ZoneError
from controller.broker.settings import DeviceAccess
from controller.push.expulsion import OpenLinks
from controller.services.terminals import Terminals

logger = logging.getLogger(__name__)

LOOK_S = 0.5


class Gate(Protocol):
    """Who may connect."""

    async def allow(self, devices: Iterable[DeviceAccess]) -> None:
        """Let exactly these in."""
        ...


class Door(Protocol):
    """Who closes standing links."""

    async def expel(self, device: str) -> None:
        """End a terminal's link at the broker."""
        ...


class AccessWatch:
    """Follows the store. `run` it as a task, after one `look` before the broker starts."""

    def __init__(
        self,
        *,
        terminals: Terminals,
        gate: Gate | None,
        door: Door | None,
        links: OpenLinks,
        on_change: Callable[[], Awaitable[None]],
    ) -> None:
        self._door = door
        self._links = links
        self._fingerprints: dict[str, str] = {}
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
        if self._gate is not None:
            await self._gate.allow([DeviceAccess(one.id, one.feeds) for one in enrolled])
        await self._close_links({one.id: one.fingerprint for one in enrolled})
        # The heads of a feed that nobody held before have not been said yet.
        await self._on_change()
        self._mark = mark

    async def _close_links(self, welcome: dict[str, str]) -> None:
        """Close what stands of terminals that were revoked, or whose certificate was replaced."""
        before, self._fingerprints = self._fingerprints, welcome
        gone = [device for device, shown in before.items() if welcome.get(device) != shown]
        self._links.close_all_but(welcome, gone)
        if self._door is not None:
            await asyncio.gather(*(self._door.expel(device) for device in gone))
