"""The composition: letters typed, proposals, choices, and how each is taken back. Pure.

A composition is the list of steps that made it, so a letter can never get lost and backspace undoes
exactly the last step, be it a letter or a choice. What the letters may mean is a `Proposer`'s business.
"""

from collections.abc import Callable
from dataclasses import dataclass

from kiosk.input.engine import Candidate, PinyinEngine
from kiosk.input.lexicon import ContentLexicon
from kiosk.input.syllables import is_spelled

MAX_LETTERS = 40

Proposer = Callable[[str], tuple[Candidate, ...]]


@dataclass(frozen=True, slots=True)
class Typed:
    """A letter was typed."""

    letter: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """A proposal was taken for the first `consumed` of the open letters."""

    text: str
    consumed: int


Step = Typed | Chosen


@dataclass(frozen=True, slots=True)
class Composer:
    """One composition in progress. Every act returns the next one.

    Attributes:
        steps: what was done, in order.
    """

    steps: tuple[Step, ...] = ()

    @property
    def letters(self) -> str:
        """All letters typed in this composition."""
        return "".join(step.letter for step in self.steps if isinstance(step, Typed))

    @property
    def chosen(self) -> str:
        """The Chinese text chosen so far."""
        return "".join(step.text for step in self.steps if isinstance(step, Chosen))

    @property
    def open_letters(self) -> str:
        """The letters for which nothing is chosen yet."""
        consumed = sum(step.consumed for step in self.steps if isinstance(step, Chosen))
        return self.letters[consumed:]

    @property
    def preview(self) -> str:
        """What a person sees of it: the chosen text and the open letters."""
        return self.chosen + self.open_letters

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in progress."""
        return not self.steps

    @property
    def is_finished(self) -> bool:
        """Whether every letter is chosen for: `chosen` is what goes into the text."""
        return bool(self.steps) and not self.open_letters

    def type(self, letter: str) -> "Composer":
        """Add a letter a to z; a full composition takes no more."""
        is_letter = len(letter) == 1 and "a" <= letter <= "z"
        if not is_letter or len(self.letters) >= MAX_LETTERS:
            return self
        return Composer((*self.steps, Typed(letter)))

    def choose(self, candidate: Candidate) -> "Composer":
        """Take a proposal for the beginning of the open letters."""
        if not 0 < candidate.consumed <= len(self.open_letters):
            return self
        return Composer((*self.steps, Chosen(candidate.text, candidate.consumed)))

    def backspace(self) -> "Composer":
        """Undo the last step."""
        return Composer(self.steps[:-1])


@dataclass(frozen=True, slots=True)
class Proposals:
    """Merges the kiosk's own words with an engine's: `proposals(letters)` are the candidates, best first."""

    engine: PinyinEngine
    lexicon: ContentLexicon

    def __call__(self, letters: str) -> tuple[Candidate, ...]:
        """Return the candidates for a row of letters, none of them twice."""
        if not letters:
            return ()
        own = self.lexicon
        initials = own.by_initials(letters) if len(letters) > 1 else ()
        found = self.engine.compose(letters).candidates
        first, rest = (
            ((*own.exact(letters), *found[:1]), initials)
            if is_spelled(letters)
            else ((*own.exact(letters), *initials), found[:1])
        )
        merged = (
            *first,
            *rest,
            *own.completions(letters)[:3],
            *own.beginnings(letters)[:2],
            *found,
        )
        return tuple(dict.fromkeys(merged))

    def reset(self) -> None:
        """Have the engine forget; the lexicon holds published words alone and stays."""
        self.engine.reset()
