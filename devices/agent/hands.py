"""Do what a job asks for, with the parts of this terminal. While a citizen's session is open almost nothing is done."""

import asyncio
import logging
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import msgspec

from content.paper.slips import test_slip
from devices.agent.config import Home, TerminalConfig
from devices.agent.front import Services
from devices.agent.logs import RecentLines
from devices.agent.machine import Machine
from devices.agent.orders import Outcome
from devices.ipc.messages import Picture, TakePicture, ToUi
from devices.wire.jobs import MAX_RESULT, Job, JobKind, JobState

logger = logging.getLogger(__name__)

PICTURE_S = 15.0
PRINT_S = 60.0
COLUMNS = 32
QUIET = frozenset({JobKind.VOLUME, JobKind.BRIGHTNESS, JobKind.LOG_BUNDLE})
"""What a citizen at the kiosk neither sees nor loses anything by."""
_LONG_NUMBER = re.compile(r"\d{7,}[0-9Xx]?")
DONE = Outcome(JobState.DONE)


class Screens(Protocol):
    """The user interfaces of this terminal."""

    def names(self) -> frozenset[str]:
        """Return which are here."""
        ...

    def send(self, name: str, message: ToUi) -> None:
        """Say something to one."""
        ...


class Restarts(Protocol):
    """Who keeps the user interfaces alive."""

    def restart(self, ui: str) -> bool:
        """End one so that it is started anew; False if it is not ours to end."""
        ...


@dataclass(slots=True)
class _Waiting:
    pictures: dict[str, asyncio.Future[Picture]] = field(default_factory=dict)
    prints: dict[str, asyncio.Future[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Room:
    """What the hands work with."""

    settings: TerminalConfig
    home: Home
    services: Services
    machine: Machine
    lines: RecentLines


class TerminalHands:
    """Does jobs (devices.agent.orders.Hands)."""

    def __init__(
        self,
        room: Room,
        *,
        screens: Screens,
        restarts: Restarts,
        session_open: Callable[[], bool],
    ) -> None:
        self._room = room
        self._screens = screens
        self._restarts = restarts
        self._session_open = session_open
        self._waiting = _Waiting()

    async def do(self, job: Job) -> Outcome:
        """Do one job; an unknown kind is rejected by name."""
        if job.kind not in set(JobKind):
            return Outcome(JobState.REJECTED, "unknown_kind")
        kind = JobKind(job.kind)
        if kind not in QUIET and self._session_open():
            return Outcome(JobState.REJECTED, "session_open")
        match kind:
            case JobKind.RESTART_UI:
                return self._restart(job.args)
            case JobKind.PRINTER_TEST:
                return await self._print_test(job)
            case JobKind.LOG_BUNDLE:
                return Outcome(JobState.DONE, data=await asyncio.to_thread(self._bundle))
            case JobKind.SCREENSHOT:
                return await self._picture(job)
            case JobKind.REBOOT | JobKind.VOLUME | JobKind.BRIGHTNESS | JobKind.SCREEN_POWER:
                why = await self._room.machine.do(job)
                return Outcome(JobState.FAILED, why) if why else DONE

    def pictured(self, picture: Picture) -> None:
        """Take a UI's answer."""
        waiting = self._waiting.pictures.pop(picture.job, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(picture)

    def printed(self, job: str, outcome: str, reason: str) -> None:
        """Take the spool's answer."""
        waiting = self._waiting.prints.pop(job, None)
        if waiting is not None and not waiting.done():
            waiting.set_result("" if outcome == "printed" else reason or outcome)

    def _restart(self, args: Mapping[str, str]) -> Outcome:
        ui = args.get("ui", "")
        if ui not in self._room.settings.screens:
            return Outcome(JobState.REJECTED, "no_such_screen")
        return DONE if self._restarts.restart(ui) else Outcome(JobState.FAILED, "not_supervised")

    async def _print_test(self, job: Job) -> Outcome:
        settings, do = self._room.settings, self._room.services
        now = do.clock.now()
        slip = test_slip(
            terminal=settings.id, printed_at=now, columns=COLUMNS, url=settings.public_url
        )
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.prints[job.id] = waiting
        await asyncio.to_thread(do.spool.submit, job.id, slip, int(now.timestamp()))
        try:
            async with asyncio.timeout(PRINT_S):
                why = await waiting
        except TimeoutError:
            self._waiting.prints.pop(job.id, None)
            await asyncio.to_thread(do.spool.withdraw, job.id)
            why = "silent"
        return Outcome(JobState.FAILED, why) if why else DONE

    async def _picture(self, job: Job) -> Outcome:
        ui = job.args.get("ui", "")
        if ui not in self._screens.names():
            return Outcome(JobState.FAILED, "screen_away")
        path = self._room.home.picture(job.id)
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.pictures[job.id] = waiting
        self._screens.send(ui, TakePicture(job=job.id, path=str(path.resolve())))
        try:
            async with asyncio.timeout(PICTURE_S):
                picture = await waiting
            return await asyncio.to_thread(self._taken, picture, path)
        except TimeoutError:
            return Outcome(JobState.FAILED, "screen_silent")
        finally:
            self._waiting.pictures.pop(job.id, None)
            path.unlink(missing_ok=True)

    def _taken(self, picture: Picture, path: Path) -> Outcome:
        if picture.why:
            state = JobState.REJECTED if picture.why == "session_open" else JobState.FAILED
            return Outcome(state, picture.why)
        if self._session_open():
            # Somebody came while it was taken: nobody is to see what they see.
            return Outcome(JobState.REJECTED, "session_open")
        with suppress(OSError):
            data = path.read_bytes()
            if 0 < len(data) <= MAX_RESULT:
                return Outcome(JobState.DONE, data=data)
        return Outcome(JobState.FAILED, "no_picture")

    def _bundle(self) -> bytes:
        """Return recent log lines and the state of the parts. Long numbers are taken out once more."""
        do = self._room.services
        report = msgspec.json.encode(do.reporter.report().devices).decode()
        disk = os.statvfs(self._room.home.path)
        head = (
            f"terminal {self._room.settings.id}",
            f"time {do.clock.now().isoformat()}",
            f"free_disk_mb {disk.f_bavail * disk.f_frsize // 2**20}",
            f"outbox {do.reporter.outbox}",
            f"devices {report}",
            *(f"fault {one.code} since {one.since}" for one in do.faults.all()),
            "",
        )
        text = "\n".join([*head, *map(without_numbers, self._room.lines.lines())]) + "\n"
        return text.encode()[-MAX_RESULT:]


def without_numbers(line: str) -> str:
    """Take out what could be a telephone or identity number: a second guard, logs hold none by rule."""
    return _LONG_NUMBER.sub("…", line)
