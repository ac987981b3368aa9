"""What the agent does for its user interfaces: keeps requests, prints, passes on what changed."""

import asyncio
import logging
import secrets
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from content.codes import code_from
from content.paper.slip import slip_from_fields
from devices.agent import sentences
from devices.agent.disk import OneThread
from devices.agent.faults import FaultBook
from devices.agent.healer import Healer
from devices.agent.outbox import Outbox
from devices.agent.ports import PrintSpool
from devices.agent.report import Reporter
from devices.agent.sealing import envelope_key
from devices.agent.sender import Sender
from devices.clock import Clock
from devices.ipc.messages import (
    CardWanted,
    Counted,
    Glass,
    Hello,
    LookUp,
    Picture,
    Pong,
    Print,
    Printed,
    Session,
    Speak,
    Submit,
    Submitted,
    Tampered,
    ToAgent,
    ToUi,
)
from devices.ipc.server import UiConnection
from devices.wire.messages import Ack, AckResult

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Services:
    """What the front hands work to."""

    outbox: Outbox
    sender: Sender
    reporter: Reporter
    faults: FaultBook
    healer: Healer
    spool: PrintSpool
    disk: OneThread
    clock: Clock


class Front:
    """Answers UIs. Who waits for a 受理号 is known in memory alone, and only as long as the session lasts."""

    def __init__(
        self,
        services: Services,
        *,
        greetings: Callable[[], tuple[ToUi, ...]],
        alive: Callable[[str], None],
    ) -> None:
        self._do = services
        self._greetings = greetings
        self._alive = alive
        self._waiting: dict[str, tuple[UiConnection, str]] = {}
        self._jobs: dict[str, UiConnection] = {}
        self._visited: set[UiConnection] = set()
        self.on_picture: Callable[[Picture], None] = _nobody

    @property
    def session_open(self) -> bool:
        """Whether a citizen is at one of the screens."""
        return bool(self._visited)

    async def take(self, ui: UiConnection, message: ToAgent) -> None:
        """Handle one message of a UI."""
        self._alive(ui.name)
        match message:
            case Hello():
                self._greet(ui)
            case Submit():
                await self._submit(ui, message)
            case Print():
                await self._print(ui, message)
            case Glass() | Picture() | Pong():
                self._shown(ui, message)
            case Tampered() | Counted():
                await self._note(message)
            case Session(active=active):
                await self._session(ui, is_active=active)
            case CardWanted() | LookUp() | Speak():
                pass  # those of devices are devices.agent.peripherals'

    def _shown(self, ui: UiConnection, message: Glass | Picture | Pong) -> None:
        if isinstance(message, Glass):
            self._do.reporter.drawn(ui.name, message)
        elif isinstance(message, Picture):
            self.on_picture(message)

    async def _session(self, ui: UiConnection, *, is_active: bool) -> None:
        if is_active:
            self._visited.add(ui)
            return
        self._visited.discard(ui)
        self._forget(ui)
        await self._withdraw(ui)

    def left(self, ui: UiConnection) -> None:
        """Forget a UI that has gone."""
        self._visited.discard(ui)
        self._forget(ui)
        self._do.reporter.ui_left(ui.name)
        for job in [job for job, one in self._jobs.items() if one is ui]:
            del self._jobs[job]

    def settled(self, ack: Ack) -> None:
        """Tell the visitor the 受理号, if the session that filed the request is still there."""
        ui, key = self._waiting.pop(ack.key, (None, ""))
        if ack.result is AckResult.REJECTED:
            self._do.faults.note("request_rejected", ack.key, sentences.REJECTED)
        elif ui is not None:
            ui.send(Submitted(key=key, code=code_from(ack.key), number=ack.number))
        self._do.reporter.change()

    def printed(self, job: str, outcome: str, reason: str) -> None:
        """Tell the UI what became of its print job."""
        ui = self._jobs.pop(job, None)
        if ui is not None:
            ui.send(Printed(job=job, outcome=outcome, reason=reason))

    def _greet(self, ui: UiConnection) -> None:
        self._do.faults.clear("ui_away", ui.name)
        for greeting in self._greetings():
            ui.send(greeting)

    async def _submit(self, ui: UiConnection, message: Submit) -> None:
        outbox = self._do.outbox
        answer = await self._do.disk(outbox.submit, message.key, message.form, self._now())
        if not answer.error:
            self._waiting[envelope_key(outbox.device, message.key)] = (ui, message.key)
        ui.send(answer)
        self._do.sender.stir()
        with suppress(sqlite3.Error):
            self._do.reporter.outbox = await self._do.disk(outbox.length)
        self._do.reporter.change()

    async def _note(self, message: Tampered | Counted) -> None:
        if isinstance(message, Tampered):
            await self._do.healer.suspect(message.record)
        else:
            await self._count(message)

    async def _count(self, counted: Counted) -> None:
        outbox, key = self._do.outbox, secrets.token_hex(16)
        await self._do.disk(outbox.keep_counts, key, counted, self._now())
        self._do.sender.stir()

    async def _print(self, ui: UiConnection, message: Print) -> None:
        try:
            slip = slip_from_fields(message.slip)
        except msgspec.ValidationError:
            logger.warning("slip not understood", extra={"ui": ui.name})
            ui.send(Printed(job=message.job, outcome="not_started", reason="bad_slip"))
            return
        self._jobs[message.job] = ui
        try:
            take = self._do.spool.reprint if message.again else self._do.spool.submit
            await asyncio.to_thread(take, message.job, slip, self._now())
        except sqlite3.Error:
            logger.exception("slip not taken", extra={"job": message.job})
            self.printed(message.job, "not_started", "error")

    async def _withdraw(self, ui: UiConnection) -> None:
        """Print nothing any more that waits for a visitor who has gone."""
        for job in [job for job, one in self._jobs.items() if one is ui]:
            try:
                await asyncio.to_thread(self._do.spool.withdraw, job)
            except sqlite3.Error:
                logger.exception("slip not withdrawn", extra={"job": job})

    def _forget(self, ui: UiConnection) -> None:
        for key in [key for key, (one, _) in self._waiting.items() if one is ui]:
            del self._waiting[key]

    def _now(self) -> int:
        return int(self._do.clock.now().timestamp())


def _nobody(picture: Picture) -> None:
    """Take a picture that nobody asked for."""
    del picture
