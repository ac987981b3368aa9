"""Commands of this package: `agent` runs a terminal, `simulate` stands in for hardware."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

USAGE = """\
python -m devices agent --home DIR
    run the agent of the terminal whose folder `controller enrol` made
python -m devices simulate printer --link PATH --out DIR
    run a simulated device
python -m devices simulate fleet --homes DIR --processes 2
    run a fleet of simulated terminals
"""


def main(arguments: Sequence[str]) -> int:
    """Run a command; return the exit code."""
    command, rest = (arguments[0], arguments[1:]) if arguments else ("", ())
    match command:
        case "agent":
            return _agent(rest)
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
