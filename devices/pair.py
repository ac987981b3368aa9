"""Pair a fresh terminal folder from the console."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from content.errors import ZoneError
from devices.agent.config import Home
from devices.agent.logs import log_to_stderr
from devices.agent.pairing import Shown, is_paired, pair

DISPLAYS = {"DISPLAY", "WAYLAND_DISPLAY"}
SCREEN = "signage.stage.pairing"
ENDS_S = 5.0


def main(path: Path, controller: str) -> int:
    """Stay until the folder is paired; one that is paired already stays as it is. Return the exit code."""
    home = Home(path.resolve())
    if is_paired(home):
        return 0
    log_to_stderr()
    try:
        with Glass(home) as glass:
            asyncio.run(pair(home, controller, show=glass.show))
    except ZoneError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    sys.stdout.write("配对完成，终端证书已保存。\n")
    sys.stdout.flush()
    return 0


def begin_anew(path: Path) -> None:
    """Forget the identity of a folder; what citizens left and the content that it holds stay.

    The key goes last: a power cut half-way leaves a folder that pairs anew with the key it has.
    """
    home = Home(path.resolve())
    for file in (home.config, home.certificate, home.authority, home.key):
        file.unlink(missing_ok=True)


class Glass:
    """Tells the keeper: on the console, and on the screen where there is a display."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._screen: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def show(self, shown: Shown) -> None:
        """Show a code and a fingerprint in the place of the last ones."""
        sys.stdout.write(f"{shown.sentence}\n")
        sys.stdout.flush()
        self._home.pairing.write_bytes(msgspec.json.encode(shown))
        if self._screen is None and DISPLAYS & set(os.environ):
            self._screen = subprocess.Popen(
                [sys.executable, "-m", SCREEN, "--file", str(self._home.pairing)],
                stdin=subprocess.DEVNULL,
            )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._home.pairing.unlink(missing_ok=True)
        if self._screen is not None:
            self._screen.terminate()
            try:
                self._screen.wait(ENDS_S)
            except subprocess.TimeoutExpired:
                self._screen.kill()
                self._screen.wait()
