"""Know the terminals: who is enrolled, who is there, what each holds, shows and suffers from."""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from content.errors import NotFound, ZoneError
from controller.services.events import EventBus, TerminalChanged
from controller.services.presence import is_present
from controller.services.terminal_status import Known, TerminalStatus, status_of
from controller.services.terminal_words import MAX_FAULTS, Word, hear
from controller.store import https_presence as https
from controller.store import terminal_batches as batches
from controller.store import terminals as store
from controller.store.database import Database
from controller.store.https_presence import HttpsPresence
from controller.store.links import KeptLink, keep_links, kept_links
from controller.store.terminal_batches import Kept
from controller.store.terminals import Happening, HistoryLine, KeptFault, Presence, Terminal
from devices.clock import Clock
from devices.wire.messages import DeviceState, Report, StateMessage

logger = logging.getLogger(__name__)

__all__ = ["MAX_FAULTS", "Desired", "Terminals"]

HISTORY = 50
HTTPS_FRESH_S = 200
"""A terminal that only passes HTTPS asks each minute; one that missed three is gone."""
BEAT_S = 5.0
MOST_BEATS = 3
"""A leader that has said nothing for so many beats has no links that anybody should believe in."""
MOST_AT_ONCE = 500
"""Terminals that are judged before others have their turn."""
NEVER = 1 << 62


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
        self._links: dict[str, int] = {}
        self._heard: dict[str, str] = {}
        self._leads = False
        self._turned = asyncio.Event()

    # What the desk asks.

    async def list(self) -> tuple[TerminalStatus, ...]:
        """Return every terminal in use with its status, by site.

        They are read and judged some at a time: a citizen waits for nobody's thousands of terminals.
        """
        async with self._database.read() as c:
            enrolled = await store.all_terminals(c)
            view = await self._view(c)
            known: list[Known] = []
            for at in range(0, len(enrolled), MOST_AT_ONCE):
                some = enrolled[at : at + MOST_AT_ONCE]
                ids = [one.id for one in some]
                kept = await batches.kept_of(c, ids, reports_of=ids)
                known += [_judged(one, kept, view) for one in some]
        # Read last: a line published in between makes a terminal look behind, never ahead.
        desired = await self._desired.sequences()
        now = self._now()
        statuses: list[TerminalStatus] = []
        for at in range(0, len(known), MOST_AT_ONCE):
            await asyncio.sleep(0)
            some_known = known[at : at + MOST_AT_ONCE]
            statuses += [status_of(one, desired=desired, now=now) for one in some_known]
        return tuple(statuses)

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

    async def find_all(self, devices: Iterable[str]) -> tuple[Terminal, ...]:
        """Return those of these terminals that are welcome."""
        async with self._database.read() as c:
            found = await store.some_terminals(c, devices)
        return tuple(one for one in found if not one.revoked_at)

    async def enrolled(self) -> tuple[Terminal, ...]:
        """Return every terminal in use."""
        async with self._database.read() as c:
            return await store.all_terminals(c)

    async def enrolment_mark(self) -> str:
        """Return a word that changes whenever somebody is enrolled, replaced or revoked."""
        async with self._database.read() as c:
            return await store.enrolment_mark(c)

    def link_is(self, *, up: bool, via: str = "") -> None:
        """Note that a link of the controller came or went: what was heard over it proves nothing now."""
        if up:
            self._links[via] = self._now()
        else:
            self._links.pop(via, None)
        self._turned.set()
        self._heard = {device: link for device, link in self._heard.items() if link != via}
        self._events.publish(TerminalChanged(""))

    @property
    def link_up(self) -> bool:
        """Whether this controller has a link to some broker."""
        return bool(self._links)

    async def tell_links(self) -> None:
        """While this controller leads, tell the others which links there are. `run` it as a task."""
        self._leads = True
        try:
            while True:
                self._turned.clear()
                now = self._now()
                kept = tuple(KeptLink(via, since, now) for via, since in self._links.items())
                try:
                    async with self._database.write() as c:
                        await keep_links(c, kept)
                except (ZoneError, SQLAlchemyError, OSError):
                    logger.exception("links not told")
                with suppress(TimeoutError):
                    async with asyncio.timeout(BEAT_S):
                        await self._turned.wait()
        finally:
            self._leads = False

    async def _view(self, c: AsyncConnection) -> "View":
        """Return which links count: our own while we lead, else what the leader said a moment ago."""
        now = self._now()
        known = (await https.https_presences(c)).values()
        over_https = {one.device: one.since for one in known if _is_fresh(one, now=now)}
        if self._leads or self._links:
            return View(dict(self._links), self._heard, over_https)
        said = [one for one in await kept_links(c) if now - one.beat < MOST_BEATS * BEAT_S]
        return View({one.via: one.since for one in said}, None, over_https)

    # What terminals say.

    async def said_state(self, device: str, said: StateMessage) -> None:
        """Take in a birth or a will."""
        await self.said([Word(device, said)])

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
        await self.said([Word(device, info)])

    async def said_report(self, device: str, report: Report, *, is_old: bool = False) -> None:
        """Take in a report: what is held, shown and wrong. See `Word` for `is_old`."""
        await self.said([Word(device, report, is_old=is_old)])

    async def said(self, words: Sequence[Word]) -> None:
        """Take in what many terminals said, in one transaction; each one's words in their order."""
        old = [one.device for one in words if one.is_old and isinstance(one.said, Report)]
        async with self._database.write() as c:
            kept = await batches.kept_of(c, (one.device for one in words), reports_of=old)
            outcome = hear(words, kept=kept, now=self._now(), links=self._links)
            await batches.keep(c, outcome.changes)
            # Whoever speaks over MQTT again has a will there that tells when it goes.
            await https.forget_https_presences(c, _present_over_mqtt(words))
        for device, state in outcome.late:
            logger.info("late word ignored", extra={"device": device, "state": state})
        self._heard |= outcome.heard
        for device in outcome.changed:
            self._events.publish(TerminalChanged(device))

    async def _known(self, c: AsyncConnection, terminal: Terminal) -> Known:
        kept = await batches.kept_of(c, (terminal.id,), reports_of=(terminal.id,))
        return _judged(terminal, kept, await self._view(c))

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def _present_over_mqtt(words: Sequence[Word]) -> set[str]:
    states = ((one.device, one.said) for one in words)
    return {
        device
        for device, said in states
        if isinstance(said, StateMessage) and said.s is not DeviceState.LOST
    }


def _is_fresh(known: HttpsPresence, *, now: int) -> bool:
    return now - known.heard <= HTTPS_FRESH_S


@dataclass(frozen=True, slots=True)
class View:
    """The links that are up, with the second of their coming; who was heard, if that is known here; who is on HTTPS.

    `https` has the second since which a terminal is heard over HTTPS alone.
    """

    links: Mapping[str, int]
    heard: Mapping[str, str] | None
    https: Mapping[str, int]

    def has_heard(self, device: str, presence: Presence | None) -> bool:
        """Say whether a terminal has spoken over a link that is still up, since it is up."""
        if self.heard is not None:
            return device in self.heard
        return presence is not None and presence.heard >= self.links.get(presence.via, NEVER)


def _judged(terminal: Terminal, kept: Kept, view: View) -> Known:
    presence = kept.presences.get(terminal.id)
    return Known(
        terminal=terminal,
        presence=presence,
        report=kept.reports.get(terminal.id),
        faults=kept.faults.get(terminal.id, ()),
        heard=view.has_heard(terminal.id, presence),
        link_up=bool(view.links),
        https_since=view.https.get(terminal.id, 0),
    )
