"""Feeds the diary: what screens have really drawn, and each hour how the terminal is."""

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from contextlib import suppress

import msgspec

from devices.agent.diary import HOUR_S, PLAY, TELEMETRY, Diary
from devices.agent.disk import OneThread
from devices.agent.report import Reporter
from devices.clock import Clock
from devices.ipc.messages import Glass

logger = logging.getLogger(__name__)

EVERY_S = 60.0
MOST_WAITING = 1000


class Chronicle:
    """Writes in its own turn, so that no screen waits for the disk. `on_closed` is called when hours went out."""

    def __init__(
        self,
        diary: Diary,
        *,
        reporter: Reporter,
        clock: Clock,
        disk: OneThread,
        on_closed: Callable[[], None],
    ) -> None:
        self._diary = diary
        self._reporter = reporter
        self._clock = clock
        self._disk = disk
        self._on_closed = on_closed
        self._shown: dict[str, tuple[str, int]] = {}
        self._plays: asyncio.Queue[tuple[str, int]] = asyncio.Queue(MOST_WAITING)
        self._sampled = 0

    def drawn(self, ui: str, glass: Glass) -> None:
        """Hear what a screen has drawn; it counts as a play when another document, or version, is there."""
        now_shown = (glass.item, glass.version)
        if self._shown.get(ui) == now_shown:
            return
        self._shown[ui] = now_shown
        if glass.item:
            with suppress(asyncio.QueueFull):
                self._plays.put_nowait((f"{ui} {glass.item} {glass.version}", self._now()))

    async def run(self) -> None:
        """Write for ever."""
        while True:
            play = None
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY_S):
                    play = await self._plays.get()
            if play is not None:
                await self._disk(self._diary.note, PLAY, *play)
            await self.turn()

    async def turn(self) -> None:
        """Write what waits; once an hour note how the terminal is and send off the hours that are over."""
        while not self._plays.empty():
            await self._disk(self._diary.note, PLAY, *self._plays.get_nowait())
        hour = self._now() // HOUR_S
        if hour == self._sampled:
            return
        self._sampled = hour
        try:
            # After a restart within the hour it is there already.
            if not await self._disk(self._diary.has, TELEMETRY, self._now()):
                await self._disk(self._diary.note, TELEMETRY, self._sample(), self._now())
            if await self._disk(self._diary.close_hours, self._now()):
                self._on_closed()
        except sqlite3.Error as error:
            cause = getattr(error, "sqlite_errorname", "")
            logger.warning("diary not sent off", extra={"cause": cause})

    def _sample(self) -> str:
        said = self._reporter.report()
        return msgspec.json.encode(
            {
                "applied": {feed: mark.sequence for feed, mark in said.applied.items()},
                "devices": said.devices,
                "faults": sorted({fault.code for fault in said.faults}),
                "outbox": said.outbox,
            }
        ).decode()

    def _now(self) -> int:
        return int(self._clock.now().timestamp())
