"""Staged rollouts: made by an administrator, carried on by the controller that keeps the timers, kept over restarts.

What a step decides (rollout_rules) and the wishes that follow from it are one transaction: a controller that dies in
between has done all of it or nothing, and the next one goes on from there.
"""

import asyncio
import logging
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from content.errors import CallerError, NotFound, ZoneError
from controller.auth.permissions import Permission, require
from controller.services import rollout_changes as changes
from controller.services.events import (
    EventBus,
    RolloutChanged,
    Subscription,
    TerminalChanged,
    WantChanged,
)
from controller.services.findings import AuditTrail
from controller.services.rollout_facts import Facts
from controller.services.rollout_plans import (
    RolloutDraft,
    check,
    check_free,
    is_ready,
    stageable,
)
from controller.services.rollout_rules import Decision, decide
from controller.services.wants import Change, Wants
from controller.store import rollouts as store
from controller.store.database import Database
from controller.store.jobs import KeptWant, some_wants
from controller.store.people import Person
from controller.store.rollouts import (
    KeptMember,
    Member,
    Phase,
    Rollout,
    RolloutKind,
    Standing,
    Step,
)
from devices.clock import Clock

logger = logging.getLogger(__name__)

STEP_S = 5.0
SETTLE_S = 0.5
"""What a wave says comes together and is judged together."""
LISTED = 50
SYSTEM = "system"


