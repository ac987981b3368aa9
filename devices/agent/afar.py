"""What reaches a terminal from afar beside content: jobs, wishes, the next certificate; and what it says of itself.

Constructs those parts over the ones that the agent has, and hands the agent their loops.
"""

import logging
import sqlite3
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from devices.agent import sentences
from devices.agent.about import about
from devices.agent.config import Home, TerminalConfig
from devices.agent.front import Front, Services
from devices.agent.hands import Restarts, Room, Screens, TerminalHands
from devices.agent.https import HttpsUpstream
from devices.agent.https_words import HttpsWords
from devices.agent.keeper import KeeperNote
from devices.agent.logs import RecentLines
from devices.agent.machine import Machine
from devices.agent.order_book import OrderBook
from devices.agent.ordering import Answers
from devices.agent.orders import OrderDesk, Ties
from devices.agent.ports import Link, Unreachable
from devices.agent.renewal import Renewals, show_anew
from devices.agent.report import Reporter
from devices.agent.tasks import Loop
from devices.agent.telemetry import TelemetryLoop
from devices.agent.uplink import Conversation
from devices.agent.vitals import Vitals
from devices.agent.wishes import unfit, volume, wished
from devices.clock import Clock
from devices.wire import topics
from devices.wire.jobs import Want

WISH = "wish"
"""Scope of the faults that say which wishes could not be followed."""
Withhold = Callable[[Sequence[str]], Awaitable[bool]]
"""Shows none of these records from now on; False if that could not be kept."""
Keys = Callable[[], Awaitable[Mapping[str, bytes]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the agent has made already."""

    settings: TerminalConfig
    home: Home
    clock: Clock
    link: Link
    upstream: HttpsUpstream
    tls: ssl.SSLContext
    reporter: Reporter
    services: Services
    talk: Conversation
    front: Front
    withhold: Withhold


class Afar:
    """The parts, tied to one another. Use as an async context manager while the loops run."""

    def __init__(
        self,
        parts: Parts,
        *,
        store: sqlite3.Connection,
        boot: str,
        keys: Keys,
        screens: Screens,
        restarts: Restarts,
    ) -> None:
        self._parts = parts
        self._lines = RecentLines()
        self._book = OrderBook(store)
        self._machine = Machine()
        self._withhold = parts.withhold
        self.hands = TerminalHands(
            Room(parts.settings, parts.home, parts.services, self._machine, self._lines),
            screens=screens,
            restarts=restarts,
            session_open=lambda: parts.front.session_open,
        )
        answers = Answers(parts.settings.id, parts.link, parts.upstream)
        self._orders = OrderDesk(
            Ties(parts.settings.id, keys, answers.tell, answers.bring, self._follow),
            hands=self.hands,
            book=self._book,
            disk=parts.services.disk,
            faults=parts.services.faults,
            clock=parts.clock,
        )
        self._words = HttpsWords(
            boot=boot,
            upstream=parts.upstream,
            reporter=parts.reporter,
            info=lambda: about(parts.settings),
            on_orders=self._orders.hear,
        )
        self._tie()

    def _tie(self) -> None:
        parts = self._parts
        self._keeper = KeeperNote(
            parts.home, parts.settings, services=parts.services, link=parts.talk.state
        )
        vitals = Vitals(
            parts.home.path,
            screens=len(parts.settings.screens) if parts.settings.start_ui else 0,
            faults=parts.services.faults,
        )
        self._telemetry = TelemetryLoop(
            parts.settings.id, link=parts.link, services=parts.services, vitals=vitals
        )
        self._renewals = Renewals(
            parts.home,
            ask=parts.upstream.renew,
            adopt=self._show_certificate,
            faults=parts.services.faults,
            clock=parts.clock,
        )
        parts.front.on_picture = self.hands.pictured
        parts.talk.on_https = self._words.say
        parts.talk.on_order = self._ordered

    def loops(self) -> dict[str, Loop]:
        """Return what the agent is to keep running."""
        return {
            "orders": self._orders.run,
            "keeper": self._keeper.run,
            "telemetry": self._telemetry.run,
            "renewals": self._renewals.run,
        }

    def connected(self) -> None:
        """Say what machine this is: the broker accepted us."""
        self._words.broker_is_back()
        settings = self._parts.settings
        self._parts.link.publish(topics.info(settings.id), about(settings), retain=True)

    async def __aenter__(self) -> Self:
        logging.getLogger().addHandler(self._lines)
        want = await self._parts.services.disk(self._book.want)
        if want is not None:
            await self._follow(want)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        logging.getLogger().removeHandler(self._lines)
        await self._words.goodbye()

    def _ordered(self, what: str, payload: bytes) -> None:
        (self._orders.hear_job if what == "job" else self._orders.hear_want)(payload)

    async def _follow(self, want: Want) -> None:
        """Adopt a desired shadow, then say so; what is not `at_once` (wishes) holds from the next start on."""
        faults = self._parts.services.faults
        settings = wished(self._parts.settings, want.settings)
        self._parts.talk.adopt(poll_s=settings.poll_s, jitter_s=settings.jitter)
        if not await self._withhold(want.withheld):
            return
        faults.clear_scope(WISH)
        for name in unfit(want.settings):
            faults.note(f"wish_unfit:{name}", name, sentences.wish_unfit(name), scope=WISH)
        level = volume(want.settings)
        why = await self._machine.set_volume(level) if level else ""
        if why:
            faults.note(f"wish_failed:{why}", "volume", sentences.WISH_VOLUME, scope=WISH)
        self._parts.reporter.want = want.version
        self._parts.reporter.change()

    async def _show_certificate(self) -> None:
        """Show the new certificate once: from then on the controller takes no other."""
        parts = self._parts
        show_anew(parts.tls, parts.home)
        await parts.upstream.reconnect()
        with suppress(Unreachable):
            await parts.upstream.orders()
