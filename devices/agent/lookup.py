"""Ask the controller how far a request has come, for the kiosk that asks. Nothing of it is kept or logged."""

import asyncio
from typing import Protocol

from content.codes import BadCode, parse_code
from devices.agent.ports import Unreachable
from devices.ipc.messages import LookUp, Progress, ToUi
from devices.wire.messages import Standing

PATIENCE_S = 6.0
UNKNOWN, AWAY = "unknown", "away"


class StandingSource(Protocol):
    """Who knows."""

    async def standing(self, code: str) -> Standing | None:
        """Return where a request stands, None for an unknown code; raises Unreachable."""
        ...


class Ui(Protocol):
    """The connection of a user interface."""

    def send(self, message: ToUi) -> bool:
        """Queue a message."""
        ...


class LookUps:
    """One question at a time: a new one of the same visitor replaces it."""

    def __init__(self, source: StandingSource) -> None:
        self._source = source
        self._running: asyncio.Task[None] | None = None

    def take(self, ui: Ui, message: LookUp) -> None:
        """Begin to ask; the answer goes to this UI."""
        self.close()
        self._running = asyncio.create_task(self._ask(ui, message.code), name="look up")

    def close(self) -> None:
        """Want no answer any more."""
        if self._running is not None:
            self._running.cancel()
            self._running = None

    async def _ask(self, ui: Ui, code: str) -> None:
        ui.send(await self._answer(code))

    async def _answer(self, code: str) -> Progress:
        try:
            async with asyncio.timeout(PATIENCE_S):
                found = await self._source.standing(parse_code(code))
        except BadCode:
            return Progress(code=code, error=UNKNOWN)
        except (Unreachable, TimeoutError):
            return Progress(code=code, error=AWAY)
        if found is None:
            return Progress(code=code, error=UNKNOWN)
        return Progress(
            code=code,
            state=found.state,
            text=found.text,
            next_step=found.next_step,
            lines=found.lines,
        )
