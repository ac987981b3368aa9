"""What the agent looks at every few seconds: peripherals, the outbox's age, absent screens, what ended."""

import asyncio
from collections.abc import Callable

from devices.agent import sentences
from devices.agent.faults import FaultBook
from devices.agent.front import Services
from devices.clock import Clock
from devices.drivers.health import Level
from devices.ipc.messages import DeviceHealth

EVERY_S = 1.0
AWAY_S = 30.0
OLD_S = 24 * 3600
"""wire.md 9.3.4."""
SHORT_DAYS = 1
"""A day's notice: the keeper who comes in the morning brings a roll."""


class Absences:
    """Screens that belong to the terminal and are not here. Pure but for its faults."""

    def __init__(self, screens: tuple[str, ...], *, clock: Clock, faults: FaultBook) -> None:
        self._clock = clock
        self._faults = faults
        self._seen = dict.fromkeys(screens, clock.monotonic())

    def look(self, present: frozenset[str]) -> None:
        """Note who has been away for too long."""
        now = self._clock.monotonic()
        for ui, seen in self._seen.items():
            if ui in present:
                self._seen[ui] = now
                self._faults.clear("ui_away", ui)
            elif now - seen >= AWAY_S:
                self._faults.note("ui_away", ui, sentences.UI_AWAY)


class Rounds:
    """Goes the rounds. `tell` gets the health of a peripheral when it changed."""

    def __init__(
        self,
        services: Services,
        *,
        has_printer: bool,
        absences: Absences,
        present: Callable[[], frozenset[str]],
        tell: Callable[[DeviceHealth], None],
    ) -> None:
        self._do = services
        self._has_printer = has_printer
        self._absences = absences
        self._present = present
        self._tell = tell
        self.printer: DeviceHealth | None = None

    async def run(self) -> None:
        """Go the rounds for ever."""
        while True:
            await self.go()
            await asyncio.sleep(EVERY_S)

    async def go(self) -> None:
        """Look at everything once."""
        self._absences.look(self._present())
        if self._has_printer:
            self._look_at_printer()
            await self._look_at_paper()
        await self._look_at_outbox()
        self._do.faults.expire()

    def _look_at_printer(self) -> None:
        health = self._do.spool.health()
        seen = DeviceHealth(device="printer", level=str(health.level), reason=health.reason)
        if seen == self.printer:
            return
        self.printer = seen
        self._tell(seen)
        word = seen.level if health.level is Level.OK else f"{seen.level}:{seen.reason}"
        self._do.reporter.devices = {**self._do.reporter.devices, "printer": word}
        code = f"printer:{seen.reason}"
        self._do.faults.clear_scope("printer", but=(code, "printer"))
        if health.level is not Level.OK:
            text = sentences.peripheral("printer", seen.reason)
            self._do.faults.note(code, "printer", text, scope="printer")
        else:
            self._do.faults.clear_scope("printer")
        self._do.reporter.change()

    async def _look_at_paper(self) -> None:
        """Take the count into the next report, which every minute brings; a roll that ends soon is said at once."""
        today = self._do.clock.now().date()
        paper = await asyncio.to_thread(self._do.spool.paper, today)
        self._do.reporter.paper = paper
        days = paper.days_left if paper is not None else None
        if paper is not None and days is not None and days <= SHORT_DAYS:
            text = sentences.paper_short(paper.left_mm, days)
            self._do.faults.note("paper_short", "printer", text)
        else:
            self._do.faults.clear("paper_short", "printer")

    async def _look_at_outbox(self) -> None:
        outbox, disk = self._do.outbox, self._do.disk
        length = await disk(outbox.length)
        if length != self._do.reporter.outbox:
            self._do.reporter.outbox = length
            self._do.reporter.change()
        for key in await disk(outbox.rejected):
            self._do.faults.note("request_rejected", key, sentences.REJECTED)
        oldest = await disk(outbox.oldest)
        if oldest and self._do.clock.now().timestamp() - oldest > OLD_S:
            self._do.faults.note("outbox_old", "outbox", sentences.OUTBOX_OLD)
        else:
            self._do.faults.clear("outbox_old", "outbox")
