"""Remember who cannot read a line and its head in one message, while a fleet is brought to another version.

Terminals say in each hello what they read. As long as one that spoke within a day reads the older form alone, all are
told in that form: a topic has one message for everybody.
"""

from devices.clock import Clock
from devices.wire.messages import LINES_WITH_HEADS

WARY_S = 60.0
"""After a link came up everybody says hello, spread over half a minute (wire.md 9.2); nobody is known before."""
KEPT_S = 24 * 3600.0
"""A terminal that was switched off does not hold the others back for ever; when it comes back it says hello first."""


class Readers:
    """Hears every hello that comes over a broker."""

    def __init__(self, *, clock: Clock, wary_s: float = WARY_S) -> None:
        self._clock = clock
        self._wary_s = wary_s
        self._sure_from: float | None = None
        self._old: dict[str, float] = {}

    def begin(self) -> None:
        """Note that a link came up."""
        self._sure_from = self._clock.monotonic() + self._wary_s

    def said(self, device: str, reads: int) -> None:
        """Note what a terminal says that it reads."""
        if reads < LINES_WITH_HEADS:
            self._old[device] = self._clock.monotonic()
        else:
            self._old.pop(device, None)

    @property
    def all_read(self) -> bool:
        """Whether everybody that listens reads a line with its head, as far as is known."""
        now = self._clock.monotonic()
        if self._sure_from is None or now < self._sure_from:
            return False
        self._old = {one: at for one, at in self._old.items() if now - at < KEPT_S}
        return not self._old
