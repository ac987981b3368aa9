"""Staged rollouts: made by an administrator, carried on by the controller that keeps the timers, kept over restarts.

What a step decides (rollout_rules) and the wishes that follow from it are one transaction: a controller that dies in
between has done all of it or nothing, and the next one goes on from there.
"""

import asyncio
import logging
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

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
from controller.services.rollout_rules import Decision, decide
from controller.services.wants import Wants
from controller.store import rollouts as store
from controller.store.database import Database
from controller.store.documents import DocumentState, find_document
from controller.store.jobs import KeptWant, find_want
from controller.store.people import Person
from controller.store.rollouts import (
    Gate,
    KeptMember,
    Member,
    Phase,
    Rollout,
    RolloutKind,
    Standing,
    Step,
)
from devices.agent.wishes import unfit
from devices.clock import Clock

logger = logging.getLogger(__name__)

STEP_S = 5.0
SETTLE_S = 0.5
"""What a wave says comes together and is judged together."""
LISTED = 50
SYSTEM = "system"
_STAGEABLE = {DocumentState.DRAFT, DocumentState.SUBMITTED, DocumentState.RETURNED}


@dataclass(frozen=True, slots=True)
class RolloutDraft:
    """What is to be rolled out, where and under which conditions; of the three contents one is given."""

    kind: RolloutKind
    title: str
    members: tuple[Member, ...]
    gate: Gate = field(default_factory=Gate)
    settings: Mapping[str, str] = field(default_factory=dict)
    records: Sequence[str] = ()
    software: str = ""


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

    async def create(self, by: Person, draft: RolloutDraft) -> Rollout:
        """Begin a rollout: its first wave is told with the next step.

        Of content all later waves are told at once to keep it back until theirs has come.

        Raises:
            Forbidden: not an administrator.
            CallerError: it says nothing, cannot be followed, or another one is under way there.
        """
        require(by, Permission.MANAGE_TERMINALS)
        _check(draft)
        now = self._now()
        async with self._database.write() as c:
            records = {one: await _stageable(c, one) for one in draft.records}
            await _check_free(c, draft)
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
            told = [
                await self._wants.change_in(
                    c, by.id, each.member.device, change=lambda held: changes.shown(one, held)
                )
                for each in await store.members_of(c, rollout)
                if await self._facts.is_enrolled(c, each.member.device)
            ]
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
                is_ready=await _is_ready(c, one),
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
        told = []
        for member in decision.members:
            kept, fresh, want = ones[member.device], member, None
            before = kept.before
            if member.device in decision.tell:
                fresh, before, want = await self._tell_one(c, one, member)
            elif member.device in decision.undo:
                fresh, want = await self._undo_one(c, one, kept)
            if want is not None:
                told.append(want)
            if fresh != kept.member:
                await store.keep_member(c, KeptMember(one.id, fresh, before))
        return told

    async def _tell_one(
        self, c: AsyncConnection, one: Rollout, member: Member
    ) -> tuple[Member, dict[str, str | None], KeptWant | None]:
        held = await find_want(c, member.device) or _nothing(member.device)
        before = changes.remembered(
            one, held.counting, runs=await store.software_of(c, member.device)
        )
        fresh = replace(member, step=Step.TOLD, told_at=self._now())
        if changes.told(one, held.shaped(held.counting)).shape == held.counting:
            # It is so already: the first wave of content was never told to keep anything back.
            return replace(fresh, version=0 if held.ended else held.version), before, None
        want = await self._wants.change_in(
            c, SYSTEM, member.device, change=lambda held: changes.told(one, held)
        )
        return replace(fresh, version=want.version), before, want

    async def _undo_one(
        self, c: AsyncConnection, one: Rollout, kept: KeptMember
    ) -> tuple[Member, KeptWant]:
        want = await self._wants.change_in(
            c,
            SYSTEM,
            kept.member.device,
            change=lambda held: changes.undone(one, held, kept.before),
        )
        return replace(kept.member, step=Step.UNDOING, version=want.version), want

    async def _keep_back(
        self, c: AsyncConnection, one: Rollout, members: Sequence[Member]
    ) -> Sequence[KeptWant]:
        return [
            await self._wants.change_in(
                c, SYSTEM, member.device, change=lambda held: changes.kept_back(one, held)
            )
            for member in members
            if member.wave > 0
        ]

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


def _nothing(device: str) -> KeptWant:
    return KeptWant(device, 0, {}, "", 0, SYSTEM)


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


async def _stageable(c: AsyncConnection, record: str) -> int:
    """Return the version of a document that is published now.

    Raises:
        CallerError: it is published as it stands. Hiding that from the public is what approvers decide.
    """
    document = await find_document(c, record)
    if document is None:
        raise NotFound(f"没有文件“{record}”，请核对文件编号。")
    if document.state not in _STAGEABLE:
        raise CallerError(
            f"文件“{record}”已经公开或撤回，不能再分批显示。请在签发前建立分批下发；要停止公开请办理撤回。"
        )
    return document.version


async def _is_ready(c: AsyncConnection, one: Rollout) -> bool:
    """Say whether all that is rolled out has been signed and published."""
    for record, before in one.records.items():
        document = await find_document(c, record)
        if document is None or document.version <= before:
            return False
    return True


async def _check_free(c: AsyncConnection, draft: RolloutDraft) -> None:
    """See that no other rollout of the kind is under way at one of these terminals."""
    devices = {one.device for one in draft.members}
    for other in await store.active_rollouts(c):
        if other.kind is not draft.kind:
            continue
        held = devices & {one.member.device for one in await store.members_of(c, other.id)}
        if held:
            raise CallerError(
                f"终端“{min(held)}”正在参加另一次同类分批下发“{other.title}”，请等它结束或先回退。"
            )


def _check(draft: RolloutDraft) -> None:
    if not draft.title.strip():
        raise CallerError("请填写这次分批下发的名称。")
    given = {
        RolloutKind.CONFIGURATION: bool(draft.settings),
        RolloutKind.CONTENT: bool(draft.records),
        RolloutKind.SOFTWARE: bool(draft.software),
    }
    if not given[draft.kind]:
        raise CallerError("请填写要下发的内容。")
    bad = unfit(draft.settings)
    if bad:
        raise CallerError(f"设置项“{bad[0]}”的值不在允许范围内，请更正。")
    gate = draft.gate
    if not (0 < gate.success_percent <= 100 and 0 <= gate.error_percent < 100):  # noqa: PLR2004
        raise CallerError("成功比例应在 1 到 100 之间，出错比例应在 0 到 99 之间。")
