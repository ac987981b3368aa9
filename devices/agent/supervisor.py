"""Starts the user interfaces, starts them again when they die or fall silent, ends them by their ids."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from devices.agent.config import Home, TerminalConfig
from devices.clock import Clock

logger = logging.getLogger(__name__)

PING_S = 5.0
SILENT_S = 20.0
STARTING_S = 90.0
"""A UI that has not said hello yet gets longer: a cold start on a slow disk."""
GRACE_S = 5.0
WAITS_S = (1.0, 2.0, 5.0, 10.0)
SETTLED_S = 60.0


class Process(Protocol):
    """A child process."""

    pid: int

    async def wait(self) -> int:
        """Return its exit code when it has ended."""
        ...

    def terminate(self) -> None:
        """Ask it to end."""
        ...

    def kill(self) -> None:
        """End it."""
        ...


Launch = Callable[[Sequence[str]], Awaitable[Process]]
Pause = Callable[[float], Awaitable[None]]


async def launch(command: Sequence[str]) -> Process:
    """Start a program."""
    return await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL)


def commands(config: TerminalConfig, home: Home) -> dict[str, tuple[str, ...]]:
    """Return UI -> command line: the kiosk, and a player for each other screen."""
    return {ui: _command(config, home, ui) for ui in config.screens}


def _command(config: TerminalConfig, home: Home, ui: str) -> tuple[str, ...]:
    program = ("kiosk",) if ui == "kiosk" else ("signage", "--ui", ui)
    words = [sys.executable, "-m", program[0], "--socket", str(home.socket), *program[1:]]
    window = config.ui.get(ui)
    if window is not None and window.size:
        words += ["--size", window.size]
    if window is not None and window.position:
        words += ["--position", window.position]
    return tuple(words)


class Supervisor:
    """Keeps UIs alive. `ping` asks a UI for a sign of life, which comes back through `heard`."""

    def __init__(
        self,
        uis: Mapping[str, Sequence[str]],
        *,
        clock: Clock,
        ping: Callable[[str], None],
        pid_file: Callable[[str], Path],
        start: Launch = launch,
        pause: Pause = asyncio.sleep,
    ) -> None:
        self._uis = uis
        self._clock = clock
        self._ping = ping
        self._pid_file = pid_file
        self._start = start
        self._pause = pause
        self._heard: dict[str, float] = {}
        self._processes: dict[str, Process] = {}

    def heard(self, ui: str) -> None:
        """Note a sign of life."""
        self._heard[ui] = self._clock.monotonic()

    def restart(self, ui: str) -> bool:
        """End a UI so that it is started anew; False if none of ours runs under this name."""
        process = self._processes.get(ui)
        if process is None:
            return False
        with suppress(ProcessLookupError):
            process.terminate()
        return True

    async def run(self) -> None:
        """Keep all UIs until cancelled, then end them."""
        async with asyncio.TaskGroup() as group:
            for ui, command in self._uis.items():
                group.create_task(self._keep(ui, command), name=f"supervise {ui}")

    async def _keep(self, ui: str, command: Sequence[str]) -> None:
        failures = 0
        while True:
            end_stray(self._pid_file(ui), command)
            started = self._clock.monotonic()
            try:
                await self._live_through(ui, command)
            except OSError as error:
                logger.warning("ui not started", extra={"ui": ui, "cause": str(error)})
            lived_s = self._clock.monotonic() - started
            failures = 0 if lived_s > SETTLED_S else failures + 1
            await self._pause(WAITS_S[min(max(failures - 1, 0), len(WAITS_S) - 1)])

    async def _live_through(self, ui: str, command: Sequence[str]) -> None:
        """Start a UI and stay until it ended, by itself or by us."""
        self._heard.pop(ui, None)
        process = await self._start(command)
        pid_file = self._pid_file(ui)
        pid_file.write_text(str(process.pid))
        logger.info("ui started", extra={"ui": ui, "pid": process.pid})
        self._processes[ui] = process
        try:
            await self._watch(ui, process)
        finally:
            del self._processes[ui]
            await _end(process)
            pid_file.unlink(missing_ok=True)

    async def _watch(self, ui: str, process: Process) -> None:
        ended = asyncio.ensure_future(process.wait())
        started = self._clock.monotonic()
        try:
            while not ended.done():
                pause = asyncio.ensure_future(self._pause(PING_S))
                await asyncio.wait({ended, pause}, return_when=asyncio.FIRST_COMPLETED)
                pause.cancel()
                if not ended.done() and self._is_silent(ui, started):
                    logger.warning("ui silent", extra={"ui": ui, "pid": process.pid})
                    return
                self._ping(ui)
            logger.warning("ui ended", extra={"ui": ui, "code": ended.result()})
        finally:
            ended.cancel()

    def _is_silent(self, ui: str, started: float) -> bool:
        now = self._clock.monotonic()
        heard = self._heard.get(ui)
        return now - started > STARTING_S if heard is None else now - heard > SILENT_S


async def _end(process: Process) -> None:
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(GRACE_S):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def end_stray(pid_file: Path, command: Sequence[str]) -> bool:
    """End the UI that an agent before us left running: two must not share a screen.

    Only a process whose command line is ours is touched; its number may belong to another by now.
    """
    try:
        pid = int(pid_file.read_text())
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:-1]
    except (OSError, ValueError):
        return False
    if words[1:] != [os.fsencode(word) for word in command[1:]]:
        return False
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGTERM)
        logger.info("stray ui ended", extra={"pid": pid})
    return True
