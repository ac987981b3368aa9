"""What the machine itself is told to do: start anew, sound, light, screens. Each by a program of the system."""

import asyncio
import shutil
from asyncio.subprocess import DEVNULL
from collections.abc import Awaitable, Callable, Mapping, Sequence

from devices.wire.jobs import Job, JobKind

PROGRAM_S = 20.0
Run = Callable[[Sequence[str]], Awaitable[str]]


async def run_program(command: Sequence[str]) -> str:
    """Run a program of the system; return "" or a word for why it did not do it."""
    path = shutil.which(command[0])
    if path is None:
        return "no_program"
    process = await asyncio.create_subprocess_exec(
        path, *command[1:], stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        async with asyncio.timeout(PROGRAM_S):
            return "" if await process.wait() == 0 else "program_failed"
    except TimeoutError:
        process.kill()
        await process.wait()
        return "program_silent"


def commands(job: Job) -> tuple[tuple[str, ...], ...]:
    """Return the command lines that may do a job, the first that is there counts; none for another kind.

    Only whole numbers and fixed words of the job reach a command line.
    """
    match job.kind:
        case JobKind.REBOOT:
            return (("systemctl", "reboot"), ("shutdown", "-r", "now"))
        case JobKind.VOLUME:
            return volume_commands(_percent(job.args))
        case JobKind.BRIGHTNESS:
            percent = _percent(job.args)
            return (("ddcutil", "setvcp", "10", percent), ("brightnessctl", "set", f"{percent}%"))
        case JobKind.SCREEN_POWER:
            power = "on" if job.args.get("power") == "on" else "off"
            return (("xset", "dpms", "force", power),)
        case _:
            return ()


def volume_commands(percent: str) -> tuple[tuple[str, ...], ...]:
    """Return the command lines that may set the volume; `percent` is a whole number."""
    level = f"{percent}%"
    return (
        ("wpctl", "set-volume", "@DEFAULT_AUDIO_SINK@", level),
        ("pactl", "set-sink-volume", "@DEFAULT_SINK@", level),
        ("amixer", "-q", "set", "Master", level),
    )


class Machine:
    """Does the jobs that are the machine's."""

    def __init__(self, *, run: Run = run_program) -> None:
        self._run = run

    async def do(self, job: Job) -> str:
        """Do it; return "" or a word for why not."""
        return await self._first(commands(job))

    async def set_volume(self, percent: str) -> str:
        """Set the volume; return "" or a word for why not."""
        return await self._first(volume_commands(percent))

    async def _first(self, commands: tuple[tuple[str, ...], ...]) -> str:
        """Run the first that is there."""
        why = "unknown_kind"
        for command in commands:
            why = await self._run(command)
            if why != "no_program":
                return why
        return why


def _percent(args: Mapping[str, str]) -> str:
    value = args.get("percent", "")
    return str(min(int(value), 100)) if value.isascii() and value.isdigit() else "50"
