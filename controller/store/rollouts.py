"""Staged rollouts: their plan, how they stand, and each terminal in them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec
from sqlalchemy import (
    Column,
    Index,
    Integer,
    RowMapping,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from controller.store.metadata import metadata
from controller.store.terminals import infos


class RolloutKind(StrEnum):
    """What is rolled out."""

    CONTENT = "content"
    CONFIGURATION = "configuration"
    SOFTWARE = "software"


class Phase(StrEnum):
    """How a rollout stands; the last three are over. CLOSED: what had been kept back is shown after all."""

    RUNNING = "running"
    HALTED = "halted"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"
    DONE = "done"
    CLOSED = "closed"

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens by itself."""
        return self in {Phase.ROLLED_BACK, Phase.DONE, Phase.CLOSED}


class Step(StrEnum):
    """How far one terminal is in a rollout."""

    WAITING = "waiting"
    TOLD = "told"
    DONE = "done"
    FAILED = "failed"
    UNDOING = "undoing"
    UNDONE = "undone"


@dataclass(frozen=True, slots=True)
class Gate:
    """What a wave must pass.

    Attributes:
        success_percent: so many of its terminals must have followed.
        error_percent: more than this gone wrong, and all is rolled back.
        soak_s: it is watched for so long after enough have followed.
        patience_s: if not enough have followed within this, the rollout halts and asks a person.
    """

    success_percent: int = 95
    error_percent: int = 5
    soak_s: int = 600
    patience_s: int = 6 * 3600


@dataclass(frozen=True, slots=True)
class Member:
    """One terminal in a rollout.

    Attributes:
        device: who.
        wave: from 0.
        step: how far.
        told_at: unix second, 0 = not yet.
        version: of the wish that it was told with.
        why: what went wrong, a word.
    """

    device: str
    wave: int
    step: Step = Step.WAITING
    told_at: int = 0
    version: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a rollout stands.

    Attributes:
        phase: see there.
        wave: that is under way.
        wave_since: unix second at which it began.
        passed_at: unix second since which enough of it have followed, 0 = not yet.
        why: of a halt or a way back: "errors", "late", "person", or "".
    """

    phase: Phase = Phase.RUNNING
    wave: int = 0
    wave_since: int = 0
    passed_at: int = 0
    why: str = ""


ACTIVE = tuple(str(phase) for phase in Phase if not phase.is_over)


@dataclass(frozen=True, slots=True)
class Rollout:
    """A staged rollout.

    Attributes:
        id: unique for ever, hex.
        kind: what is rolled out.
        title: in the words of who made it.
        settings: of a configuration: name -> value.
        records: of content: record id -> version that was published before, 0 for none.
        software: version that shall run.
        gate: what each wave must pass.
        created_by, created_at: person id, unix seconds.
        standing: how it stands.
    """

    id: str
    kind: RolloutKind
    title: str
    gate: Gate
    created_by: str
    created_at: int
    settings: dict[str, str] = field(default_factory=dict)
    records: dict[str, int] = field(default_factory=dict)
    software: str = ""
    standing: Standing = field(default_factory=Standing)


@dataclass(frozen=True, slots=True)
class KeptMember:
    """A terminal in a rollout, with what it was before it was told: what the way back leads to."""

    rollout: str
    member: Member
    before: dict[str, str | None] = field(default_factory=dict)


rollouts = Table(
    "rollout",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("title", Text, nullable=False),
    Column("plan", Text, nullable=False),
    Column("created_by", String(64), nullable=False),
    Column("created_at", Integer, nullable=False),
    Column("phase", String(16), nullable=False),
    Column("standing", Text, nullable=False),
    Index("ix_rollout_phase", "phase"),
)

members = Table(
    "rollout_member",
    metadata,
    Column("rollout", String(32), primary_key=True),
    Column("device", String(40), primary_key=True),
    Column("wave", Integer, nullable=False),
    Column("step", String(12), nullable=False),
    Column("told_at", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("why", Text, nullable=False),
    Column("before", Text, nullable=False),
    Index("ix_rollout_member_device", "device"),
)


@dataclass(frozen=True, slots=True)
class _Plan:
    gate: Gate
    settings: dict[str, str]
    records: dict[str, int]
    software: str


async def add_rollout(c: AsyncConnection, one: Rollout, ones: Iterable[KeptMember]) -> None:
    """Write a new rollout with its terminals."""
    await c.execute(insert(rollouts).values(_rollout_row(one)))
    await c.execute(insert(members), [_member_row(each) for each in ones])


async def keep_standing(c: AsyncConnection, one: Rollout) -> None:
    """Write how a rollout stands."""
    row = _rollout_row(one)
    await c.execute(
        update(rollouts)
        .where(rollouts.c.id == one.id)
        .values(phase=row["phase"], standing=row["standing"])
    )


async def keep_member(c: AsyncConnection, one: KeptMember) -> None:
    """Write how far a terminal is."""
    where = (members.c.rollout == one.rollout) & (members.c.device == one.member.device)
    await c.execute(update(members).where(where).values(_member_row(one)))


async def find_rollout(c: AsyncConnection, rollout: str) -> Rollout | None:
    """Return a rollout."""
    query = select(rollouts).where(rollouts.c.id == rollout)
    row = (await c.execute(query)).mappings().first()
    return _rollout(row) if row else None


async def active_rollouts(c: AsyncConnection) -> tuple[Rollout, ...]:
    """Return those that are not over, the oldest first."""
    query = select(rollouts).where(rollouts.c.phase.in_(ACTIVE)).order_by(rollouts.c.created_at)
    return tuple(_rollout(row) for row in (await c.execute(query)).mappings())


async def all_rollouts(c: AsyncConnection, *, limit: int) -> tuple[Rollout, ...]:
    """Return the newest."""
    query = select(rollouts).order_by(rollouts.c.created_at.desc(), rollouts.c.id).limit(limit)
    return tuple(_rollout(row) for row in (await c.execute(query)).mappings())


async def members_of(c: AsyncConnection, rollout: str) -> tuple[KeptMember, ...]:
    """Return a rollout's terminals by wave."""
    query = select(members).where(members.c.rollout == rollout)
    rows = (await c.execute(query.order_by(members.c.wave, members.c.device))).mappings()
    return tuple(_member(row) for row in rows)


