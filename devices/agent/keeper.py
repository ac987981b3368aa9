"""Write how the terminal is into a file, for the keeper who stands before it (`python -m devices status`)."""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import msgspec

from content.codes import seed_tail
from devices.agent.config import Home, TerminalConfig
from devices.agent.front import Services
from devices.ipc.messages import LinkState
from devices.wire.keeper import KeeperView

EVERY_S = 30.0


class KeeperNote:
    """Writes the view now and then. `run` it as a task."""

    def __init__(
        self,
        home: Home,
        settings: TerminalConfig,
        *,
        services: Services,
        link: Callable[[], LinkState],
    ) -> None:
        self._home = home
        self._settings = settings
        self._do = services
        self._link = link

    async def run(self) -> None:
        """Write for ever; a full disk is for others to report."""
        while True:
            with suppress(OSError):
                await self.write()
            await asyncio.sleep(EVERY_S)

    async def write(self) -> None:
        """Write it once."""
        do = self._do
        link = self._link()
        # A subject may be a request's key, of which its receipt code can be worked out.
        faults = tuple(replace(one, subject=seed_tail(one.subject)) for one in do.faults.all())
        view = KeeperView(
            at=do.faults.now(),
            terminal=self._settings.id,
            site=self._settings.site,
            online=link.online,
            last_contact=link.last_contact,
            outbox=await do.disk(do.outbox.length),
            oldest=await do.disk(do.outbox.oldest),
            faults=faults,
        )
        await asyncio.to_thread(_put, self._home.keeper, msgspec.json.encode(view))


def _put(path: Path, data: bytes) -> None:
    """Write in one step; nobody is harmed if a power cut takes it."""
    fresh = path.with_name(f".{path.name}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    fresh.replace(path)
