"""Bring this terminal to the software version that is wished, by a program of the machine (docs/adr/0025).

The program is `disclosure-zone-update VERSION`, put there by whoever keeps the machine; it verifies what it installs.
Each wish is tried once: a program that says it succeeded and a version that still does not run are told as a fault,
and not tried for ever. Nothing is installed while a citizen is here.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from devices.agent import sentences
from devices.agent.faults import FaultBook

logger = logging.getLogger(__name__)

PROGRAM = "disclosure-zone-update"
UPDATE_S = 900.0
IDLE_S = 5.0
SCOPE = "software"
_VERSION = re.compile(r"[0-9][0-9A-Za-z.+~-]{0,39}")

Install = Callable[[tuple[str, ...]], Awaitable[str]]


def is_version(text: str) -> bool:
    """Say whether a text may be the version of a program: nothing else reaches a command line."""
    return _VERSION.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Machinery:
    """What installing needs.

    Attributes:
        running: the version that runs.
        install: runs a program; returns "" or a word for why it did not do it.
        tried: file that remembers the version that was tried last.
        session_open: whether a citizen is here.
        begin_anew: ends this agent, so that its keeper starts the new version.
    """

    running: str
    install: Install
    tried: Path
    session_open: Callable[[], bool]
    begin_anew: Callable[[], None]


class SoftwareUpdate:
    """`run` it as a task; `wish` may be called at any time."""

    def __init__(self, machinery: Machinery, *, faults: FaultBook) -> None:
        self._do = machinery
        self._faults = faults
        self._wished = ""
        self._changed = asyncio.Event()

    def wish(self, version: str) -> None:
        """Note which version shall run, "" for no wish."""
        if version != self._wished:
            self._wished = version
            self._changed.set()

    async def run(self) -> None:
        """Follow wishes for ever."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._follow(self._wished)

    async def _follow(self, version: str) -> None:
        self._faults.clear_scope(SCOPE)
        if version in {"", self._do.running}:
            # What is wished again after that is a new attempt.
            await asyncio.to_thread(self._do.tried.unlink, missing_ok=True)
            return
        if not is_version(version):
            self._fail("bad_version")
            return
        if await asyncio.to_thread(self._was_tried, version):
            self._fail("not_running")
            return
        while self._do.session_open():  # noqa: ASYNC110 - asked, not told
            await asyncio.sleep(IDLE_S)
        await asyncio.to_thread(self._do.tried.write_text, version, "utf-8")
        why = await self._do.install((PROGRAM, version))
        logger.info("software installed", extra={"version": version, "why": why})
        if why:
            self._fail(why)
        else:
            self._do.begin_anew()

    def _was_tried(self, version: str) -> bool:
        try:
            return self._do.tried.read_text("utf-8") == version
        except OSError:
            return False

    def _fail(self, why: str) -> None:
        self._faults.note(f"software:{why}", "software", sentences.software(why), scope=SCOPE)
