"""Start a public screen: python -m signage --socket PATH --ui signage-1 [--size WxH] [--position X,Y]."""

import argparse
import sys
from pathlib import Path

from signage.kit.environment import WindowSettings, parse_pair, prepare

PLAYER_FPS = 22
"""Asks for about 30 frames a second while the ticker moves; a still screen draws none."""


def main(argv: list[str]) -> int:
    """Run the screen until SIGTERM."""
    asked = _parser().parse_args(argv)
    home = asked.socket.parent / f"{asked.ui}-kivy"
    position = parse_pair(asked.position, ",") if asked.position else None
    size = parse_pair(asked.size, "x")
    prepare(home, WindowSettings(size=size, position=position, touch=False, max_fps=PLAYER_FPS))
    _run(asked)
    return 0


def _run(asked: argparse.Namespace) -> None:
    from content.replica.reader import ReplicaReader
    from content.workdays import china_calendar
    from devices.clock import SystemClock
    from devices.ipc.client import UiClient
    from signage.app import SignageApp, run
    from signage.conductor import Conductor
    from signage.place import Place, place_at

    def open_replica(place: Place) -> ReplicaReader:
        return ReplicaReader(place.replica or asked.socket.parent / "replica.db", place.root)

    clock = SystemClock()
    link = UiClient(asked.socket, ui=asked.ui)
    conductor = Conductor(
        clock=clock,
        calendar=china_calendar(),
        open_replica=open_replica,
        send=link.send,
        place=place_at(asked.socket.parent),
    )
    link.start()
    try:
        run(SignageApp(conductor=conductor, link=link, clock=clock, pixel_mm=asked.pixel_mm))
    finally:
        link.stop()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m signage")
    parser.add_argument("--socket", type=Path, required=True, help="the agent's socket")
    parser.add_argument("--ui", default="signage-1", help="this screen's name at its terminal")
    parser.add_argument("--size", default="1920x1080", help="window size, for example 1920x1080")
    parser.add_argument("--position", default="", help="left and top on a shared desktop: 0,0")
    parser.add_argument(
        "--pixel-mm", type=float, default=0.25, help="size of one pixel, for codes that can be read"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
