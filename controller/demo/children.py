"""The demo's child processes: started, followed into a log each, watched, and ended by their own id.

Each has a session of its own, so that Ctrl-C reaches the demo alone and it can end the others in order; the
kernel ends them if the demo itself is killed.
"""

import asyncio
import os
import re
import shutil
import sys
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from content.errors import ZoneError

READY_S = 120.0
END_S = 15.0
LINE_MOST = 1 << 20
"""Longest line of a log; one longer than that is cut by asyncio's reader."""


class NotStarted(ZoneError):
    """A part of the demo did not come up; the sentence names its log."""


@dataclass(frozen=True, slots=True)
class Child:
    """One process and where its words go."""

    name: str
    process: Process
    log: Path


class Children:
    """All child processes of one demo."""

    def __init__(self, folder: Path, *, on_loss: Callable[[str], None]) -> None:
        """Begin with none.

        Args:
            folder: where the logs go.
            on_loss: told in one sentence when a child ends before it is asked to.
        """
        self._folder = folder
        self._on_loss = on_loss
        self._running: list[Child] = []
        self._readers: set[asyncio.Task[None]] = set()
        self._lost = asyncio.Event()

    async def start_module(
        self, name: str, *arguments: str, ready: Iterable[str], env: Mapping[str, str]
    ) -> None:
        """Start a module of this interpreter and return when it has said all ready words.

        Raises:
            NotStarted: it ended first or took too long.
        """
        command = (sys.executable, "-m", *arguments)
        await self.start(name, command, ready=ready, env={**env, "PYTHONUNBUFFERED": "1"})

    async def start(
        self, name: str, command: tuple[str, ...], *, ready: Iterable[str], env: Mapping[str, str]
    ) -> str:
        """Start a program and return when it has said all ready words.

        Args:
            name: for its log and for sentences about it.
            command: the program and its arguments.
            ready: patterns; each must be found in some line of its output.
            env: what its environment has besides ours.

        Returns:
            The line that had the last of them.

        Raises:
            NotStarted: it ended first or took too long.
        """
        log = self._folder / f"{name}.log"
        process = await asyncio.create_subprocess_exec(
            *_dies_with_us(),
            *command,
            env={**os.environ, **env},
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            start_new_session=True,
            limit=LINE_MOST,
        )
        child = Child(name, process, log)
        self._running.append(child)
        said: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        reader = asyncio.create_task(self._follow(child, set(ready), said), name=name)
        self._readers.add(reader)
        await asyncio.wait((said, reader), timeout=READY_S, return_when=asyncio.FIRST_COMPLETED)
        if not said.done():
            raise NotStarted(f"{name} 没有启动，原因见 {log} 的最后几行。")
        return said.result()

    async def wait_for_loss(self) -> None:
        """Return when one of them has ended by itself."""
        await self._lost.wait()

    async def end(self) -> None:
        """End all, the last started first."""
        while self._running:
            await _end(self._running.pop().process)
        if self._readers:
            await asyncio.wait(self._readers)

    async def _follow(self, child: Child, missing: set[str], said: asyncio.Future[str]) -> None:
        if child.process.stdout is None:
            return
        with child.log.open("ab") as file:
            async for line in child.process.stdout:
                file.write(line)
                file.flush()
                text = line.decode("utf-8", "replace").rstrip("\n")
                missing -= {pattern for pattern in missing if re.search(pattern, text)}
                if not missing and not said.done():
                    said.set_result(text)
        code = await child.process.wait()
        if child in self._running and said.done():
            self._running.remove(child)
            self._lost.set()
            self._on_loss(
                f"{child.name} 意外停止（退出码 {code}），原因见 {child.log}。"
                "请按 Ctrl-C 停止演示后重新启动。"
            )


def _dies_with_us() -> tuple[str, ...]:
    # setpriv (util-linux) asks the kernel to end the child with its parent, and then becomes the program.
    setpriv = shutil.which("setpriv")
    return (setpriv, "--pdeathsig", "TERM") if setpriv else ()


async def _end(process: Process) -> None:
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(END_S):
            await process.wait()
    except TimeoutError:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
