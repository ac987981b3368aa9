"""The kiosk by keys alone: a ring shows what is reached, a voice says it, a key chooses it.

Made when the first key comes, thrown away with the session. Nothing that a key does can do more than a finger.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from devices.drivers.keypad.codec import Key
from devices.ipc.messages import Speak
from kiosk.flows.session import Phase
from kiosk.flows.walk import Walk, hide
from kiosk.sight import OVERLAYS, PERSONAL, Seen, is_text, look
from kiosk.widgets.ring import FocusRing

if TYPE_CHECKING:
    from kiosk.app import KioskApp
    from kiosk.hearing import AgentLink

TEXT_APART_PX = 10.0
"""A text has no margin of its own: the ring must not lie on its first letters."""

MOST_UNSETTLED = 12
"""Turns in which the screen may still be moving; after them it is said as it is."""


class KeypadHand:
    """One visitor's hand at the keys."""

    def __init__(self, app: KioskApp, agent: AgentLink) -> None:
        self._app = app
        self._agent = agent
        self._walk = Walk(app.words)
        self._ring = FocusRing()
        self._is_on = False
        self._is_greeted = False
        self._seen: Seen | None = None
        self._unsettled = 0

    def press(self, name: str) -> None:
        """Take a key by its name; a name that is none of ours is nothing."""
        if name not in set(Key):
            return
        kiosk = self._app.kiosk
        was_covered = self._is_covered()
        kiosk.touch()
        self._app.render()
        if not self._is_on or was_covered:
            self._begin()  # the first key only wakes, as the first touch does
            return
        self._do(Key(name))

    def follow(self) -> None:
        """Say what has changed, once it stands still, and keep the ring around what is reached."""
        if not self._is_on:
            return
        seen = look(self._app.frame, self._app.kiosk)
        is_settled = self._seen is not None and seen.sight == self._seen.sight
        self._seen = seen
        self._unsettled = 0 if is_settled else self._unsettled + 1
        if is_settled or self._unsettled > MOST_UNSETTLED:
            self._unsettled = 0
            self._say(self._walk.see(seen.sight))
        self._draw()

    def let_go(self) -> None:
        """A finger is here now: ring and voice go."""
        if self._is_on:
            self._is_on = False
            self._app.frame.remove_widget(self._ring)
            self._agent.send(Speak(text=""))

    def _begin(self) -> None:
        self._walk, self._seen, self._is_on = Walk(self._app.words), None, True

    def _is_covered(self) -> bool:
        return any(type(one).__name__ in OVERLAYS for one in self._app.frame.children)

    def _do(self, key: Key) -> None:
        match key:
            case Key.CHOOSE:
                self._choose()
            case Key.BACK if self._app.kiosk.view().can_go_back:
                self._app.do("back")
            case Key.HOME:
                self._go_home()
            case Key.BACK:
                self._say(self._app.words("walk.no_back"))
            case Key.REPEAT:
                self._say(self._walk.move(key), is_wished=True)
            case _:
                self._say(self._walk.move(key))
                self._draw()

    def _go_home(self) -> None:
        if self._app.kiosk.view().can_go_back:
            self._app.do("go_home")
        else:
            self._say(self._walk.move(Key.REPEAT))

    def _choose(self) -> None:
        at = self._walk.at
        widget = self._seen.widgets.get(at.ident) if self._seen is not None and at else None
        if at is None or widget is None:
            return
        if not at.acts:
            self._say(at.said)
            return
        self._walk.asked()
        widget.trigger_action(0)
        self._app.render()
        if self._app.kiosk.phase is Phase.RESTING:
            self.let_go()
            self._agent.send(Speak(text=self._app.words("walk.ended")))

    def _draw(self) -> None:
        frame, at = self._app.frame, self._walk.at
        widget = self._seen.widgets.get(at.ident) if self._seen is not None and at else None
        if widget is None or widget.get_parent_window() is None:
            frame.remove_widget(self._ring)
            return
        if frame.children[0] is not self._ring:
            frame.remove_widget(self._ring)
            frame.add_widget(self._ring)
        box = (*widget.to_window(*widget.pos), *widget.size)
        self._ring.put(box, apart=TEXT_APART_PX if is_text(widget) else 0)

    def _say(self, text: str, *, is_wished: bool = False) -> None:
        """Speak; what is personal only where the visitor wished to hear it again."""
        if not text:
            return
        if not self._is_greeted and self._walk.at is not None:
            self._is_greeted = True
            text = f"{self._app.words('walk.hello')}{text}"
        if not is_wished:
            text = hide(text, self._secrets(), instead=self._app.words("walk.hidden"))
        self._agent.send(Speak(text=text))

    def _secrets(self) -> tuple[str, ...]:
        made = vars(self._app.kiosk)
        if "request" not in made:
            return ()
        from kiosk.flows.review import masked

        form = self._app.kiosk.request.view.form
        return (*(str(getattr(form, name)) for name in PERSONAL), masked(form.id_number))
