"""The way that a visitor has come, from the first screen on, so that 返回 leads back along it."""

from __future__ import annotations

from dataclasses import dataclass

from kiosk.flows.surround import Place


@dataclass(frozen=True, slots=True)
class Stop:
    """One place on the way."""

    place: Place
    record: str = ""


class Way:
    """Begins at the first screen and never ends elsewhere."""

    def __init__(self) -> None:
        self._stops = [Stop(Place.HOME)]

    @property
    def here(self) -> Stop:
        """Where the visitor is."""
        return self._stops[-1]

    @property
    def can_go_back(self) -> bool:
        """Whether there is anything to go back to."""
        return len(self._stops) > 1

    def go(self, place: Place, record: str = "") -> None:
        """Go on; to where one is already is no step."""
        stop = Stop(place, record)
        if self.here != stop:
            self._stops.append(stop)

    def back(self) -> Stop:
        """Go one step back and return what was left."""
        return self._stops.pop() if self.can_go_back else self.here

    def begin(self) -> None:
        """Stand at the first screen, with nothing behind."""
        self._stops = [Stop(Place.HOME)]
