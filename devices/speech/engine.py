"""Engines that say a text aloud. The only one so far is espeak-ng, if the machine has it."""

import asyncio
import shutil
from contextlib import suppress
from typing import Protocol

from devices.speech.reading import to_syllables

PROGRAM = "espeak-ng"
_VOICE = "cmn-latn-pinyin"
_WORDS_A_MINUTE = "150"
LONGEST_S = 600.0


class Engine(Protocol):
    """Says one text; cancelled, it falls silent at once."""

    async def say(self, text: str) -> None:
        """Say it to the end."""
        ...


class Espeak:
    """espeak-ng as a program of its own: what is said goes in by a pipe, so no list of processes shows it."""

    def __init__(self, program: str) -> None:
        self._program = program

    async def say(self, text: str) -> None:
        """Say it; a machine without sound is silent, and nothing waits for it."""
        syllables = await asyncio.to_thread(to_syllables, text)
        with suppress(OSError, TimeoutError):
            await self._run(syllables.encode())

    async def _run(self, words: bytes) -> None:
        process = await asyncio.create_subprocess_exec(
            self._program,
            *("-v", _VOICE, "-s", _WORDS_A_MINUTE, "--stdin"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            async with asyncio.timeout(LONGEST_S):
                await process.communicate(words)
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()


def find_engine() -> Engine | None:
    """Return the engine of this machine, None where there is none: then everything works silently."""
    program = shutil.which(PROGRAM)
    return Espeak(program) if program else None
