"""Commands of this package: `agent` runs a terminal, `simulate` stands in for hardware, `doctor` looks at it."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

USAGE = """\
python -m devices agent --home DIR
    run the agent of the terminal whose folder `controller enrol` made
python -m devices agent --home DIR --controller URL
    pair a fresh folder with the controller first: shows a code and the key's fingerprint
python -m devices pair --home DIR --controller URL
    only pair; with --again a folder that was paired before gets a new key
python -m devices take-bundle --home DIR FILE
    verify and take a content bundle, also while the agent runs
python -m devices status --home DIR
    how the terminal is: connection, requests that wait, faults
python -m devices simulate printer --link PATH --out DIR
    run a simulated device; its control page stands in for its user's hands
python -m devices simulate id_card|scanner|presence|text_sign|keypad --link PATH [--tcp PORT]
python -m devices simulate ups --link PATH [--tcp PORT]
python -m devices simulate fleet --homes DIR --processes 2
    run a fleet of simulated terminals
python -m devices doctor [--home DIR] [--json]
    find, name and test what is plugged in, and say what to do
python -m devices print-test (--home DIR | --port PATH) [--model KEY] [--all]
    print the sheet by which a keeper judges a printer
"""


def main(arguments: Sequence[str]) -> int:
    """Run a command; return the exit code."""
    command, rest = (arguments[0], arguments[1:]) if arguments else ("", ())
    match command:
        case "agent":
            return _agent(rest)
        case "status":
            return _status(rest)
        case "pair":
            return _pair(rest)
        case "take-bundle":
            return _take_bundle(rest)
        case "simulate":
            from devices.simulate import main as simulate

            return simulate(list(rest))
        case "doctor":
            from devices.doctor.command import main as doctor

            return doctor(list(rest))
        case "print-test":
            from devices.print_test import main as print_test

            return print_test(list(rest))
        case _:
            sys.stderr.write(USAGE)
            return 0 if command in {"-h", "--help"} else 2


def _agent(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser("python -m devices agent")
    parser.add_argument("--home", type=Path, required=True, help="the terminal's folder")
    parser.add_argument("--controller", default="", help="address to pair with, for a fresh folder")
    options = parser.parse_args(arguments)
    if options.controller:
        from devices.pair import main as pair

        ended = pair(options.home, options.controller)
        if ended:
            return ended
    from devices.agent import app

    return app.main(options.home)


def _status(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser("python -m devices status")
    parser.add_argument("--home", type=Path, required=True, help="the terminal's folder")
    from devices.status import main as status

    return status(parser.parse_args(arguments).home)


def _pair(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser("python -m devices pair")
    parser.add_argument("--home", type=Path, required=True, help="the terminal's folder")
    parser.add_argument("--controller", required=True, help="the controller's public address")
    parser.add_argument("--again", action="store_true", help="with a new key, after a revocation")
    options = parser.parse_args(arguments)
    from devices.pair import begin_anew
    from devices.pair import main as pair

    if options.again:
        begin_anew(options.home)
    return pair(options.home, options.controller)


def _take_bundle(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser("python -m devices take-bundle")
    parser.add_argument("--home", type=Path, required=True, help="the terminal's folder")
    parser.add_argument("file", type=Path, help="the bundle")
    options = parser.parse_args(arguments)
    from devices.agent import take_bundle

    return take_bundle.main(options.home, options.file)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
