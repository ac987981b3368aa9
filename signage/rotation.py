"""The order of one region: which item is next, when its turn is over, where to go on after a newcomer. Pure."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from content.programme.evaluate import Item


@dataclass(slots=True)
class Rotation:
    """Remembers one region's place in its playlist.

    A document that comes in while others play is shown at once, and the one it interrupted comes after it.
    """

    current: Item | None = None
    _since: datetime | None = None
    _index: int = 0
    _resume: Item | None = None
    _fresh: list[Item] = field(default_factory=list)
    _known: frozenset[Item] = frozenset()

    def next(self, items: tuple[Item, ...], *, now: datetime, seconds: int) -> Item | None:
        """Return the item whose turn begins now, None while the current one's goes on.

        Args:
            items: the playlist, never empty.
            now: aware; a clock that was set back ends the turn.
            seconds: length of a turn.
        """
        has_news = self._note(items)
        if self.current in items and not has_news and not self._is_over(now, seconds):
            return None
        self.current = self._choose(items)
        self._index = items.index(self.current)
        self._since = now
        return self.current

    def skip(self, items: tuple[Item, ...]) -> Item:
        """Return the item after the current one, which cannot be shown."""
        self._index = (self._index + 1) % len(items)
        self.current = items[self._index]
        return self.current

    def _note(self, items: tuple[Item, ...]) -> bool:
        """Queue items that were not there before; say whether they break into a turn."""
        known, self._known = self._known, frozenset(items)
        self._fresh = [item for item in self._fresh if item in self._known]
        arrived = [item for item in items if known and item not in known]
        was_quiet = not self._fresh
        self._fresh += arrived
        if arrived and was_quiet and self._resume is None:
            self._resume = self.current
        return bool(arrived) and was_quiet

    def _is_over(self, now: datetime, seconds: int) -> bool:
        if self._since is None or now < self._since:
            return True
        return now - self._since >= timedelta(seconds=seconds)

    def _choose(self, items: tuple[Item, ...]) -> Item:
        if self._fresh:
            return self._fresh.pop(0)
        resume, self._resume = self._resume, None
        if resume in items:
            return resume
        if self.current in items:
            return items[(items.index(self.current) + 1) % len(items)]
        return items[self._index % len(items)]
