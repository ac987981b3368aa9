"""Go through a screen by keys: which thing is reached, and what is said of it. Knows no widget.

The screen is a row of stops in reading order, in groups: the title, the screen, proposals, each row of the keyboard,
the bar at the foot. What is new on the same screen is said by itself; everything else only when it is reached.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from devices.drivers.keypad.codec import Key

if TYPE_CHECKING:
    from kiosk.words import Words

SCREEN = "screen"
"""The group in which one arrives."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One thing that can be reached.

    Attributes:
        ident: the same as long as it is the same thing.
        group: "skip" goes from group to group.
        said: what is said of it.
        news: what of it is said by itself when it is new, "" for nothing.
        acts: whether it can be chosen.
        wished: what is said when the visitor wishes to hear it again, "" for the same.
    """

    ident: int
    group: str
    said: str
    news: str = ""
    acts: bool = True
    wished: str = ""


@dataclass(frozen=True, slots=True)
class Sight:
    """What is on the glass.

    Attributes:
        page: the same as long as the visitor is at the same place.
        title: what the place is called.
        stops: in reading order.
        typed: what has been typed, in words; "" while nothing is typed.
        typing_into: the field that is typed into, 0 for none.
    """

    page: str
    title: str
    stops: tuple[Stop, ...]
    typed: str = ""
    typing_into: int = 0


_NOTHING = Sight("", "", ())


class Walk:
    """Where the visitor is. `see` whenever the screen has changed; both return what is to be said, "" for nothing."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._sight = _NOTHING
        self._at: Stop | None = None
        self._has_asked = False

    @property
    def at(self) -> Stop | None:
        """The stop that is reached."""
        return self._at

    def see(self, sight: Sight) -> str:
        """Take what is on the glass now."""
        before, self._sight = self._sight, sight
        has_asked, self._has_asked = self._has_asked, False
        if sight.page != before.page:
            self._at = self._first_of(SCREEN)
            return self._join(sight.title, self._here())
        if has_asked and self._at is not None and self._at.ident == sight.typing_into:
            before = replace(before, typing_into=0)  # the field was chosen: into the keyboard
        said = [*self._news(before), *self._change_of_typing(before)]
        moved = self._follow(before)
        said = said or moved
        if not said and has_asked and self._at is not None and self._at.acts:
            return self._words("walk.pressed")
        return self._join(*said)

    def move(self, key: Key) -> str:
        """Go on, back or to the next group; "" for a key that moves nothing."""
        match key:
            case Key.NEXT:
                return self._step(1)
            case Key.PREVIOUS:
                return self._step(-1)
            case Key.SKIP:
                return self._skip()
            case Key.REPEAT:
                at = self._at
                return self._join(self._sight.title, "" if at is None else at.wished or at.said)
            case Key.CHOOSE | Key.BACK | Key.HOME:
                return ""

    def asked(self) -> None:
        """Note that what is reached was chosen: something is said in any case, if only that it was."""
        self._has_asked = True

    def _step(self, by: int) -> str:
        stops, at = self._sight.stops, self._index()
        if not stops:
            return ""
        to = at + by
        self._at = stops[to % len(stops)]
        around = "" if 0 <= to < len(stops) else "walk.from_start" if by > 0 else "walk.from_end"
        return self._join(self._words(around) if around else "", self._here())

    def _skip(self) -> str:
        groups = list(dict.fromkeys(stop.group for stop in self._sight.stops))
        if not groups:
            return ""
        here = groups.index(self._at.group) if self._at and self._at.group in groups else -1
        self._at = self._first_of(groups[(here + 1) % len(groups)])
        return self._here()

    def _index(self) -> int:
        idents = [stop.ident for stop in self._sight.stops]
        at = self._at
        return idents.index(at.ident) if at is not None and at.ident in idents else -1

    def _first_of(self, group: str) -> Stop | None:
        stops = self._sight.stops
        return next((s for s in stops if s.group == group), stops[0] if stops else None)

    def _news(self, before: Sight) -> list[str]:
        known = {stop.news for stop in before.stops}
        return [s.news for s in self._sight.stops if s.news and s.news not in known]

    def _change_of_typing(self, before: Sight) -> list[str]:
        """Go into the keyboard with a field that was chosen, on to the next field, and out after the last one."""
        now = self._sight
        if now.typing_into == before.typing_into:
            return [now.typed] if now.typed and now.typed != before.typed else []
        fields = {stop.ident: stop for stop in now.stops}
        field = fields.get(now.typing_into or before.typing_into)
        if field is None:
            return []
        if not now.typing_into:
            self._at = field
            return [self._words("walk.typed_all"), field.said]
        keys = [stop for stop in now.stops if stop.group.startswith("keys")]
        self._at = keys[0] if keys else field
        return [self._words("walk.typing", field=field.said), self._at.said]

    def _follow(self, before: Sight) -> list[str]:
        """Stay at what was reached, or near it if it has gone; say it if it has become another."""
        was = self._at
        if was is None:
            self._at = self._first_of(SCREEN)
            return [self._here()]
        found = next((s for s in self._sight.stops if s.ident == was.ident), None)
        if found is None:
            found = self._nearest(was, before)
        self._at = found
        return [] if found is None or found.said == was.said else [found.said]

    def _nearest(self, was: Stop, before: Sight) -> Stop | None:
        """Return what stands now where the lost one stood: in its group if there is any of it left."""
        old = [s.ident for s in before.stops if s.group == was.group]
        same = [s for s in self._sight.stops if s.group == was.group]
        if same:
            place = old.index(was.ident) if was.ident in old else 0
            return same[min(place, len(same) - 1)]
        idents = [s.ident for s in before.stops]
        place = idents.index(was.ident) if was.ident in idents else 0
        stops = self._sight.stops
        return stops[min(place, len(stops) - 1)] if stops else None

    def _here(self) -> str:
        return self._at.said if self._at is not None else ""

    @staticmethod
    def _join(*parts: str) -> str:
        return "。".join(part.strip("。") for part in parts if part)


def hide(text: str, secrets: tuple[str, ...], *, instead: str) -> str:
    """Return a sentence without what others in the hall must not hear; longest first, as one may hold another."""
    for secret in sorted((one for one in secrets if len(one) > 1), key=len, reverse=True):
        text = text.replace(secret, instead)
    return text
