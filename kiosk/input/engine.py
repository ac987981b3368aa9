"""What a pinyin engine does for the keyboard. Engines remember nothing of what anybody typed."""

from dataclasses import dataclass
from typing import Protocol


class EngineMissing(Exception):
    """The engine's library or dictionary is not on this machine; take the next one."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One proposal: Chinese text, and how many of the typed letters it stands for."""

    text: str
    consumed: int


@dataclass(frozen=True, slots=True)
class Composition:
    """Proposals for the letters typed so far, best first."""

    candidates: tuple[Candidate, ...] = ()


class PinyinEngine(Protocol):
    """Turns letters into proposals. Stateless to its caller: the same letters give the same answer."""

    def compose(self, letters: str) -> Composition:
        """Return proposals for the letters a to z; the first is for as many of them as possible."""
        ...

    def reset(self) -> None:
        """Forget everything, as at the end of a visitor's session."""
        ...
