"""Show a new terminal's pairing code and fingerprint: python -m signage.stage.pairing --file PATH [--size WxH].

The pairing process writes the file and ends this one. Nothing here is secret from who stands before the screen:
that is whom it is for.
"""

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from signage.kit.environment import WindowSettings, parse_pair, prepare

if TYPE_CHECKING:
    from kivy.app import App

LOOK_S = 1.0


def read_shown(path: Path) -> tuple[str, str]:
    """Return code and fingerprint as they are to be read out; "" for both while there is none."""
    try:
        shown = msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except (OSError, msgspec.MsgspecError):
        return "", ""
    code = shown.get("code", "")
    groups = shown.get("fingerprint", "").split(" ")
    half = len(groups) // 2
    return code, " ".join(groups[:half]) + "\n" + " ".join(groups[half:])


def make_app(path: Path) -> "App":
    """Return the app; Kivy is imported here, after its settings were made."""
    from signage.stage.pairing_sheet import CodeOnGlass

    return CodeOnGlass(look=lambda: read_shown(path), every_s=LOOK_S)


def main(argv: list[str]) -> int:
    """Show it until SIGTERM."""
    parser = argparse.ArgumentParser("python -m signage.stage.pairing")
    parser.add_argument("--file", type=Path, required=True, help="written by the pairing process")
    parser.add_argument("--size", default="1080x1920", help="window size")
    asked = parser.parse_args(argv)
    size = parse_pair(asked.size, "x")
    prepare(asked.file.parent / "pairing-kivy", WindowSettings(size=size, touch=False))
    from kivy.base import stopTouchApp
    from kivy.clock import Clock

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: Clock.schedule_once(lambda _dt: stopTouchApp()))
    make_app(asked.file).run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
