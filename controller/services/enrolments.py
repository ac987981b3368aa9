"""Let terminals in and keep them out: who did it and why is written down with the deed."""

from content.errors import CallerError, NotFound
from controller.auth.permissions import Permission, require
from controller.broker.pki import ZoneCa
from controller.services.events import EventBus, TerminalChanged
from controller.services.findings import AuditTrail
from controller.store import terminals as store
from controller.store.database import Database
from controller.store.people import Person
from controller.store.terminals import Happening, HistoryLine, Terminal
from devices.clock import Clock


class Enrolments:
    """The use cases about being welcome."""

    def __init__(
        self,
        *,
        database: Database,
        ca: ZoneCa,
        audit: AuditTrail,
        events: EventBus,
        clock: Clock,
    ) -> None:
        self._database = database
        self._ca = ca
        self._audit = audit
        self._events = events
        self._clock = clock

    async def revoke(self, by: Person, device: str, *, reason: str) -> None:
        """Keep a terminal out from now on; its links are closed within two seconds.

        Raises:
            Forbidden: not an administrator.
            NotFound: no such terminal in use.
            CallerError: no reason was given.
        """
        require(by, Permission.MANAGE_TERMINALS)
        await self.revoke_as(by.id, device, reason=reason)

    async def revoke_as(self, actor: str, device: str, *, reason: str) -> None:
        """Keep a terminal out; the caller answers for the actor's permission (the command line).

        Raises:
            NotFound, CallerError: as in `revoke`.
        """
        if not reason.strip():
            raise CallerError("请填写停用原因，它会记入审计日志。")
        now = self._clock.now()
        async with self._database.write() as c:
            terminal = await store.find_terminal(c, device)
            if terminal is None or terminal.revoked_at:
                raise NotFound(f"没有编号为“{device}”的终端在用，请从终端列表中核对编号。")
            at = int(now.timestamp())
            await store.revoke_terminal(c, device, now=at)
            line = HistoryLine(device, at, Happening.REVOKED, reason.strip())
            await store.add_history(c, line)
            await self._audit.write(
                c, actor=actor, act="terminal_revoked", subject=device, detail=reason.strip()
            )
            # Before the commit: who sees it in the store finds the certificate on the list.
            self._ca.revoke(terminal.serial, now=now)
        self._events.publish(TerminalChanged(device))

    async def widen(self, feed: str) -> int:
        """Let every terminal in use read a feed that came after its enrolment; return how many could not yet.

        Only the doors open: what a terminal follows, its root-signed policy tells it.
        """
        async with self._database.write() as c:
            narrow = [one for one in await store.all_terminals(c) if feed not in one.feeds]
            for one in narrow:
                await store.change_feeds(c, one.id, (*one.feeds, feed))
                await self._audit.write(
                    c, actor="system", act="feeds_widened", subject=one.id, detail=feed
                )
        return len(narrow)

    async def terminal(self, by: Person, device: str) -> Terminal:
        """Return a terminal in use, for the page on which it is revoked.

        Raises:
            Forbidden, NotFound: as in `revoke`.
        """
        require(by, Permission.MANAGE_TERMINALS)
        async with self._database.read() as c:
            terminal = await store.find_terminal(c, device)
        if terminal is None or terminal.revoked_at:
            raise NotFound(f"没有编号为“{device}”的终端在用，请从终端列表中核对编号。")
        return terminal
