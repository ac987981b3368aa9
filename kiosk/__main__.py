"""Start the kiosk: python -m kiosk --socket PATH [--size WxH] [--position X,Y]."""

import argparse
import gc
import sys
from collections.abc import Sequence
from pathlib import Path

from devices.agent.logs import log_to_stderr
from signage.kit.environment import TOUCHED_FPS, WindowSettings, parse_pair, prepare

DEFAULT_SIZE = "1080x1920"
KIVY_FOLDER = "kivy"
"""Beside the socket, kept: Kivy copies its icons there once. Nothing of a citizen gets there."""

FIRST_FRAME = "kiosk first frame"
"""Printed when the first screen has been drawn and answers a touch; benchmarks and supervisors wait for it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM; return the exit code."""
    gc.disable()  # nothing made before the first frame is garbage; _say_ready turns it on again
    given = _parse(arguments)
    log_to_stderr()
    position = parse_pair(given.position, ",") if given.position else None
    window = WindowSettings(
        parse_pair(given.size, "x"), position, cursor=given.cursor, max_fps=TOUCHED_FPS
    )
    prepare(given.socket.parent / KIVY_FOLDER, window)
    return _run(given)


def _run(given: argparse.Namespace) -> int:
    # Kivy may be imported from here on, not before: prepare() has made its settings.
    from kiosk.app import run
    from kiosk.wiring import make_app

    run(make_app(given.socket, idle_s=given.idle, on_ready=_say_ready))
    return 0


def _say_ready() -> None:
    gc.enable()
    sys.stdout.write(FIRST_FRAME + "\n")
    sys.stdout.flush()


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="kiosk", description="The touch kiosk of a zone.")
    parser.add_argument("--socket", type=Path, required=True, help="the agent's socket")
    parser.add_argument("--size", default=DEFAULT_SIZE, help="window size, 1080x1920 or 1920x1080")
    parser.add_argument("--position", default="", help="left,top on a shared desktop")
    parser.add_argument(
        "--idle", type=float, default=90, help="seconds without touch before asking"
    )
    parser.add_argument("--cursor", action="store_true", help="show the pointer")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
