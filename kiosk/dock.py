"""The one touch keyboard of the kiosk: made when first needed, pointed at the field in focus, wiped.

The pinyin engine and the words of published titles stay from visitor to visitor; neither learns. The
keyboard itself, with what is half typed, is thrown away.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from kivy.clock import Clock

from kiosk.screens.screen import Screen

if TYPE_CHECKING:
    from kiosk.input.composer import Proposals
    from kiosk.widgets.field import Field
    from kiosk.widgets.keyboard import TouchKeyboard

TITLES_A_TURN = 20


class KeyboardDock:
    """Points the keyboard at a field. Making it loads the pinyin engine, so the first screen does without."""

    def __init__(
        self,
        *,
        titles: Callable[[], tuple[str, ...]],
        on_composing: Callable[[str], None],
        on_done: Callable[[], None],
    ) -> None:
        self._titles = titles
        self._on_composing = on_composing
        self._on_done = on_done
        self._proposals: Proposals | None = None
        self._unread: Iterator[str] = iter(())
        self._keyboard: TouchKeyboard | None = None
        self._wanted: tuple[Field, str] | None = None

    @property
    def keyboard(self) -> "TouchKeyboard | None":
        """The keyboard, if it has been needed since the last wipe."""
        return self._keyboard

    def keyboard_for(self, screen: Screen) -> "TouchKeyboard | None":
        """Return the keyboard, pointed at the screen's field, or None where nothing is typed."""
        wanted = screen.typing_into()
        if wanted is None:
            if self._keyboard is not None and self._wanted is not None:
                self._keyboard.target = None
            self._wanted = None
            return None
        keyboard = self._keyboard or self._make()
        if wanted != self._wanted:
            self._wanted = wanted
            field, mode = wanted
            keyboard.target = field
            keyboard.switch(mode)
        return keyboard

    def warm_up(self) -> None:
        """Load engine and lexicon, in time for the first visitor."""
        if self._proposals is None:
            self._proposals = self._open()
        self.read_titles()

    def read_titles(self) -> None:
        """Take in the words of the titles, a few a turn so that no frame waits."""
        if self._proposals is None:
            return
        self._unread = iter(self._titles())
        Clock.unschedule(self._read_some)
        Clock.schedule_interval(self._read_some, 0.05)

    def wipe(self) -> None:
        """Throw the keyboard away with everything in it."""
        if self._keyboard is not None:
            self._keyboard.reset()
        self._keyboard = None
        self._wanted = None

    def close(self) -> None:
        """End the engine's process."""
        Clock.unschedule(self._read_some)
        if self._proposals is not None:
            close = getattr(
                self._proposals.engine, "close", None
            )  # the engine in Python has no process
            if close is not None:
                close()
            self._proposals = None

    def _make(self) -> "TouchKeyboard":
        from kiosk.widgets.keyboard import TouchKeyboard

        self.warm_up()
        keyboard = TouchKeyboard()
        keyboard.proposals = self._proposals
        keyboard.bind(
            composing=lambda _, letters: self._on_composing(letters),
            on_done=lambda _: self._on_done(),
        )
        self._keyboard = keyboard
        return keyboard

    def _open(self) -> "Proposals":
        from kiosk.input.available import open_engine
        from kiosk.input.composer import Proposals
        from kiosk.input.lexicon import ContentLexicon

        return Proposals(engine=open_engine(), lexicon=ContentLexicon())

    def _read_some(self, _dt: float) -> bool:
        """Read the next titles; False ends the reading."""
        some = [title for title, _ in zip(self._unread, range(TITLES_A_TURN), strict=False)]
        if not some or self._proposals is None:
            return False
        self._proposals.lexicon.add(some)
        return True
