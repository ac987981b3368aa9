"""Keep the C engine in a process of its own, so that letters which make it abort harm nothing.

Where it died over a row of letters it is started anew and asked for their beginning alone.
"""

import logging
import os
import select
import subprocess
import sys
from pathlib import Path

import msgspec

from kiosk.input.engine import Candidate, Composition, EngineMissing
from kiosk.input.google import LIBRARY, MAX_LETTERS, find_dictionary
from kiosk.input.google_host import RESET

log = logging.getLogger(__name__)

SURE_LETTERS = 12
"""So many letters never filled the library's table: 150,000 random rows and the worst known ones were tried."""
_ANSWER_S = 0.25
_START_S = 5.0
_ROOT = Path(__file__).parents[2]


class HostedPinyin:
    """The engine, as seen from the user interface.

    Raises:
        EngineMissing: library or dictionary is not installed.
    """

    def __init__(self) -> None:
        find_dictionary()
        self._process = _start()
        self._is_warm = False

    def compose(self, letters: str) -> Composition:
        """Return proposals; for letters that the library cannot bear, proposals for their beginning."""
        found = self._ask(letters[:MAX_LETTERS])
        if found is None and len(letters) > SURE_LETTERS:
            found = self._ask(letters[:SURE_LETTERS])
        return found or Composition()

    def reset(self) -> None:
        """Reopen the decoder, so that nothing of the last visitor is left in it."""
        self._ask(RESET)

    def close(self) -> None:
        """End the process."""
        _end(self._process)

    def _ask(self, line: str) -> Composition | None:
        """Return the answer, None if the process died over it; then the next one is running already."""
        answer = self._exchange(line)
        if answer is None:
            log.warning("pinyin engine restarted", extra={"letters": len(line)})
            _end(self._process)
            self._process = _start()
            self._is_warm = False
            return None
        return Composition(tuple(Candidate(text, used) for text, used in answer))

    def _exchange(self, line: str) -> list[tuple[str, int]] | None:
        pipe_in, pipe_out = self._process.stdin, self._process.stdout
        if pipe_in is None or pipe_out is None:
            return None
        try:
            pipe_in.write(line.encode("ascii") + b"\n")
            pipe_in.flush()
            ready, _, _ = select.select(
                [pipe_out], [], [], _ANSWER_S if self._is_warm else _START_S
            )
            answer = pipe_out.readline() if ready else b""
            self._is_warm = True
            return msgspec.json.decode(answer, type=list[tuple[str, int]])
        except (OSError, msgspec.DecodeError):
            return None


def _start() -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "kiosk.input.google_host"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            env={**os.environ, "PYTHONPATH": str(_ROOT)},
        )
    except OSError as error:
        raise EngineMissing(LIBRARY) from error


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
