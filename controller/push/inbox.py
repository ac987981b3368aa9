"""Take in what terminals say in batches: one transaction for all that came while the last one was written.

A word alone is served at once; a fleet that speaks at once costs one commit a thousand, not one each (wire.md 7).
Hellos are answered beside that: a storm of terminals that come back waits for the broker at each answer, and what
they say of themselves must not wait with it.
"""

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from content.errors import ZoneError
from controller.services.terminal_words import Word
from controller.store.terminals import Terminal
from devices.wire.messages import Hello

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 1_000
MOST_WAITING = 20_000
"""Beyond it whoever brings more waits; what the broker cannot hand over is said again by its terminal."""


@dataclass(frozen=True, slots=True)
class HelloSaid:
    """A terminal wants to know what it lacks."""

    device: str
    hello: Hello


class Register(Protocol):
    """Where words are kept."""

    async def said(self, words: Sequence[Word]) -> None:
        """Take in words in one transaction."""
        ...

    async def find_all(self, devices: Iterable[str]) -> tuple[Terminal, ...]:
        """Return those of these terminals that are welcome."""
        ...


class Answering(Protocol):
    """Answers hellos."""

    async def __call__(self, hellos: Sequence[tuple[Terminal, Hello]]) -> None:
        """Answer these."""
        ...


class Inbox:
    """`put` what was said; `run` it as a task."""

    def __init__(self, *, register: Register, answer: Answering) -> None:
        self._register = register
        self._answer = answer
        self._waiting: asyncio.Queue[Word] = asyncio.Queue(MOST_WAITING)
        self._hellos: dict[str, Hello] = {}
        self._greeted = asyncio.Event()

    async def put(self, said: Word | HelloSaid) -> None:
        """Take something said; a word waits while too many are waiting already."""
        if isinstance(said, Word):
            await self._waiting.put(said)
            return
        # Of several hellos of one terminal the last says how things stand.
        self._hellos[said.device] = said.hello
        self._greeted.set()

    async def run(self) -> None:
        """Serve until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_words())
            group.create_task(self._answer_hellos())

    async def _keep_words(self) -> None:
        while True:
            batch = [await self._waiting.get()]
            while len(batch) < MOST_AT_ONCE and not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            await self.keep(batch)

    async def _answer_hellos(self) -> None:
        while True:
            await self._greeted.wait()
            await self.answer_waiting()

    async def answer_waiting(self) -> None:
        """Answer all hellos that wait; a terminal whose answer is lost asks again."""
        self._greeted.clear()
        hellos, self._hellos = self._hellos, {}
        try:
            welcome = await self._register.find_all(hellos)
            await self._answer([(one, hellos[one.id]) for one in welcome])
        except (ZoneError, SQLAlchemyError, OSError) as error:
            _log("hellos not answered", len(hellos), error)

    async def keep(self, words: Sequence[Word]) -> None:
        """Keep one batch. A word that cannot be kept is lost, and said again within a minute."""
        try:
            await self._register.said(words)
        except SQLAlchemyError as error:
            if len(words) == 1:
                _log("word not kept", 1, error)
                return
            # One terminal says what no column takes: it must not cost the others theirs.
            half = len(words) // 2
            await self.keep(words[:half])
            await self.keep(words[half:])
        except (ZoneError, OSError) as error:
            _log("words not kept", len(words), error)


def _log(message: str, number: int, error: Exception) -> None:
    # Only the error's name is logged: a database error quotes its statement's values.
    logger.error(message, extra={"number": number, "why": type(error).__name__})
