"""Pair a fresh terminal folder from the console."""

import asyncio
import sys
from pathlib import Path

from content.errors import ZoneError
from devices.agent.config import Home
from devices.agent.logs import log_to_stderr
from devices.agent.pairing import Shown, is_paired, pair


def main(path: Path, controller: str) -> int:
    """Stay until the folder is paired; one that is paired already stays as it is. Return the exit code."""
    home = Home(path.resolve())
    if is_paired(home):
        return 0
    log_to_stderr()
    try:
        asyncio.run(pair(home, controller, show=_show))
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


def _show(shown: Shown) -> None:
    sys.stdout.write(f"{shown.sentence}\n")
    sys.stdout.flush()