class Rollouts:
    """The use cases about staged rollouts. `run` where this controller keeps the timers."""

    def __init__(
        self,
        *,
        database: Database,
        facts: Facts,
        wants: Wants,
        audit: AuditTrail,
        events: EventBus,
        clock: Clock,
    ) -> None:
        self._database = database
        self._facts = facts
        self._wants = wants
        self._audit = audit
        self._events = events
        self._clock = clock

    # What the desk asks.

    async def list(self) -> tuple[Rollout, ...]:
        """Return the newest rollouts."""
        async with self._database.read() as c:
            return await store.all_rollouts(c, limit=LISTED)

    async def get(self, rollout: str) -> tuple[Rollout, tuple[KeptMember, ...]]:
        """Return a rollout and its terminals.

        Raises:
            NotFound: there is none of this id.
        """
        async with self._database.read() as c:
            return await _known(c, rollout), await store.members_of(c, rollout)

    async def is_ready(self, one: Rollout) -> bool:
        """Say whether there is something to follow: content waits for its approvers."""
        async with self._database.read() as c:
            return await is_ready(c, one)

    async def software(self) -> dict[str, str]:
        """Return the software that each terminal says it runs."""
        async with self._database.read() as c:
            return await store.software_of_all(c)

    async def create(self, by: Person, draft: RolloutDraft) -> Rollout:
        """Begin a rollout: its first wave is told with the next step.

        Of content all later waves are told at once to keep it back until theirs has come.

        Raises:
            Forbidden: not an administrator.
            CallerError: it says nothing, cannot be followed, or another one is under way there.
        """
        require(by, Permission.MANAGE_TERMINALS)
        check(draft)
        now = self._now()
        async with self._database.write() as c:
            records = {one: await stageable(c, one) for one in draft.records}
            await check_free(c, draft)
            one = Rollout(
                id=secrets.token_hex(16),
                kind=draft.kind,
                title=draft.title.strip(),
                gate=draft.gate,
                created_by=by.id,
                created_at=now,
                settings=dict(draft.settings),
                records=records,
                software=draft.software,
                standing=Standing(wave_since=now),
            )
            ones = [KeptMember(one.id, member) for member in draft.members]
            await store.add_rollout(c, one, ones)
            told = await self._keep_back(c, one, draft.members) if records else []
            await self._note(c, by.id, "rollout_created", one)
        self._tell(one, told)
        return one

    async def halt(self, by: Person, rollout: str) -> None:
        """Tell nobody else until somebody lets it go on."""
        await self._turn(by, rollout, "rollout_halted", from_={Phase.RUNNING}, to=Phase.HALTED)

    async def go_on(self, by: Person, rollout: str) -> None:
        """Go on with the wave that was halted; its patience begins anew."""
        await self._turn(by, rollout, "rollout_resumed", from_={Phase.HALTED}, to=Phase.RUNNING)

    async def roll_back(self, by: Person, rollout: str) -> None:
        """Lead all that were told back to what they were."""
        active = {Phase.RUNNING, Phase.HALTED}
        await self._turn(by, rollout, "rollout_undone", from_=active, to=Phase.ROLLING_BACK)

    async def close(self, by: Person, rollout: str) -> None:
        """Let content that was kept back be shown everywhere: it was withdrawn, corrected, or found good.

        Raises:
            Forbidden, NotFound: as in `create` and `get`.
            CallerError: nothing is kept back.
        """
        require(by, Permission.MANAGE_TERMINALS)
        async with self._database.write() as c:
            one = await _known(c, rollout)
            if one.kind is not RolloutKind.CONTENT or one.standing.phase not in _CLOSABLE:
                raise CallerError("这次分批下发没有暂缓显示的内容，无需解除。")
            one = replace(one, standing=replace(one.standing, phase=Phase.CLOSED))
            await store.keep_standing(c, one)
            ones = [each.member.device for each in await store.members_of(c, rollout)]
            wish = partial(changes.shown, one)
            told = await self._wants.change_in(c, by.id, dict.fromkeys(ones, wish))
            await self._note(c, by.id, "rollout_closed", one)
        self._tell(one, told)

    async def _turn(
        self, by: Person, rollout: str, act: str, *, from_: set[Phase], to: Phase
    ) -> None:
        require(by, Permission.MANAGE_TERMINALS)
        async with self._database.write() as c:
            one = await _known(c, rollout)
            if one.standing.phase not in from_:
                raise CallerError("这次分批下发的状态已经改变，请查看页面上的最新进展后再操作。")
            standing = replace(
                one.standing, phase=to, why="person", wave_since=self._now(), passed_at=0
            )
            one = replace(one, standing=standing)
            await store.keep_standing(c, one)
            await self._note(c, by.id, act, one)
        self._tell(one, [])

    # What the timers ask.

    async def run(self) -> None:
        """Carry all rollouts on, until cancelled."""
        async with self._events.subscribe(but=(TerminalChanged,)) as events:
            while True:
                try:
                    await self.step()
                except (ZoneError, SQLAlchemyError, OSError):
                    logger.exception("rollouts not carried on")
                with suppress(TimeoutError):
                    async with asyncio.timeout(STEP_S):
                        await _change(events)
                await asyncio.sleep(SETTLE_S)

    async def step(self) -> None:
        """Carry each rollout on by one step."""
        async with self._database.read() as c:
            active = await store.active_rollouts(c)
        if not active:
            return
        self._facts.look(await self._facts.statuses(), now=self._now())
        for one in active:
            await self._step(one.id)

    async def _step(self, rollout: str) -> None:
        """Decide and do what follows, in one transaction."""
        async with self._database.write() as c:
            one = await _known(c, rollout)
            if one.standing.phase.is_over:
                return
            ones = {each.member.device: each for each in await store.members_of(c, rollout)}
            now = self._now()
            decision = decide(
                one.standing,
                [each.member for each in ones.values()],
                gate=one.gate,
                seen=await self._facts.seen(c, one, list(ones)),
                is_ready=await is_ready(c, one),
                now=now,
            )
            fresh = replace(one, standing=decision.standing)
            told = await self._do(c, fresh, decision, ones)
            if decision.standing != one.standing:
                await store.keep_standing(c, fresh)
            if decision.standing.phase is not one.standing.phase:
                await self._note(c, SYSTEM, _ACTS[decision.standing.phase], fresh)
        if told or decision.standing != one.standing or _moved(decision, ones):
            self._tell(fresh, told)

    async def _do(
        self,
        c: AsyncConnection,
        one: Rollout,
        decision: Decision,
        ones: Mapping[str, KeptMember],
    ) -> Sequence[KeptWant]:
        """Write the wishes that follow, and how far each terminal is then."""
        fresh = {one.device: one for one in decision.members}
        before = {device: kept.before for device, kept in ones.items()}
        wishes: dict[str, Change] = {}
        held = await some_wants(c, decision.tell)
        runs = await store.software_of_all(c) if one.kind is RolloutKind.SOFTWARE else {}
        for device in decision.tell:
            want = held.get(device) or KeptWant(device, 0, {}, "", 0, SYSTEM)
            before[device] = changes.remembered(one, want.counting, runs=runs.get(device, ""))
            version = 0 if want.ended else want.version
            fresh[device] = replace(
                fresh[device], step=Step.TOLD, told_at=self._now(), version=version
            )
            # The first wave of content was never told to keep anything back: it is so already.
            if changes.told(one, want.shaped(want.counting)).shape != want.counting:
                wishes[device] = partial(changes.told, one)
        for device in decision.undo:
            fresh[device] = replace(fresh[device], step=Step.UNDOING)
            wishes[device] = partial(changes.undone, one, before=before[device])
        told = await self._wants.change_in(c, SYSTEM, wishes)
        for want in told:
            fresh[want.device] = replace(fresh[want.device], version=want.version)
        await store.keep_members(
            c,
            [
                KeptMember(one.id, member, before[device])
                for device, member in fresh.items()
                if member != ones[device].member
            ],
        )
        return told

    async def _keep_back(
        self, c: AsyncConnection, one: Rollout, members: Sequence[Member]
    ) -> Sequence[KeptWant]:
        later = [member.device for member in members if member.wave > 0]
        wish = partial(changes.kept_back, one)
        return await self._wants.change_in(c, SYSTEM, dict.fromkeys(later, wish))

    async def _note(self, c: AsyncConnection, actor: str, act: str, one: Rollout) -> None:
        detail = f"{one.kind} {one.title} {one.standing.why}".strip()
        await self._audit.write(c, actor=actor, act=act, subject=one.id, detail=detail)

    def _tell(self, one: Rollout, wants: Sequence[KeptWant]) -> None:
        for want in wants:
            self._wants.tell(want)
        self._events.publish(RolloutChanged(one.id))

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


_ACTS = {
    Phase.RUNNING: "rollout_resumed",
    Phase.HALTED: "rollout_halted",
    Phase.ROLLING_BACK: "rollout_undone",
    Phase.ROLLED_BACK: "rollout_was_undone",
    Phase.DONE: "rollout_done",
    Phase.CLOSED: "rollout_closed",
}
_CLOSABLE = {Phase.ROLLED_BACK, Phase.ROLLING_BACK, Phase.HALTED}


def _moved(decision: Decision, ones: Mapping[str, KeptMember]) -> bool:
    return any(ones[member.device].member != member for member in decision.members)


async def _change(events: Subscription) -> None:
    """Return after the next event that may let a rollout go on."""
    async for event in events:
        if isinstance(event, WantChanged | RolloutChanged):
            return


async def _known(c: AsyncConnection, rollout: str) -> Rollout:
    one = await store.find_rollout(c, rollout)
    if one is None:
        raise NotFound("没有这次分批下发，请从列表中选择。")
    return one