async def software_of(c: AsyncConnection, device: str) -> str:
    """Return the software that a terminal says it runs, "" if it has not said."""
    query = select(infos.c.info).where(infos.c.device == device)
    info = (await c.execute(query)).scalar_one_or_none()
    try:
        said = msgspec.json.decode(info, type=_Info) if info else _Info()
    except msgspec.MsgspecError:
        said = _Info()  # a newer terminal's form
    return said.software


@dataclass(frozen=True, slots=True)
class _Info:
    software: str = ""


def _rollout_row(one: Rollout) -> dict[str, object]:
    plan = _Plan(one.gate, one.settings, one.records, one.software)
    return {
        "id": one.id,
        "kind": str(one.kind),
        "title": one.title,
        "plan": msgspec.json.encode(plan).decode(),
        "created_by": one.created_by,
        "created_at": one.created_at,
        "phase": str(one.standing.phase),
        "standing": msgspec.json.encode(one.standing).decode(),
    }


def _rollout(row: RowMapping) -> Rollout:
    plan = msgspec.json.decode(row["plan"], type=_Plan)
    return Rollout(
        id=row["id"],
        kind=RolloutKind(row["kind"]),
        title=row["title"],
        gate=plan.gate,
        created_by=row["created_by"],
        created_at=row["created_at"],
        settings=plan.settings,
        records=plan.records,
        software=plan.software,
        standing=msgspec.json.decode(row["standing"], type=Standing),
    )


def _member_row(one: KeptMember) -> dict[str, object]:
    return {
        **msgspec.to_builtins(one.member),
        "rollout": one.rollout,
        "before": msgspec.json.encode(one.before).decode(),
    }


def _member(row: RowMapping) -> KeptMember:
    fields = {name: row[name] for name in ("device", "wave", "told_at", "version", "why")}
    return KeptMember(
        rollout=row["rollout"],
        member=Member(step=Step(row["step"]), **fields),
        before=msgspec.json.decode(row["before"], type=dict[str, str | None]),
    )
