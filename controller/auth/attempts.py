"""Count misses (wrong passwords, wrong receipt codes) and say when it has been too many."""

from collections import deque
from collections.abc import Hashable

from devices.clock import Clock

MAX_SUBJECTS = 10_000


class Attempts:
    """Counts misses for each subject (an account, an address) within a window of seconds."""

    def __init__(self, *, clock: Clock, limit: int, window_s: float) -> None:
        self._clock = clock
        self._limit = limit
        self._window_s = window_s
        self._misses: dict[Hashable, deque[float]] = {}

    def wait_s(self, subject: Hashable) -> int:
        """Return for how many seconds this subject must wait, 0 for not at all."""
        misses = self._recent(subject)
        if len(misses) < self._limit:
            return 0
        return max(1, round(misses[0] + self._window_s - self._clock.monotonic()))

    def miss(self, subject: Hashable) -> None:
        """Note a miss."""
        recent = self._recent(subject)
        recent.append(self._clock.monotonic())
        self._misses.pop(subject, None)
        if len(self._misses) >= MAX_SUBJECTS:  # the one that missed longest ago makes room
            self._misses.pop(next(iter(self._misses)))
        self._misses[subject] = recent

    def forgive(self, subject: Hashable) -> None:
        """Forget the misses of a subject that succeeded."""
        self._misses.pop(subject, None)

    def _recent(self, subject: Hashable) -> deque[float]:
        start = self._clock.monotonic() - self._window_s
        misses = self._misses.get(subject, deque(maxlen=self._limit))
        while misses and misses[0] <= start:
            misses.popleft()
        return misses
