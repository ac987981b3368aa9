"""Commands of this package: `agent` runs a terminal, `simulate` stands in for hardware."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

USAGE = """\
python -m devices agent --home DIR
    run the agent of the terminal whose folder `controller enrol` made
python -m devices take-bundle --home DIR FILE
    verify and take a content bundle, also while the agent runs
python -m devices simulate printer --link PATH --out DIR
    run a simulated device
"""


def main(arguments: Sequence[str]) -> int:
    """Run a command; return the exit code."""
    command, rest = (arguments[0], arguments[1:]) if arguments else ("", ())
    match command:
        case "agent":
            return _agent(rest)
        case "take-bundle":
            return _take_bundle(rest)
        case "simulate":
            from devices.simulate import main as simulate

            return simulate(list(rest))
        case _:
            sys.stderr.write(USAGE)
            return 0 if command in {"-h", "--help"} else 2


def _agent(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser("python -m devices agent")
    parser.add_argument("--home", type=Path, required=True, help="the terminal's folder")
    from devices.agent import app

    return app.main(parser.parse_args(arguments).home)


def _take_bundle(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser("python -m devices take-bundle")
    parser.add_argument("--home", type=Path, required=True, help="the terminal's folder")
    parser.add_argument("file", type=Path, help="the bundle")
    options = parser.parse_args(arguments)
    from devices.agent import take_bundle

    return take_bundle.main(options.home, options.file)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
