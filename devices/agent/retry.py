"""When an envelope is sent again: 4 s, 8 s, … up to 10 min, and at most ten at once. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field

FIRST_S = 4.0
LONGEST_S = 600.0
MOST_AT_ONCE = 10


@dataclass(slots=True)
class Retry:
    """Remembers attempts by key; times are seconds of a clock that never goes back."""

    attempts: dict[str, int] = field(default_factory=dict)
    due: dict[str, float] = field(default_factory=dict)
    sent: dict[str, float] = field(default_factory=dict)

    def take(self, keys: Iterable[str], now: float) -> tuple[str, ...]:
        """Return the keys to send now, of equals the first given first, and note them as sent."""
        keys = tuple(keys)
        self._forget_all_but(set(keys))
        # Only the last seconds count as in flight, so that ten that nobody answers do not stop the rest.
        room = MOST_AT_ONCE - sum(now - at < FIRST_S for at in self.sent.values())
        ready = [key for key in keys if self.due.get(key, now) <= now]
        # What was tried least goes first: ten that are never answered do not starve the others.
        chosen = sorted(ready, key=lambda key: self.attempts.get(key, 0))[: max(room, 0)]
        for key in chosen:
            tries = self.attempts.get(key, 0)
            self.attempts[key] = tries + 1
            self.sent[key] = now
            self.due[key] = now + min(FIRST_S * 2 ** min(tries, 16), LONGEST_S)
        return tuple(chosen)

    def wait_s(self, keys: Iterable[str], now: float) -> float:
        """Return seconds until something may be due, LONGEST_S if nothing waits."""
        # A key that is due already was held back for want of room: look again soon.
        times = [max(self.due.get(key, now) - now, 1.0) for key in keys]
        return min(times, default=LONGEST_S)

    def all_due(self, at: float) -> None:
        """Begin anew at a time: the way to the controller has come back."""
        self.attempts.clear()
        self.sent.clear()
        self.due = dict.fromkeys(self.due, at)

    def _forget_all_but(self, keys: set[str]) -> None:
        for kept in (self.attempts, self.due, self.sent):
            for gone in [key for key in kept if key not in keys]:
                del kept[gone]
