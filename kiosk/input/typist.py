"""What a pressed key does: to the composition, to the mode, to the text being written.

Holds the composition of one visitor; `reset` wipes it. Where text goes is a `TextTarget`'s business.
"""

from collections.abc import Callable
from typing import Protocol, assert_never

from kiosk.input.composer import Composer, Proposer
from kiosk.input.engine import Candidate
from kiosk.input.keys import Key, KeyKind, Mode


class TextTarget(Protocol):
    """A field that is written into."""

    def insert_text(self, text: str) -> None:
        """Put text at the end."""
        ...

    def backspace(self) -> None:
        """Take the last character away."""
        ...


class Typist:
    """Turns keys into text.

    Attributes:
        mode: what letter keys do now.
        is_upper: whether the next letter is a capital; holds until switched off.
        composer: the composition in progress.
        candidates: all proposals for its open letters.
    """

    def __init__(self, propose: Proposer, *, on_done: Callable[[], None]) -> None:
        self._propose = propose
        self._on_done = on_done
        self.target: TextTarget | None = None
        self.mode = Mode.PINYIN
        self.is_upper = False
        self.composer = Composer()
        self.candidates: tuple[Candidate, ...] = ()

    def press(self, key: Key) -> None:
        """Do what the key says."""
        match key.kind:
            case KeyKind.LETTER:
                self._letter(key.value)
            case KeyKind.TEXT:
                self._finish()
                self._insert(key.value)
            case KeyKind.SHIFT:
                self.is_upper = not self.is_upper
            case KeyKind.MODE:
                self.switch(Mode(key.value))
            case KeyKind.BACKSPACE:
                self._backspace()
            case KeyKind.SPACE:
                self._space()
            case KeyKind.DONE:
                self._finish()
                self._on_done()
            case _ as never:
                assert_never(never)

    def choose(self, candidate: Candidate) -> None:
        """Take a proposal; the text is written once every letter is chosen for."""
        self._compose(self.composer.choose(candidate))
        if self.composer.is_finished:
            self._commit(self.composer.chosen)

    def as_typed(self) -> None:
        """Write the letters themselves, and what was chosen before them."""
        if not self.composer.is_empty:
            self._commit(self.composer.preview)

    def switch(self, mode: Mode) -> None:
        """Turn to another mode; open letters are written as they are, for none may get lost."""
        self.as_typed()
        self.mode = mode
        self.is_upper = False

    def clear(self) -> None:
        """Abandon the composition."""
        self._compose(Composer())

    def reset(self) -> None:
        """Wipe everything of this visitor."""
        self.clear()
        self.target = None
        self.mode = Mode.PINYIN
        self.is_upper = False

    def _letter(self, letter: str) -> None:
        if self.mode is Mode.PINYIN:
            self._compose(self.composer.type(letter))
        else:
            self._insert(letter.upper() if self.is_upper else letter)

    def _space(self) -> None:
        if self.composer.is_empty:
            self._insert(" ")
        elif self.candidates:
            self.choose(self.candidates[0])
        else:
            self.as_typed()

    def _backspace(self) -> None:
        if not self.composer.is_empty:
            self._compose(self.composer.backspace())
        elif self.target is not None:
            self.target.backspace()

    def _finish(self) -> None:
        """Take the first proposal for what is open, or the letters where there is none."""
        while not self.composer.is_empty and self.candidates:
            self.choose(self.candidates[0])
        self.as_typed()

    def _compose(self, composer: Composer) -> None:
        if composer.open_letters != self.composer.open_letters:
            self.candidates = self._propose(composer.open_letters)
        self.composer = composer

    def _commit(self, text: str) -> None:
        self.clear()
        self._insert(text)

    def _insert(self, text: str) -> None:
        if self.target is not None:
            self.target.insert_text(text)
