"""Say what terminals shall be, and follow how far they are: their desired shadows (wire.md 9.2).

A wish is taken or it ends: one that its terminal has not followed in time is withdrawn and said so, and from then on
counts what the terminal was before. Once followed it holds until another takes its place.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from content.errors import NotFound
from controller.services.events import EventBus, WantChanged
from controller.services.findings import AuditTrail
from controller.services.keyring import Keyring
from controller.store import jobs as store
from controller.store.database import Database
from controller.store.jobs import KeptWant
from controller.store.terminals import find_terminal
from devices.clock import Clock
from devices.wire.jobs import SignedWant, Want

WANT_LASTS_S = 7 * 24 * 3600
"""A terminal that was away for longer is not surprised by what somebody wished a week ago."""

Change = Callable[[KeptWant], KeptWant]


class Wants:
    """The use cases about desired shadows."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditTrail,
        events: EventBus,
        keyring: Keyring,
        clock: Clock,
    ) -> None:
        self._database = database
        self._audit = audit
        self._events = events
        self._keyring = keyring
        self._clock = clock

    async def wish(
        self,
        by: str,
        device: str,
        *,
        settings: Mapping[str, str],
        software: str = "",
        lasts_s: int = WANT_LASTS_S,
    ) -> KeptWant:
        """Say what a terminal shall be from now on; the caller has asked for the permission.

        Args:
            by: person id, or "system" for a rollout.
            device: whose.
            settings: the whole of them; names of devices.agent.wishes.SETTINGS.
            software: version that shall run, "" for no wish.
            lasts_s: within which it is to be followed.

        Raises:
            NotFound: no such terminal in use.
        """
        return await self.change(
            by,
            device,
            lambda held: replace(held, settings=dict(settings), software=software),
            lasts_s=lasts_s,
        )

    async def change(
        self, by: str, device: str, change: Change, *, lasts_s: int = WANT_LASTS_S
    ) -> KeptWant:
        """Say a new version of a terminal's desired shadow, made from the one that counts now.

        Raises:
            NotFound: no such terminal in use.
        """
        async with self._database.write() as c:
            want = await self.change_in(c, by, device, change=change, lasts_s=lasts_s)
        self.tell(want)
        return want

    async def change_in(
        self,
        c: AsyncConnection,
        by: str,
        device: str,
        *,
        change: Change,
        lasts_s: int = WANT_LASTS_S,
    ) -> KeptWant:
        """Do as `change` does, within the caller's transaction; the caller then calls `tell`."""
        terminal = await find_terminal(c, device)
        if terminal is None or terminal.revoked_at:
            raise NotFound(f"没有编号为“{device}”的终端，请从终端列表中选择。")
        now = self._now()
        held = await store.find_want(c, device) or KeptWant(device, 0, {}, "", 0, by)
        before = held.counting
        want = replace(
            change(held.shaped(before)),
            version=held.version + 1,
            issued=now,
            expires=now + lasts_s,
            ordered_by=by,
            ended=0,
            before=before,
        )
        await store.keep_want(c, want)
        return want

    def tell(self, want: KeptWant) -> None:
        """Announce a wish after its commit."""
        self._events.publish(WantChanged(want.device, want.version))

    async def of(self, device: str) -> KeptWant | None:
        """Return what a terminal shall be, and how far it follows."""
        async with self._database.read() as c:
            return await store.find_want(c, device)

    async def all(self) -> dict[str, KeptWant]:
        """Return every desired shadow by terminal."""
        async with self._database.read() as c:
            return {one.device: one for one in await store.all_wants(c)}

    async def signed(self, device: str) -> SignedWant | None:
        """Return a terminal's desired shadow, signed; None if nothing is wished."""
        kept = await self.of(device)
        if kept is None or kept.ended or self._is_over(kept):
            return None
        want = Want(
            device,
            kept.version,
            kept.settings,
            kept.software,
            kept.issued,
            expires=kept.expires,
            withheld=kept.withheld,
        )
        return SignedWant(
            want, self._keyring.log_key_id, self._keyring.sign_log(want.signed_bytes())
        )

    async def follows(self, device: str, version: int) -> None:
        """Note the version of the desired shadow that a terminal says it follows."""
        async with self._database.read() as c:
            kept = await store.find_want(c, device)
        if kept is None or kept.acknowledged == version or version > kept.version:
            return
        async with self._database.write() as c:
            kept = await store.find_want(c, device)
            if kept is not None and version <= kept.version:
                # One that ended a moment ago and was taken all the same is what the terminal is.
                ended = 0 if version == kept.version else kept.ended
                await store.keep_want(c, replace(kept, acknowledged=version, ended=ended))
        self._events.publish(WantChanged(device, version))

    async def expire(self) -> None:
        """End the wishes of all terminals that were not followed in time, and say so in the audit log."""
        async with self._database.read() as c:
            over = [one for one in await store.open_wants(c) if self._is_over(one)]
        if not over:
            return
        async with self._database.write() as c:
            for one in over:
                now = await store.find_want(c, one.device)
                if now is not None and now.is_open and now.version == one.version:
                    await self._end(c, now)
        for one in over:
            self.tell(one)

    async def _end(self, c: AsyncConnection, kept: KeptWant) -> None:
        await store.keep_want(c, replace(kept, ended=self._now()))
        await self._audit.write(
            c, actor="system", act="want_expired", subject=kept.device, detail=f"v{kept.version}"
        )

    def _is_over(self, kept: KeptWant) -> bool:
        return kept.is_open and 0 < kept.expires < self._now()

    def _now(self) -> int:
        return int(self._clock.now().timestamp())
