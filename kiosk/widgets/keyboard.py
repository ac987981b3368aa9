"""The touch keyboard: pinyin with candidates, letters, digits and marks.

Renders a Typist and sends it keys; what they mean is decided there. Everything a visitor typed and has not
written yet is in `typist` alone, and `reset` wipes it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from kivy.clock import Clock
from kivy.properties import (
    BooleanProperty,
    NumericProperty,
    ObjectProperty,
    StringProperty,
)
from kivy.uix.boxlayout import BoxLayout

from kiosk.input.engine import Candidate
from kiosk.input.keys import COLUMNS, Key, KeyKind, Mode, Row, layout_of
from kiosk.input.typist import TextTarget, Typist
from kiosk.widgets.press import Press
from kiosk.words import Words
from signage.kit.fonts import measurer
from signage.kit.rules import load_rules

if TYPE_CHECKING:
    from kiosk.input.composer import Proposals

load_rules(__file__)

GAP = 8
CANDIDATE_SIZE = 42
_CANDIDATE_PAD = 44
_NARROWEST = 96
_TURN_WIDTH = 112
_REPEAT_AFTER_S, _REPEAT_EVERY_S = 0.45, 0.1


class KeyCap(Press):
    """One key."""

    text = StringProperty("")
    icon = StringProperty("")
    strong = BooleanProperty(False)
    plain = BooleanProperty(True)
    key = ObjectProperty(None, allownone=True)


class CandidateCap(Press):
    """One proposal of the candidate bar."""

    text = StringProperty("")
    first = BooleanProperty(False)


class TouchKeyboard(BoxLayout):
    """A keyboard as wide as its place.

    Attributes:
        target: the field that is written into (kiosk.input.typist.TextTarget), None for none.
        composing: all letters of the composition in progress, "" for none; search may look for them already.
        preview: chosen text and open letters, as shown above the proposals.
        proposals: where proposals come from; the app sets it, without it letters are written as letters.
        key_height: pixels; at least 80.

    Dispatches on_done when 完成 was pressed and everything open has been written.
    """

    target = ObjectProperty(None, allownone=True)
    proposals = ObjectProperty(None, allownone=True)
    composing = StringProperty("")
    preview = StringProperty("")
    hint = StringProperty("")
    mode = StringProperty(str(Mode.PINYIN))
    key_height = NumericProperty(96)
    page = NumericProperty(0)
    pages = NumericProperty(0)

    def __init__(self, **kwargs: object) -> None:
        self.register_event_type("on_done")
        self.words = Words.load("keyboard_zh_CN")
        self.typist = Typist(self._propose, on_done=lambda: self.dispatch("on_done"))
        self._layouts: dict[tuple[Mode, bool], list[BoxLayout]] = {}
        self._shown: tuple[Mode, bool] | None = None
        self._repeat: Callable[[], None] | None = None
        self._arrange = Clock.create_trigger(self._show_candidates, -1)
        super().__init__(**kwargs)
        self.ids.candidates.fbind("width", self._arrange)
        self._render()

    def reset(self) -> None:
        """Wipe the composition, forget the field, and have the engine forget."""
        self._stop_repeat()
        self.typist.reset()  # first, or changing the target would write what is open
        self.target = None
        if self.proposals is not None:
            self.proposals.reset()
        self._render()

    def switch(self, mode: str) -> None:
        """Turn to a mode: pinyin, letters or digits."""
        if mode != self.mode:
            self.typist.switch(Mode(mode))
            self._render()

    def on_target(self, _: object, target: TextTarget | None) -> None:
        """Write what is open into the field that was typed into, then turn to the new one."""
        if target is not self.typist.target:
            self.typist.as_typed()
            self.typist.target = target
            self._render()

    def on_done(self) -> None:
        """Called when the visitor has finished typing."""

    def press(self, key: Key) -> None:
        """Do what a key says, and show it."""
        self.typist.press(key)
        self._render()

    def choose(self, candidate: Candidate) -> None:
        """Take a proposal."""
        self.typist.choose(candidate)
        self._render()

    def as_typed(self) -> None:
        """Write the letters as they are."""
        self.typist.as_typed()
        self._render()

    def turn(self, pages: int) -> None:
        """Show other proposals."""
        self.page = min(max(self.page + pages, 0), max(self.pages - 1, 0))
        self._show_candidates()

    def hold(self, cap: KeyCap) -> None:
        """Begin to repeat, if the key is one that repeats."""
        if cap.key.kind is KeyKind.BACKSPACE:
            self._stop_repeat()
            start = Clock.schedule_once(lambda _: self._go_on(cap), _REPEAT_AFTER_S)
            self._repeat = start.cancel

    def let_go(self, cap: KeyCap) -> None:
        """Do the key, unless holding it has already done so."""
        is_repeating = self._stop_repeat()
        if not is_repeating:
            self.press(cap.key)

    def _go_on(self, cap: KeyCap) -> None:
        if cap.state != "down":
            self._repeat = None
            return
        self.press(cap.key)
        every = Clock.schedule_interval(lambda _: self._again(cap), _REPEAT_EVERY_S)
        self._repeat = _Repeating(every.cancel)

    def _again(self, cap: KeyCap) -> None:
        if cap.state == "down":
            self.press(cap.key)
        else:
            self._stop_repeat()

    def _stop_repeat(self) -> bool:
        """Stop, and say whether the key had begun to repeat."""
        repeat, self._repeat = self._repeat, None
        if repeat is not None:
            repeat()
        return isinstance(repeat, _Repeating)

    def _propose(self, letters: str) -> tuple[Candidate, ...]:
        proposals: Proposals | None = self.proposals
        return proposals(letters) if proposals is not None else ()

    def _render(self) -> None:
        self.mode = str(self.typist.mode)
        self._show_keys()
        composer = self.typist.composer
        self.preview = composer.preview
        self.page = 0
        self._show_candidates()
        self.composing = composer.letters

    def _show_keys(self) -> None:
        wanted = (self.typist.mode, self.typist.is_upper)
        if wanted == self._shown:
            return
        if wanted not in self._layouts:
            self._layouts[wanted] = [self._row(row) for row in layout_of(wanted[0])]
        self.ids.key_rows.clear_widgets()
        for row in self._layouts[wanted]:
            self.ids.key_rows.add_widget(row)
        self._shown = wanted

    def _row(self, row: Row) -> BoxLayout:
        box = BoxLayout(spacing=GAP)
        spring = (COLUMNS - sum(key.width for key in row)) / 2
        if spring:
            box.add_widget(BoxLayout(size_hint_x=spring))
        for key in row:
            box.add_widget(self._cap(key))
        if spring:
            box.add_widget(BoxLayout(size_hint_x=spring))
        return box

    def _cap(self, key: Key) -> KeyCap:
        text, label = self._words_of(key)
        icons = {KeyKind.BACKSPACE: "delete", KeyKind.SHIFT: "arrow-big-up"}
        cap = KeyCap(
            key=key,
            text=text,
            a11y_label=label,
            icon=icons.get(key.kind, ""),
            strong=key.kind is KeyKind.DONE,
            plain=key.kind in {KeyKind.LETTER, KeyKind.TEXT, KeyKind.SPACE},
            size_hint_x=key.width + (key.width - 1) * GAP / 96,
        )
        cap.bind(on_press=self.hold, on_release=self.let_go)
        return cap

    def _words_of(self, key: Key) -> tuple[str, str]:
        """Return a key's text and what it is called."""
        words = self.words
        match key.kind:
            case KeyKind.LETTER:
                text = key.value.upper() if self.typist.is_upper else key.value
                return text, text
            case KeyKind.TEXT:
                name = f"name.{key.value}"
                return key.value, words(name) if words.has(name) else key.value
            case KeyKind.MODE:
                return words(f"mode.{key.value}"), words(f"mode_label.{key.value}")
            case KeyKind.SHIFT:
                return (words("unshift" if self.typist.is_upper else "shift"),) * 2
            case KeyKind.BACKSPACE | KeyKind.SPACE | KeyKind.DONE:
                return (words(str(key.kind)),) * 2

    def _show_candidates(self, *_: object) -> None:
        bar = self.ids.candidates
        bar.clear_widgets()
        found = self.typist.candidates
        self.hint = self._hint()
        room = self._room()
        pages = _pages(found, first=room + _TURN_WIDTH + GAP, others=room)
        self.pages = len(pages)
        self._show_turns()
        if not pages:
            return
        measure = measurer(CANDIDATE_SIZE)
        for candidate in pages[min(int(self.page), len(pages) - 1)]:
            cap = CandidateCap(
                text=candidate.text,
                first=candidate is found[0],
                a11y_label=self.words("candidate", text=candidate.text),
                size_hint_x=None,
                width=_width_of(candidate, measure(candidate.text)),
            )
            cap.bind(on_release=lambda _, chosen=candidate: self.choose(chosen))
            bar.add_widget(cap)

    def _room(self) -> float:
        """Return the width that candidates have when both page buttons are there."""
        both: float = self.ids.candidates.width + self.ids.turns.width
        return both - 2 * (_TURN_WIDTH + GAP)

    def _show_turns(self) -> None:
        """Show the page buttons that lead somewhere."""
        turns = self.ids.turns
        turns.clear_widgets()
        ways = (("previous", -1, self.page > 0), ("next", 1, self.page < self.pages - 1))
        for word, pages, leads in ways:
            if leads:
                text = self.words(word)
                cap = KeyCap(text=text, a11y_label=text, plain=False, size_hint_x=None)
                cap.width = _TURN_WIDTH
                cap.bind(on_release=lambda _, by=pages: self.turn(by))
                turns.add_widget(cap)

    def _hint(self) -> str:
        if self.typist.composer.is_empty:
            return self.words(f"hint.{self.mode}")
        return "" if self.typist.candidates else self.words("none")


class _Repeating:
    """Stops a key that has begun to repeat."""

    def __init__(self, stop: Callable[[], None]) -> None:
        self._stop = stop

    def __call__(self) -> None:
        self._stop()


def _width_of(candidate: Candidate, text_width: float) -> float:
    return max(_NARROWEST, text_width + _CANDIDATE_PAD) if candidate.text else 0


def _pages(found: tuple[Candidate, ...], *, first: float, others: float) -> list[list[Candidate]]:
    """Return the candidates in pages that fit these widths; one too wide stands alone."""
    measure = measurer(CANDIDATE_SIZE)
    pages: list[list[Candidate]] = []
    room = 0.0
    for candidate in found:
        width = _width_of(candidate, measure(candidate.text)) + GAP
        if width > room or not pages:
            room = others if pages else first
            pages.append([])
        pages[-1].append(candidate)
        room -= width
    return pages
