"""Which terminals hold and show the newest word of the emergency feed, and which do not: whom to call by telephone."""

from collections.abc import Iterable
from dataclasses import dataclass

from controller.services.terminal_status import TerminalStatus


@dataclass(frozen=True, slots=True)
class Reach:
    """Terminals of the feed.

    Attributes:
        shown: how many have the newest word on every glass.
        not_reached: those that do not, by site.
        without: those that do not hold the feed at all: enrolled before it existed.
    """

    shown: int
    not_reached: tuple[TerminalStatus, ...]
    without: tuple[TerminalStatus, ...]

    @property
    def total(self) -> int:
        """All terminals."""
        return self.shown + len(self.not_reached) + len(self.without)


def reach_of(terminals: Iterable[TerminalStatus], *, feed: str) -> Reach:
    """Return how far the newest word of a feed has come. A terminal counts only by its own report."""
    shown, not_reached, without = 0, [], []
    for terminal in terminals:
        held = next((one for one in terminal.feeds if one.feed == feed), None)
        if held is None:
            without.append(terminal)
        elif held.desired and held.all_equal:
            shown += 1
        else:
            not_reached.append(terminal)
    return Reach(shown, tuple(not_reached), tuple(without))
