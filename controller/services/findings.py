"""Write down what strangers and broken terminals do, without letting them fill the audit log.

The first of a kind is written at once; those of the same kind within the hour are counted, and the count is
written with the next one.
"""

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from content.errors import ZoneError
from controller.store.database import Database
from devices.clock import Clock

logger = logging.getLogger(__name__)

WINDOW_S = 3600.0
MAX_KINDS = 1024
QUEUE = 256


class AuditTrail(Protocol):
    """The log of deeds."""

    async def write(
        self, c: AsyncConnection, *, actor: str, act: str, subject: str, detail: str = ""
    ) -> object:
        """Append a deed in the caller's transaction."""
        ...


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that should not have happened. No personal data in any field."""

    actor: str
    act: str
    subject: str
    detail: str = ""


class Findings:
    """Takes findings at any moment, writes them one by one. `run` it as a task."""

    def __init__(self, *, database: Database, audit: AuditTrail, clock: Clock) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock
        self._queue: asyncio.Queue[Finding] = asyncio.Queue(QUEUE)
        self._seen: OrderedDict[tuple[str, str, str], _Window] = OrderedDict()

    def note(self, finding: Finding) -> None:
        """Take a finding; never blocks, never fails."""
        key = (finding.actor, finding.act, finding.subject)
        window = self._seen.get(key)
        moment = self._clock.monotonic()
        if window and moment - window.began < WINDOW_S:
            window.more += 1
            return
        more = window.more if window else 0
        self._remember(key, _Window(moment))
        detail = f"{finding.detail}（此前一小时内另有 {more} 次）" if more else finding.detail
        try:
            self._queue.put_nowait(Finding(finding.actor, finding.act, finding.subject, detail))
        except asyncio.QueueFull:
            logger.warning("finding left out of the audit log", extra={"act": finding.act})

    async def run(self) -> None:
        """Write what is taken, until cancelled."""
        while True:
            await self.write_next()

    async def write_next(self) -> None:
        """Wait for one finding and write it; a full disk costs the finding, not the task."""
        finding = await self._queue.get()
        logger.warning(
            "finding",
            extra={"act": finding.act, "actor": finding.actor, "subject": finding.subject},
        )
        try:
            async with self._database.write() as c:
                await self._audit.write(
                    c,
                    actor=finding.actor,
                    act=finding.act,
                    subject=finding.subject,
                    detail=finding.detail,
                )
        except ZoneError:
            logger.exception("finding could not be written", extra={"act": finding.act})

    def _remember(self, key: tuple[str, str, str], window: "_Window") -> None:
        self._seen[key] = window
        self._seen.move_to_end(key)
        if len(self._seen) > MAX_KINDS:
            self._seen.popitem(last=False)


class _Window:
    """One hour of one kind of finding."""

    __slots__ = ("began", "more")

    def __init__(self, began: float) -> None:
        self.began = began
        self.more = 0
