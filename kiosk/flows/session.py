"""When a citizen's session begins, is about to end, and ends. What ending wipes is kiosk.flows.kiosk's.

resting --touch--> active --idle_s without touch--> warning --countdown_s--> resting (wipe)
                     ^------------- any touch -------------'
Who has left the terminal's sight gets a shorter countdown of the same kind (`depart`).
"""

from dataclasses import dataclass
from enum import StrEnum
from math import ceil


class Phase(StrEnum):
    """Where a session stands."""

    RESTING = "resting"
    ACTIVE = "active"
    WARNING = "warning"


class Change(StrEnum):
    """What a touch or the passing of time did."""

    NONE = "none"
    STARTED = "started"
    WARNED = "warned"
    RESUMED = "resumed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """Times in seconds. WCAG 2.2.1 asks for at least 20 s to extend by one simple act."""

    idle_s: float = 90
    countdown_s: float = 30


@dataclass(frozen=True, slots=True)
class SessionView:
    """What the overlay shows."""

    phase: Phase
    seconds_left: int = 0


class SessionClock:
    """The state machine; `now` is monotonic seconds."""

    def __init__(self, settings: SessionSettings) -> None:
        self._settings = settings
        self._last_touch = 0.0
        self._departs_at: float | None = None
        self.phase = Phase.RESTING

    def touch(self, now: float) -> Change:
        """Note a touch; any touch resumes."""
        before = self.phase
        self.phase = Phase.ACTIVE
        self._last_touch = now
        self._departs_at = None
        match before:
            case Phase.RESTING:
                return Change.STARTED
            case Phase.WARNING:
                return Change.RESUMED
            case Phase.ACTIVE:
                return Change.NONE

    def depart(self, now: float, *, within_s: float) -> Change:
        """Begin to end: nobody is there any more. Any touch resumes."""
        if self.phase is Phase.RESTING:
            return Change.NONE
        self.phase = Phase.WARNING
        self._departs_at = min(now + within_s, self._ends_at)
        return Change.WARNED

    def tick(self, now: float) -> Change:
        """Let time pass. A process that slept through the countdown ends at once."""
        if self.phase is Phase.RESTING:
            return Change.NONE
        idle = now - self._last_touch
        if now >= self._ends_at:
            self.phase = Phase.RESTING
            self._departs_at = None
            return Change.ENDED
        if idle >= self._settings.idle_s and self.phase is Phase.ACTIVE:
            self.phase = Phase.WARNING
            return Change.WARNED
        return Change.NONE

    def end(self) -> Change:
        """End at the citizen's own wish."""
        was_resting = self.phase is Phase.RESTING
        self.phase = Phase.RESTING
        self._departs_at = None
        return Change.NONE if was_resting else Change.ENDED

    def view(self, now: float) -> SessionView:
        """Return what to show; seconds_left counts only in the warning."""
        if self.phase is not Phase.WARNING:
            return SessionView(self.phase)
        return SessionView(self.phase, max(0, ceil(self._ends_at - now)))

    @property
    def _ends_at(self) -> float:
        if self._departs_at is not None:
            return self._departs_at
        return self._last_touch + self._settings.idle_s + self._settings.countdown_s
