"""Reads a question for its meaning beside the search for its words: the two need different things and about as long.

The model's library computes outside Python's lock, so on a terminal's second core the reading costs no time of its
own; on a single core the two take turns and lose nothing.
"""

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from content.search.vectors import Floats


class SentenceEncoder(Protocol):
    """Makes a vector of what a sentence means, comparable with those of titles."""

    @property
    def name(self) -> str:
        """Return which model it is."""
        ...

    def encode(self, text: str) -> Floats:
        """Return the unit vector of a text."""
        ...


@dataclass(frozen=True, slots=True)
class Reading:
    """A question that is being read: by which model, and what will come of it."""

    model: str
    vector: Future[Floats]


class SentenceReader:
    """One thread that reads questions, one after the other; it ends when nobody holds this any more."""

    def __init__(self, encoder: SentenceEncoder) -> None:
        self._encoder = encoder
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="meaning of a question")

    def begin(self, text: str) -> Reading:
        """Begin to read; the vector raises what the model raises."""
        return Reading(self._encoder.name, self._thread.submit(self._encoder.encode, text))
