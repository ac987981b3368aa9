"""What is known of the terminals of a rollout now, in the words of its rules."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from controller.services.rollout_rules import Seen
from controller.services.terminal_status import Cause, TerminalStatus
from controller.services.terminals import Terminals
from controller.store.jobs import KeptWant, all_wants
from controller.store.rollouts import Rollout, RolloutKind, software_of
from controller.store.terminals import find_terminal

EVERYDAY = (
    "printer:paper_out",
    "printer:paper_low",
    "printer:cover_open",
    "ups:on_battery",
    "outbox_old",
    "certificate_ends",
    "request_rejected",
)
"""Faults that come with the day and not with what is rolled out."""
_AWAY = {Cause.LOST, Cause.STOPPED, Cause.SILENT}


class Facts:
    """Looks at the fleet.

    Since when a terminal is away is noted here: a controller that has just begun to look knows of nobody that they
    have been away for long, and leads no fleet back for having been away itself.
    """

    def __init__(self, *, terminals: Terminals) -> None:
        self._terminals = terminals
        self._statuses: dict[str, TerminalStatus] = {}
        self._away: dict[str, int] = {}

    async def statuses(self) -> tuple[TerminalStatus, ...]:
        """Return how all terminals are."""
        return await self._terminals.list()

    def look(self, statuses: Sequence[TerminalStatus], *, now: int) -> None:
        """Take in how they are."""
        self._statuses = {one.id: one for one in statuses}
        away = [one.id for one in statuses if one.code in _AWAY]
        self._away = {device: self._away.get(device, now) for device in away}

    async def is_enrolled(self, c: AsyncConnection, device: str) -> bool:
        """Say whether a terminal is in use."""
        terminal = await find_terminal(c, device)
        return terminal is not None and not terminal.revoked_at

    async def seen(
        self, c: AsyncConnection, one: Rollout, devices: Sequence[str]
    ) -> dict[str, Seen]:
        """Return what is known of these; who is not enrolled is left out."""
        wants = {want.device: want for want in await all_wants(c)}
        found = {}
        for device in devices:
            status = self._statuses.get(device)
            if status is not None:
                is_there = await self._is_there(c, one, status)
                found[device] = self._seen(status, wants.get(device), is_there=is_there)
        return found

    def _seen(self, status: TerminalStatus, want: KeptWant | None, *, is_there: bool) -> Seen:
        faults: dict[str, int] = {}
        for fault in status.faults:
            if not fault.code.startswith(EVERYDAY):
                faults[fault.code] = max(faults.get(fault.code, 0), fault.first_seen)
        return Seen(
            follows=want.acknowledged if want else 0,
            is_there=is_there,
            faults=faults,
            away_since=self._away.get(status.id, 0),
            ended=want.version if want and want.ended else 0,
        )

    async def _is_there(self, c: AsyncConnection, one: Rollout, status: TerminalStatus) -> bool:
        if not status.online:
            return False
        match one.kind:
            case RolloutKind.CONFIGURATION:
                return True
            case RolloutKind.SOFTWARE:
                return await software_of(c, status.id) == one.software
            case RolloutKind.CONTENT:
                return all(feed.desired > 0 and feed.all_equal for feed in status.feeds)
