"""Let the touch screen rest while nobody is there: dark, and without power where the display can be told.

Only a radar that is well and sees nobody lets it rest; a touch, somebody coming, or a radar that falls silent wakes it.
"""

import asyncio
import logging
import shutil
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

from devices.clock import Clock
from devices.ipc.messages import Rest, ToUi

logger = logging.getLogger(__name__)

PATIENCE_S = 10.0
SWITCHES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "ddcutil": (("setvcp", "d6", "1"), ("setvcp", "d6", "4")),
    "cec-ctl": (("--to", "0", "--image-view-on"), ("--to", "0", "--standby")),
}
"""Program -> words that switch the display on, and off. DDC first: a monitor rarely hears CEC."""

Run = Callable[[Sequence[str]], Awaitable[int]]


async def run(command: Sequence[str]) -> int:
    """Run a program and return its exit code."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        return await process.wait()


class DisplaySwitch:
    """Switches the display's power, one order after the other; a display that cannot be told stays as it is."""

    def __init__(self, *, run: Run = run, find: Callable[[str], str | None] = shutil.which) -> None:
        self._run = run
        self._program = next((name for name in SWITCHES if find(name)), "")
        self._wanted: bool | None = None
        self._task: asyncio.Task[None] | None = None

    def turn(self, *, on: bool) -> None:
        """Have the display on or off soon."""
        self._wanted = on
        if self._program and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._work(), name="display power")

    async def close(self) -> None:
        """Leave the display on."""
        if self._program and self._wanted is False:
            self.turn(on=True)
        if self._task is not None:
            await asyncio.wait([self._task])

    async def _work(self) -> None:
        done: bool | None = None
        while self._program and done is not self._wanted:
            done = self._wanted
            words = SWITCHES[self._program][0 if done else 1]
            try:
                code = await self._run((self._program, *words))
            except OSError:
                code = -1
            if code:
                logger.warning("display not switched", extra={"program": self._program})
                self._program = ""  # it cannot; the dark screen is what remains


class ScreenRest:
    """Decides when to rest. `after_s` 0: never."""

    def __init__(
        self,
        *,
        after_s: float,
        clock: Clock,
        tell: Callable[[ToUi], None],
        switch: DisplaySwitch,
    ) -> None:
        self._after_s = after_s
        self._clock = clock
        self._tell = tell
        self.switch = switch
        self._is_session = False
        self._alone_since: float | None = None
        self._rests = False

    def greetings(self) -> tuple[ToUi, ...]:
        """Return what a UI that comes now should know."""
        return (Rest(on=True),) if self._rests else ()

    def session(self, *, active: bool) -> None:
        """Note whether somebody works at the kiosk."""
        self._is_session = active
        if active:
            self._wake()

    def look(self, *, is_nobody_there: bool) -> None:
        """Note what the radar says now; false also where it says nothing."""
        if not is_nobody_there or self._is_session:
            self._wake()
            return
        now = self._clock.monotonic()
        if self._alone_since is None:
            self._alone_since = now
        if self._after_s and not self._rests and now - self._alone_since >= self._after_s:
            self._turn(rests=True)

    def _wake(self) -> None:
        self._alone_since = None
        if self._rests:
            self._turn(rests=False)

    def _turn(self, *, rests: bool) -> None:
        self._rests = rests
        self._tell(Rest(on=rests))
        self.switch.turn(on=not rests)
