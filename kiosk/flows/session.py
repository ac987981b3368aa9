"""When a citizen's session begins, is about to end, and ends. What ending wipes is kiosk.flows.kiosk's.

resting --touch--> active --idle_s without touch--> warning --countdown_s--> resting (wipe)
                     ^------------- any touch -------------'
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
        self.phase = Phase.RESTING

    def touch(self, now: float) -> Change:
        """Note a touch; any touch resumes."""
        before = self.phase
        self.phase = Phase.ACTIVE
        self._last_touch = now
        match before:
            case Phase.RESTING:
                return Change.STARTED
            case Phase.WARNING:
                return Change.RESUMED
            case Phase.ACTIVE:
                return Change.NONE

    def tick(self, now: float) -> Change:
        """Let time pass. A process that slept through the countdown ends at once."""
        if self.phase is Phase.RESTING:
            return Change.NONE
        idle = now - self._last_touch
        if idle >= self._settings.idle_s + self._settings.countdown_s:
            self.phase = Phase.RESTING
            return Change.ENDED
        if idle >= self._settings.idle_s and self.phase is Phase.ACTIVE:
            self.phase = Phase.WARNING
            return Change.WARNED
        return Change.NONE

    def end(self) -> Change:
        """End at the citizen's own wish."""
        was_resting = self.phase is Phase.RESTING
        self.phase = Phase.RESTING
        return Change.NONE if was_resting else Change.ENDED

    def view(self, now: float) -> SessionView:
        """Return what to show; seconds_left counts only in the warning."""
        if self.phase is not Phase.WARNING:
            return SessionView(self.phase)
        whole = self._settings.idle_s + self._settings.countdown_s
        return SessionView(self.phase, max(0, ceil(whole - (now - self._last_touch))))
