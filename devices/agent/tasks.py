"""The one place of the agent that catches everything: a loop that fails is logged and begun again."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

logger = logging.getLogger(__name__)

WAITS_S = (1.0, 2.0, 5.0, 10.0, 30.0)

Loop = Callable[[], Awaitable[None]]
Pause = Callable[[float], Awaitable[None]]


async def keep(name: str, loop: Loop, *, pause: Pause = asyncio.sleep) -> None:
    """Run a loop for ever; after a failure wait and run it again, each time a little longer."""
    failures = 0
    while True:
        try:
            await loop()
        except Exception:
            # A terminal must not stop serving because one part met something unforeseen.
            logger.exception("part failed", extra={"part": name})
        await pause(WAITS_S[min(failures, len(WAITS_S) - 1)])
        failures += 1
