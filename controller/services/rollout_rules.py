"""Decide how a staged rollout goes on: who is told next, whether it halts, whether it is rolled back. Pure.

A rollout is a plan of waves. A wave's terminals are told; when enough of them have followed and nothing has gone wrong
with them for the soak time, the next wave begins. When too many went wrong, in this wave or one before it, all that
were told are told the way back, and nobody decides it but this table (issue: halt and rollback by itself).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import assert_never

from controller.store.rollouts import Gate, Member, Phase, Standing, Step

LOST_S = 180
"""A terminal that followed and is away for longer than this went wrong: a report is due each minute."""
AT_ONCE = 200
"""Terminals told in one step: a wave of thousands must not hold the store for long."""
WHOLE = 100
GONE = "gone"
"""Why a terminal counts for nothing any more: it was revoked."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a terminal now.

    Attributes:
        follows: version of the wish that it says it follows.
        is_there: it has what this rollout brings: it says so itself, and shows it on every glass.
        faults: code -> unix second at which it was first seen.
        away_since: unix second since which it has no link, 0 = it has one.
        ended: version of its wish if that ended because nobody followed it in time, else 0.
        gone: it is not enrolled any more.
    """

    follows: int = 0
    is_there: bool = False
    faults: Mapping[str, int] = field(default_factory=dict)
    away_since: int = 0
    ended: int = 0
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows: how it stands, its terminals, and who is to be told what now."""

    standing: Standing
    members: tuple[Member, ...]
    tell: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """A wave in numbers."""

    size: int
    waiting: int
    told: int
    done: int
    failed: int
    undone: int

    def passes(self, gate: Gate) -> bool:
        """Whether enough have followed."""
        return self.done * WHOLE >= self.size * gate.success_percent

    def breaks(self, gate: Gate) -> bool:
        """Whether too many went wrong."""
        return self.failed * WHOLE > self.size * gate.error_percent


def decide(
    standing: Standing,
    members: Sequence[Member],
    *,
    gate: Gate,
    seen: Mapping[str, Seen],
    is_ready: bool,
    now: int,
) -> Decision:
    """Return what follows from what is known now.

    Args:
        standing: how it stood.
        members: its terminals.
        gate: what a wave must pass.
        seen: by terminal; who is missing there is not enrolled any more.
        is_ready: there is something to follow. Content is not, before its approvers have signed it.
        now: unix seconds.
    """
    judged = tuple(_judged(one, seen.get(one.device, Seen(gone=True)), now=now) for one in members)
    match standing.phase:
        case Phase.RUNNING:
            return _run(standing, judged, gate=gate, is_ready=is_ready, now=now)
        case Phase.ROLLING_BACK:
            return _undo(standing, judged)
        case Phase.HALTED | Phase.ROLLED_BACK | Phase.DONE | Phase.CLOSED:
            return Decision(standing, judged)
        case _:
            assert_never(standing.phase)


def _run(
    standing: Standing, members: tuple[Member, ...], *, gate: Gate, is_ready: bool, now: int
) -> Decision:
    if any(count(members, wave).breaks(gate) for wave in range(standing.wave + 1)):
        return _undo(replace(standing, phase=Phase.ROLLING_BACK, why="errors"), members)
    if not is_ready:
        standing = replace(standing, wave_since=now)
    counted = count(members, standing.wave)
    waiting = [one.device for one in members if _waits(one, standing.wave)][:AT_ONCE]
    if waiting:
        return Decision(standing, members, tell=tuple(waiting))
    if not counted.passes(gate):
        return Decision(_patient(replace(standing, passed_at=0), gate=gate, now=now), members)
    passed_at = standing.passed_at or now
    if now - passed_at < gate.soak_s:
        return Decision(replace(standing, passed_at=passed_at), members)
    return Decision(_next(standing, last=max(one.wave for one in members), now=now), members)


def _patient(standing: Standing, *, gate: Gate, now: int) -> Standing:
    if now - standing.wave_since <= gate.patience_s:
        return standing
    return replace(standing, phase=Phase.HALTED, why="late")


def _next(standing: Standing, *, last: int, now: int) -> Standing:
    if standing.wave == last:
        return replace(standing, phase=Phase.DONE, passed_at=0, why="")
    return Standing(wave=standing.wave + 1, wave_since=now)


def _undo(standing: Standing, members: tuple[Member, ...]) -> Decision:
    told = {Step.TOLD, Step.DONE, Step.FAILED}
    back = [one.device for one in members if one.step in told and one.why != GONE]
    if not back and all(one.step is not Step.UNDOING for one in members):
        standing = replace(standing, phase=Phase.ROLLED_BACK)
    return Decision(standing, members, undo=tuple(back[:AT_ONCE]))


def _waits(member: Member, wave: int) -> bool:
    return member.step is Step.WAITING and member.wave <= wave


def _judged(member: Member, seen: Seen, *, now: int) -> Member:
    """Return how far a terminal is by what is known of it now."""
    match member.step:
        case Step.WAITING | Step.UNDONE:
            return member
        case Step.UNDOING:
            back = seen.gone or _ended(member, seen) or seen.follows >= member.version
            return replace(member, step=Step.UNDONE) if back else member
        case Step.TOLD | Step.DONE | Step.FAILED:
            why = _wrong(member, seen, now=now)
            if why:
                return replace(member, step=Step.FAILED, why=member.why or why)
            # What went wrong once stays so: a terminal that flaps is no success.
            followed = seen.follows >= member.version and seen.is_there
            is_done = member.step is Step.TOLD and followed
            return replace(member, step=Step.DONE) if is_done else member
        case _:
            assert_never(member.step)


def _wrong(member: Member, seen: Seen, *, now: int) -> str:
    if seen.gone:
        return GONE
    if _ended(member, seen):
        return "nobody"
    fresh = sorted(code for code, since in seen.faults.items() if since >= member.told_at)
    if fresh:
        return fresh[0]
    followed = seen.follows >= member.version
    if followed and seen.away_since and now - max(seen.away_since, member.told_at) > LOST_S:
        return "lost"
    return ""


def _ended(member: Member, seen: Seen) -> bool:
    return seen.ended > 0 and seen.ended == member.version


def count(members: Iterable[Member], wave: int) -> Count:
    """Return a wave in numbers; a terminal that is not enrolled any more counts for nothing."""
    ones = [one for one in members if one.wave == wave and one.why != GONE]
    steps = [one.step for one in ones]
    return Count(
        size=len(ones),
        waiting=steps.count(Step.WAITING),
        told=steps.count(Step.TOLD),
        done=steps.count(Step.DONE),
        failed=steps.count(Step.FAILED),
        undone=steps.count(Step.UNDOING) + steps.count(Step.UNDONE),
    )
