"""Real processes for end-to-end tests: started, watched for a line, ended by their own id."""

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

T = TypeVar("T")
ROOT = Path(__file__).parents[2]


class Late(AssertionError):
    """What was waited for did not come in time."""


class Program:
    """One child process whose output lines can be waited for and read later."""

    def __init__(self, name: str, *command: str, env: dict[str, str] | None = None) -> None:
        self.name = name
        self.lines: list[str] = []
        self._fresh: queue.Queue[str] = queue.Queue()
        self._process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @classmethod
    def python(cls, name: str, *arguments: str, env: dict[str, str] | None = None) -> "Program":
        """Start a module of this interpreter: `Program.python("agent", "-m", "devices", …)`."""
        return cls(name, sys.executable, *arguments, env=env)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def wait_line(self, part: str, *, timeout: float = 60) -> str:
        """Return the first line, past or to come, that contains the text."""
        for line in list(self.lines):
            if part in line:
                return line
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            try:
                line = self._fresh.get(timeout=0.2)
            except queue.Empty:
                if self._process.poll() is not None:
                    break
                continue
            if part in line:
                return line
        raise Late(f"{self.name} did not say {part!r}; it said:\n{self.output[-4000:]}")

    def wait_end(self, *, timeout: float = 60) -> int:
        """Wait for it to end by itself, and return its exit code."""
        code = self._process.wait(timeout)
        self._reader.join(5)
        return code

    def pause(self) -> None:
        """Freeze the process, as a dead computer would be."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it run again."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self._process.kill()
        self._process.wait(10)

    def stop(self, *, timeout: float = 20) -> int:
        """Ask it to end, and return its exit code."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(timeout)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(10)
        self._reader.join(5)
        return self._process.returncode

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as stream:
            for line in stream:
                self.lines.append(line.rstrip("\n"))
                self._fresh.put(line)


def wait_for(
    what: str, probe: Callable[[], T | None], *, timeout: float = 30, every: float = 0.2
) -> T:
    """Return the first true answer of a probe, or fail saying what was waited for."""
    end = time.monotonic() + timeout
    tick = threading.Event()
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > end:
            raise Late(f"waited {timeout:.0f} s for {what}")
        tick.wait(every)
