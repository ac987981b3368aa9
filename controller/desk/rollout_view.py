"""Rollouts as the desk draws them: a bar for each wave, a row for each terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from controller.services.rollout_rules import Count, count
from controller.services.terminal_status import TerminalStatus
from controller.store.jobs import KeptWant
from controller.store.rollouts import KeptMember, Phase, Rollout, RolloutKind, Step

BAR = 960.0
"""Width of a bar's drawing."""
PHASE_TONES = {
    Phase.RUNNING: ("blue", "rocket"),
    Phase.HALTED: ("warn", "pause"),
    Phase.ROLLING_BACK: ("bad", "undo-2"),
    Phase.ROLLED_BACK: ("bad", "undo-2"),
    Phase.DONE: ("good", "circle-check"),
    Phase.CLOSED: ("", "archive"),
}
STEP_TONES = {
    Step.WAITING: ("", "hourglass"),
    Step.TOLD: ("blue", "send"),
    Step.DONE: ("good", "circle-check"),
    Step.FAILED: ("bad", "circle-alert"),
    Step.UNDOING: ("warn", "undo-2"),
    Step.UNDONE: ("", "undo-2"),
}
SHOWN = 300
"""Terminals in the table, those with trouble first."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a bar: which step, from where and how wide, how many terminals."""

    step: str
    x: float
    width: float
    terminals: int


@dataclass(frozen=True, slots=True)
class WaveRow:
    """One wave: `state` is a word under rollouts.wave."""

    number: int
    state: str
    count: Count
    pieces: tuple[Piece, ...]
    percent: int


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One terminal: what it shall follow and follows, what it shall show and shows (sequences)."""

    device: str
    place: str
    wave: int
    step: Step
    why: str
    wanted: int
    follows: int
    desired: int
    applied: int
    glass: tuple[int, ...]
    online: bool


@dataclass(frozen=True, slots=True)
class RolloutView:
    """Everything that the page of one rollout shows."""

    rollout: Rollout
    waves: tuple[WaveRow, ...]
    members: tuple[MemberRow, ...]
    total: int
    tone: tuple[str, str]
    is_content: bool
    may_close: bool


def view_of(
    rollout: Rollout,
    members: Sequence[KeptMember],
    *,
    statuses: Mapping[str, TerminalStatus],
    wants: Mapping[str, KeptWant],
) -> RolloutView:
    """Return the view of a rollout."""
    ones = [one.member for one in members]
    waves = tuple(
        _wave(rollout, number, count(ones, number))
        for number in range(max(one.wave for one in ones) + 1)
    )
    rows = sorted(
        (_member(one, statuses.get(one.member.device), wants) for one in members),
        key=lambda row: (row.step is not Step.FAILED, row.wave, row.device),
    )
    is_content = rollout.kind is RolloutKind.CONTENT
    kept_back = {Phase.HALTED, Phase.ROLLING_BACK, Phase.ROLLED_BACK}
    return RolloutView(
        rollout=rollout,
        waves=waves,
        members=tuple(rows[:SHOWN]),
        total=len(rows),
        tone=PHASE_TONES[rollout.standing.phase],
        is_content=is_content,
        may_close=is_content and rollout.standing.phase in kept_back,
    )


def _wave(rollout: Rollout, number: int, counted: Count) -> WaveRow:
    steps = (
        ("done", counted.done),
        ("told", counted.told),
        ("failed", counted.failed),
        ("undone", counted.undone),
        ("waiting", counted.waiting),
    )
    pieces, x = [], 0.0
    for step, terminals in steps:
        width = BAR * terminals / counted.size if counted.size else 0.0
        if terminals:
            pieces.append(Piece(step, x, width, terminals))
        x += width
    percent = 100 * counted.done // counted.size if counted.size else 100
    return WaveRow(number, _state(rollout, number), counted, tuple(pieces), percent)


def _state(rollout: Rollout, number: int) -> str:
    standing = rollout.standing
    if standing.phase in {Phase.ROLLING_BACK, Phase.ROLLED_BACK, Phase.CLOSED}:
        return "undone" if number <= standing.wave else "never"
    if standing.phase is Phase.DONE or number < standing.wave:
        return "passed"
    if number > standing.wave:
        return "later"
    if standing.phase is Phase.HALTED:
        return "halted"
    return "soaking" if standing.passed_at else "now"


def _member(
    kept: KeptMember, status: TerminalStatus | None, wants: Mapping[str, KeptWant]
) -> MemberRow:
    member, want = kept.member, wants.get(kept.member.device)
    feed = status.feeds[0] if status and status.feeds else None
    return MemberRow(
        device=member.device,
        place=status.name if status else member.device,
        wave=member.wave,
        step=member.step,
        why=member.why if member.step is Step.FAILED else "",
        wanted=want.version if want else 0,
        follows=want.acknowledged if want else 0,
        desired=feed.desired if feed else 0,
        applied=feed.applied if feed else 0,
        glass=tuple(feed.glass.values()) if feed else (),
        online=bool(status and status.online),
    )
