"""Watch the sites, keep their alerts, and tell people outside by mail and webhook. Run by the leading controller."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from content.errors import CallerError, NotFound, ZoneError
from controller.auth.permissions import Permission, require
from controller.services.alert_rules import SiteNow, Step, by_site, step
from controller.services.alert_words import Notice, notice_of
from controller.services.audit import AuditLog
from controller.services.terminals import Terminals
from controller.store import alerts as store
from controller.store.alerts import KeptAlert
from controller.store.database import Database
from controller.store.people import Person
from controller.store.sites import Site, all_sites, keep_site
from devices.clock import Clock

logger = logging.getLogger(__name__)

LOOK_S = 30.0
MOST_AT_ONCE = 500
"""Sites that are judged before others have their turn."""
LONGEST_SNOOZE_H = 24 * 14
CLOSED = 30
"""Alerts that are over, on the page."""


class NotTold(ZoneError):
    """A channel could not tell; it is tried again at the next look."""


class Channel(Protocol):
    """A way to people outside."""

    async def tell(self, notice: Notice) -> None:
        """Tell; raise NotTold if it did not arrive."""
        ...


class BadSnooze(CallerError):
    """Not a span that an alert can be snoozed for."""


@dataclass(frozen=True, slots=True)
class Board:
    """What the page of alerts shows: open ones, the longest first, and those that were over last."""

    open: tuple[KeptAlert, ...]
    closed: tuple[KeptAlert, ...]
    has_channels: bool


class Alerts:
    """The alerts of a zone. `run` it as a task where this controller leads."""

    def __init__(
        self,
        *,
        database: Database,
        terminals: Terminals,
        audit: AuditLog,
        channels: Sequence[Channel],
        clock: Clock,
        desk: str,
    ) -> None:
        self._database = database
        self._terminals = terminals
        self._audit = audit
        self._channels = channels
        self._clock = clock
        self._desk = desk
        self._silent: set[int] = set()

    async def run(self) -> None:
        """Look again and again until cancelled."""
        while True:
            try:
                await self.look()
            except (ZoneError, SQLAlchemyError, OSError):
                logger.exception("alerts not looked at")
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Move every site's alert on, and tell what is to be told."""
        self._silent.clear()
        statuses = by_site(await self._terminals.list())
        async with self._database.read() as c:
            sites, held = await all_sites(c), await store.open_alerts(c)
        now = self._clock.now()
        for place, name in enumerate(sorted({*statuses, *held})):
            if place % MOST_AT_ONCE == 0:
                await asyncio.sleep(0)
            site = SiteNow(name, sites.get(name, Site(name)).hours, statuses.get(name, ()))
            await self._move_on(step(site, held.get(name), now=now), site, held.get(name))

    async def board(self) -> Board:
        """Return what the page shows."""
        async with self._database.read() as c:
            held = await store.open_alerts(c)
            closed = await store.last_closed(c, limit=CLOSED)
        return Board(
            tuple(sorted(held.values(), key=lambda one: one.opened)), closed, bool(self._channels)
        )

    async def snooze(self, by: Person, number: int, *, hours: int) -> KeptAlert:
        """Tell nobody of an alert for some hours; 0 = wake it.

        Raises:
            Forbidden, NotFound, BadSnooze: with what to do.
        """
        require(by, Permission.MANAGE_TERMINALS)
        if not 0 <= hours <= LONGEST_SNOOZE_H:
            raise BadSnooze(f"暂停提醒的时长应在 1 小时到 {LONGEST_SNOOZE_H // 24} 天之间。")
        until = self._now() + hours * 3600 if hours else 0
        async with self._database.write() as c:
            held = await store.find_alert(c, number)
            if held is None or held.closed:
                raise NotFound("这条告警已经结束，请刷新页面。")
            snoozed = replace(held, snoozed=until)
            await store.keep_alert(c, snoozed)
            await self._audit.write(
                c, actor=by.id, act="alert_snoozed", subject=held.site, detail=f"{hours}h"
            )
        return snoozed

    async def sites(self) -> dict[str, Site]:
        """Return the sites that were entered, by name."""
        async with self._database.read() as c:
            return await all_sites(c)

    async def place(self, by: Person, site: Site) -> None:
        """Keep where a site is and when somebody is there.

        Raises:
            Forbidden: the person may not.
        """
        require(by, Permission.MANAGE_TERMINALS)
        async with self._database.write() as c:
            await keep_site(c, site)
            await self._audit.write(c, actor=by.id, act="site_placed", subject=site.name)

    async def _move_on(self, following: Step, site: SiteNow, held: KeptAlert | None) -> None:
        alert = following.alert
        if alert is None:
            return None
        if following.notice is not None:
            link = f"{self._desk}/desk/terminals/alerts"
            notice = notice_of(following.notice, alert, site.statuses, link=link)
            if not await self._told(notice):
                # Nobody heard it: it is as if it had not been told, and will be tried again.
                return await self._keep(replace(alert, closed=0), held)
            alert = replace(alert, told=alert.told or self._now())
        return await self._keep(alert, held)

    async def _keep(self, alert: KeptAlert, held: KeptAlert | None) -> None:
        if alert == held:
            return
        async with self._database.write() as c:
            if not alert.id:
                await store.add_alert(c, alert)
                return
            # A person may have snoozed it meanwhile.
            fresh = await store.find_alert(c, alert.id)
            await store.keep_alert(c, replace(alert, snoozed=fresh.snoozed if fresh else 0))

    async def _told(self, notice: Notice) -> bool:
        """Tell over every channel; one that works is enough. With none, nobody can be told."""
        told = False
        for place, channel in enumerate(self._channels):
            if place in self._silent:
                continue
            try:
                await channel.tell(notice)
                told = True
            except NotTold as error:
                # A mail server that is away must not hold up hundreds of sites, each for seconds.
                self._silent.add(place)
                extra = {"channel": type(channel).__name__, "why": str(error)}
                logger.warning("alert not told", extra=extra)
        return told

    def _now(self) -> int:
        return int(self._clock.now().timestamp())
