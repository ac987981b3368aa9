"""When the battery runs out: give the visitor a moment to finish, then stop the agent cleanly.

Switching the machine off is NUT's upsmon's part (docs/devices.md); its FINALDELAY has to be longer than CLOSING_S.
"""

import asyncio
import logging
from collections.abc import Callable

from devices.drivers.reasons import Kind, Reason, say
from devices.drivers.ups.machine import Event, PowerBack, PowerLost, ShutDownSoon
from devices.ipc.messages import Closing, ToUi

logger = logging.getLogger(__name__)

CLOSING_S = 30
LAST_WORDS_S = 1.0
"""Between the end of a session and the end of the agent: what was just handed in reaches the disk."""


class PowerWatch:
    """Runs in the event loop. `on_end` ends the agent; `tell` speaks to every UI."""

    def __init__(self, *, tell: Callable[[ToUi], None], closing_s: float = CLOSING_S) -> None:
        self.on_end: Callable[[], None] = _go_on
        self._tell = tell
        self._closing_s = closing_s
        self._is_session = False
        self._timer: asyncio.TimerHandle | None = None

    def greetings(self) -> tuple[ToUi, ...]:
        """Return what a UI that comes now should know."""
        return () if self._timer is None else (self._closing(),)

    def session(self, *, active: bool) -> None:
        """Note whether somebody works at the kiosk; with the last session the terminal may stop."""
        self._is_session = active
        if not active and self._timer is not None:
            self._end_in(LAST_WORDS_S)

    def take(self, event: Event) -> None:
        """Take what the power supply says."""
        match event:
            case ShutDownSoon():
                if self._timer is None:
                    logger.warning("battery low, stopping", extra={"session": self._is_session})
                    self._tell(self._closing())
                    self._end_in(self._closing_s if self._is_session else LAST_WORDS_S)
            case PowerBack():
                self._take_back()
            case PowerLost():
                pass  # its health says so; the battery is there for this

    def close(self) -> None:
        """Forget a stop that has not come."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _take_back(self) -> None:
        if self._timer is not None:
            self.close()
            self._tell(Closing(seconds=0))

    def _closing(self) -> Closing:
        sentence = say(Kind.UPS, Reason.BATTERY_LOW).visitor
        return Closing(seconds=int(self._closing_s), sentence=sentence)

    def _end_in(self, seconds: float) -> None:
        self.close()
        self._timer = asyncio.get_running_loop().call_later(seconds, self.on_end)


def _go_on() -> None:
    """Nobody has said yet what ends."""
