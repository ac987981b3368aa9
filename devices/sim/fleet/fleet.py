"""Run many simulated terminals: `python -m devices simulate fleet --homes DIR`, in one process or several.

DIR holds the homes that `python -m controller enrol-fleet` made. Each process says `ready N` once its terminals have
all been connected. SIGUSR1 pulls every plug at once: the storm of a whole fleet that comes back.
"""

import argparse
import asyncio
import resource
import secrets
import signal
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from content.errors import ZoneError
from devices.agent.config import NAME, Home, load
from devices.agent.disk import OneThread
from devices.clock import SystemClock
from devices.sim.fleet.faults import FleetFault, plan_for, read_faults
from devices.sim.fleet.terminal import Setting, SimulatedTerminal

AT_ONCE = 100
"""Handshakes under way in one process; a storm has no such limit at the broker's end."""
DISKS = 4
"""Threads for all real replicas of a process: with one each they would fight over its one interpreter."""


@dataclass(frozen=True, slots=True)
class Part:
    """Which of the fleet's terminals this process is.

    Attributes:
        homes: their folders.
        real: how many of them keep a real replica.
        faults: the plan for all.
        echo: see `Setting`.
    """

    homes: tuple[Path, ...]
    real: int
    faults: tuple[FleetFault, ...]
    echo: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `simulate fleet`."""
    parser.add_argument("--homes", type=Path, required=True, help="folder of terminals' homes")
    parser.add_argument("--count", type=int, default=0, help="how many of them; 0 = all")
    parser.add_argument("--processes", type=int, default=1, help="spread over so many processes")
    parser.add_argument("--real", type=int, default=0, help="how many keep a real replica")
    parser.add_argument("--faults", type=Path, help="TOML file of faults")
    parser.add_argument("--echo", default="", help="topic answered with bare bytes, for measuring")
    parser.add_argument("--part", type=int, default=-1, help=argparse.SUPPRESS)


def main(options: argparse.Namespace) -> int:
    """Run the fleet until SIGTERM or SIGINT; return the exit code."""
    try:
        part = _part(options)
        if options.processes > 1 and options.part < 0:
            return asyncio.run(_spread(options.processes, sys.argv[1:]))
        more_sockets()
        asyncio.run(run(part))
    except (ZoneError, OSError) as error:
        sys.stderr.write(f"The fleet cannot run: {error}\n")
        return 1
    return 0


def _part(options: argparse.Namespace) -> Part:
    homes = sorted(one.parent for one in options.homes.glob(f"*/{NAME}"))
    homes = homes[: options.count or None]
    if not homes:
        raise FileNotFoundError(f"no terminals in {options.homes}")
    faults = read_faults(options.faults) if options.faults else ()
    own, parts = max(options.part, 0), options.processes
    real = len(range(own, options.real, parts))
    return Part(tuple(homes[own::parts]), real, faults, options.echo)


def more_sockets() -> None:
    """Take as many file descriptors as this user may have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def run(part: Part) -> None:
    """Run the terminals of one process until told to stop."""
    stop = asyncio.Event()
    setting = Setting(
        SystemClock(), secrets.token_hex(8), asyncio.Semaphore(AT_ONCE), echo=part.echo
    )
    disks = tuple(OneThread(f"disk-{number}") for number in range(min(DISKS, part.real)))
    fleet = [
        _terminal(home, setting, disk=disks[place % len(disks)] if place < part.real else None)
        for place, home in enumerate(part.homes)
    ]
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGUSR1, _storm, fleet)
    running = [asyncio.create_task(one.run(plan_for(one.device, part.faults))) for one in fleet]
    running.append(asyncio.create_task(_say_when_ready(fleet)))
    await stop.wait()
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    for disk in disks:
        disk.close()


def _terminal(path: Path, setting: Setting, *, disk: OneThread | None) -> SimulatedTerminal:
    home = Home(path)
    return SimulatedTerminal(home, load(home), setting, is_real=disk is not None, disk=disk)


def _storm(fleet: Iterable[SimulatedTerminal]) -> None:
    for one in fleet:
        one.link.cut()


async def _say_when_ready(fleet: list[SimulatedTerminal]) -> None:
    while not all(one.link.connected for one in fleet):  # noqa: ASYNC110 - thousands of things to wait for
        await asyncio.sleep(0.05)
    _say(f"ready {len(fleet)}")


async def _spread(processes: int, arguments: list[str]) -> int:
    """Run one process a part; say `ready` once for all; end them when told to."""
    command = [sys.executable, "-m", "devices", *arguments]
    children = [
        await asyncio.create_subprocess_exec(
            *command, "--part", str(part), stdout=asyncio.subprocess.PIPE
        )
        for part in range(processes)
    ]
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
        loop.add_signal_handler(number, _pass_on, children, number)
    said = [await child.stdout.readline() for child in children if child.stdout]
    if all(line.startswith(b"ready ") for line in said):
        _say(f"ready {sum(int(line.split()[1]) for line in said)}")
    return max([abs(await child.wait()) for child in children])


def _pass_on(children: list[asyncio.subprocess.Process], number: int) -> None:
    for child in children:
        if child.returncode is None:
            child.send_signal(number)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
