"""Makes the vectors for searching by meaning while nothing else is to be done, a few at a time.

They help only: a machine on which they cannot be made, or where making them fails, searches by words.
"""

import asyncio
import logging
from pathlib import Path

import apsw

from content.errors import ZoneError
from content.replica.meaning import MeaningMaker
from content.replica.searching import Models
from content.replica.sentences import open_models
from devices.agent.disk import OneThread

logger = logging.getLogger(__name__)

FIRST_S = 30.0
"""After the start: a terminal has more urgent things to do."""
ROUND_S = 60.0
STEP = 16
MAKING_S = 1.0
"""A slow machine may take this long for a title here; answering is the screen's business."""


class MeaningTask:
    """Fills in missing vectors, slowly; lets the model go when all are there."""

    def __init__(self, replica: Path, *, rest_s: float = 0.5) -> None:
        self._replica = replica
        self._rest_s = rest_s
        self._thread = OneThread("meaning")
        self._can = True

    async def run(self) -> None:
        """Wait, make, rest, for ever; do nothing on a machine that cannot."""
        await asyncio.sleep(FIRST_S)
        while True:
            try:
                if self._can:
                    await self.turn()
            except (apsw.Error, ZoneError) as error:
                logger.warning("vectors could not be made", extra={"error": type(error).__name__})
            await asyncio.sleep(ROUND_S)

    async def turn(self) -> int:
        """Make all that is missing, with a rest after each step; return how many were made."""
        if not await self._thread(self._is_wanting):
            return 0
        models = await self._thread(lambda: open_models(self._replica.parent, most_s=MAKING_S))
        self._can = models != Models()
        made = 0
        while step := await self._thread(lambda: self._step(models)):
            made += step
            await asyncio.sleep(self._rest_s)
        return made

    def _is_wanting(self) -> bool:
        if not self._replica.exists():
            return False
        maker = MeaningMaker(self._replica, Models())
        try:
            return maker.is_wanting()
        finally:
            maker.close()

    def _step(self, models: Models) -> int:
        maker = MeaningMaker(self._replica, models)
        try:
            return maker.step(STEP)
        finally:
            maker.close()
