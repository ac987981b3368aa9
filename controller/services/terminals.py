"""Know the terminals: who is enrolled, who is there, what each holds, shows and suffers from."""

import logging
from collections.abc import Mapping
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from content.errors import NotFound
from controller.services.events import EventBus, TerminalChanged
from controller.services.presence import after, is_present
from controller.services.terminal_status import Known, TerminalStatus, status_of
from controller.store import https_presence as https
from controller.store import terminals as store
from controller.store.database import Database
from controller.store.https_presence import HttpsPresence
from controller.store.terminals import (
    Happening,
    HistoryLine,
    KeptFault,
    KeptReport,
    Presence,
    Terminal,
)
from devices.clock import Clock
from devices.wire.messages import DeviceState, Fault, Report, StateMessage

logger = logging.getLogger(__name__)

MAX_FAULTS = 100
"""Open faults kept of one terminal; a terminal gone mad must not fill the store."""
HISTORY = 50
HTTPS_FRESH_S = 200
"""A terminal that only passes HTTPS asks each minute; one that missed three is gone."""


class Desired(Protocol):
    """Says what terminals should hold."""

    async def sequences(self) -> Mapping[str, tuple[int, str]]:
        """Return feed -> sequence and link hash of its newest line."""
        ...


class Terminals:
    """The use cases about terminals."""

    def __init__(
        self, *, database: Database, desired: Desired, events: EventBus, clock: Clock
    ) -> None:
        self._database = database
        self._desired = desired
        self._events = events
        self._clock = clock
        self._link_up = False
        self._heard: set[str] = set()

    # What the desk asks.

    async def list(self) -> tuple[TerminalStatus, ...]:
        """Return every terminal in use with its status, by site."""
        async with self._database.read() as c:
            found = [await self._known(c, one) for one in await store.all_terminals(c)]
        # Read last: a line published in between makes a terminal look behind, never ahead.
        desired = await self._desired.sequences()
        return tuple(status_of(known, desired=desired, now=self._now()) for known in found)

    async def status(self, device: str) -> TerminalStatus:
        """Return one terminal's status.

        Raises:
            NotFound: no such terminal in use.
        """
        async with self._database.read() as c:
            terminal = await store.find_terminal(c, device)
            if terminal is None or terminal.revoked_at:
                raise NotFound(f"没有编号为“{device}”的终端，请从终端列表中选择。")
            known = await self._known(c, terminal)
        desired = await self._desired.sequences()
        return status_of(known, desired=desired, now=self._now())

    async def history(self, device: str, *, limit: int = HISTORY) -> tuple[HistoryLine, ...]:
        """Return what happened to a terminal, the newest first."""
        async with self._database.read() as c:
            return await store.history_of(c, device, limit=limit)

    async def cleared_faults(self, device: str, *, limit: int = HISTORY) -> tuple[KeptFault, ...]:
        """Return faults that are over, the last cleared first."""
        async with self._database.read() as c:
            return await store.cleared_faults(c, device, limit=limit)

    # What push and the device API ask.

    async def find(self, device: str) -> Terminal | None:
        """Return an enrolled terminal that is welcome, else None."""
        async with self._database.read() as c:
            terminal = await store.find_terminal(c, device)
        return terminal if terminal and not terminal.revoked_at else None

    async def enrolled(self) -> tuple[Terminal, ...]:
        """Return every terminal in use."""
        async with self._database.read() as c:
            return await store.all_terminals(c)

    async def enrolment_mark(self) -> str:
        """Return a word that changes whenever somebody is enrolled, replaced or revoked."""
        async with self._database.read() as c:
            return await store.enrolment_mark(c)

    def link_is(self, *, up: bool) -> None:
        """Note that the controller's own link came or went: what was heard before proves nothing now."""
        self._link_up = up
        self._heard.clear()
        self._events.publish(TerminalChanged(""))

    # What terminals say.

    async def said_state(self, device: str, said: StateMessage) -> None:
        """Take in a birth or a will."""
        now = self._now()
        async with self._database.write() as c:
            if await store.find_terminal(c, device) is None:
                return
            if said.s is not DeviceState.LOST:
                # It speaks over MQTT again: from now on its will tells when it goes.
                await https.forget_https_presence(c, device)
            known = await store.presence(c, device)
            fresh = after(known, said, now=now)
            if fresh is None:
                logger.info("late word ignored", extra={"device": device, "state": str(said.s)})
                return
            if fresh != known:
                await store.keep_presence(c, device, fresh)
            what = _came_or_went(known, fresh)
            if what:
                await store.add_history(c, HistoryLine(device, now, what, str(said.s)))
        self._heard.add(device)
        self._events.publish(TerminalChanged(device))

    async def said_over_https(self, device: str, said: StateMessage) -> None:
        """Take in a sign of life, or a goodbye, of a terminal that only passes HTTPS."""
        now = self._now()
        is_here = is_present(said.s)
        async with self._database.write() as c:
            known = await https.https_presence(c, device)
            was_here = known is not None and _is_fresh(known, now=now)
            since = known.since if known and was_here and known.boot == said.boot else now
            if is_here:
                await https.keep_https_presence(
                    c, HttpsPresence(device, said.boot, since=since, heard=now)
                )
            else:
                await https.forget_https_presence(c, device)
            if is_here != was_here:
                what = Happening.ONLINE if is_here else Happening.LOST
                await store.add_history(c, HistoryLine(device, now, what, f"{said.s} https"))
        self._events.publish(TerminalChanged(device))

    async def said_info(self, device: str, info: bytes) -> None:
        """Take in what a terminal says of its hardware and software."""
        async with self._database.write() as c:
            if await store.find_terminal(c, device) is not None:
                await store.keep_info(c, device, info, now=self._now())

    async def said_report(self, device: str, report: Report, *, is_old: bool = False) -> None:
        """Take in a report: what is held, shown and wrong.

        Args:
            device: who.
            report: what it says.
            is_old: a retained one, sent again by the broker: it proves no sign of life, so a
                report that is known keeps the moment at which it first came.
        """
        now = self._now()
        async with self._database.write() as c:
            if await store.find_terminal(c, device) is None:
                return
            before = await store.last_report(c, device)
            if before and before.report == report and is_old:
                return
            received = report.at if is_old and 0 < report.at < now else now
            await store.keep_report(c, device, KeptReport(report, received))
            await self._settle_faults(c, device, report, now=now)
        self._events.publish(TerminalChanged(device))

    async def _settle_faults(
        self, c: AsyncConnection, device: str, report: Report, *, now: int
    ) -> None:
        """Open what is new, go on with what stays, clear what is no longer reported."""
        said: dict[tuple[str, str], Fault] = {
            (one.code, one.subject): one for one in report.faults[:MAX_FAULTS]
        }
        for kept in await store.open_faults(c, device):
            still = said.pop((kept.code, kept.subject), None)
            if still is not None:
                await store.go_on_fault(c, device, still, now=now)
                continue
            await store.clear_fault(c, kept, now=now)
            line = HistoryLine(device, now, Happening.CLEARED, f"{kept.code} {kept.subject}")
            await store.add_history(c, line)
        for fault in said.values():
            await store.begin_fault(c, device, fault, now=now)
            line = HistoryLine(device, now, Happening.FAULT, f"{fault.code} {fault.subject}")
            await store.add_history(c, line)

    async def _known(self, c: AsyncConnection, terminal: Terminal) -> Known:
        return Known(
            terminal=terminal,
            presence=await store.presence(c, terminal.id),
            report=await store.last_report(c, terminal.id),
            faults=await store.open_faults(c, terminal.id),
            heard=terminal.id in self._heard,
            link_up=self._link_up,
            https_since=await self._https_since(c, terminal.id),
        )

    async def _https_since(self, c: AsyncConnection, device: str) -> int:
        known = await https.https_presence(c, device)
        return known.since if known and _is_fresh(known, now=self._now()) else 0

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def _is_fresh(known: HttpsPresence, *, now: int) -> bool:
    return now - known.heard <= HTTPS_FRESH_S


def _came_or_went(known: Presence | None, fresh: Presence) -> Happening | None:
    was, is_ = known is not None and is_present(known.state), is_present(fresh.state)
    if was == is_:
        return None
    return Happening.ONLINE if is_ else Happening.LOST
