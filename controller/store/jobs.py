"""Jobs and wishes for terminals: what was ordered by whom, how far it came, what came of it."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

import msgspec
from sqlalchemy import (
    Column,
    Index,
    Integer,
    LargeBinary,
    RowMapping,
    String,
    Table,
    Text,
    delete,
    func,
    insert,
    select,
    union,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from controller.store.metadata import metadata
from devices.wire.jobs import JobKind, JobState

OPEN = tuple(str(state) for state in JobState if not state.is_final)


@dataclass(frozen=True, slots=True)
class KeptJob:
    """A job as the controller knows it.

    Attributes:
        id, device, number, kind, args: as in devices.wire.jobs.Job.
        reason: why it was ordered, in the words of who ordered it.
        ordered_by: person id, or "system" for a rollout.
        ordered_at, expires, changed_at: unix seconds.
        state: how far it has come.
        ver: of the last report that counted.
        why, step: of that report.
        result: SHA-256 hex of the result that is kept, "" for none.
    """

    id: str
    device: str
    number: int
    kind: JobKind
    args: dict[str, str]
    reason: str
    ordered_by: str
    ordered_at: int
    expires: int
    state: JobState = JobState.WAITING
    changed_at: int = 0
    ver: int = 0
    why: str = ""
    step: str = ""
    result: str = ""


@dataclass(frozen=True, slots=True)
class JobResult:
    """What a job brought: a PNG of the glass, a text of log lines."""

    job: str
    media_type: str
    data: bytes
    received: int


@dataclass(frozen=True, slots=True)
class Shape:
    """What a desired shadow asks for; see devices.wire.jobs.Want."""

    settings: dict[str, str] = field(default_factory=dict)
    software: str = ""
    withheld: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptWant:
    """The desired shadow of a terminal.

    Attributes:
        device, version, settings, software, issued, withheld: as in devices.wire.jobs.Want.
        ordered_by: person id, or "system" for a rollout.
        acknowledged: the version that the terminal says it follows.
        expires: unix second by which it is to be followed, 0 = none.
        ended: unix second at which it was withdrawn because nobody had followed it, 0 = it counts.
        before: what counted before it, and counts again once it has ended.
    """

    device: str
    version: int
    settings: dict[str, str]
    software: str
    issued: int
    ordered_by: str
    acknowledged: int = 0
    withheld: tuple[str, ...] = ()
    expires: int = 0
    ended: int = 0
    before: Shape = field(default_factory=Shape)

    @property
    def is_open(self) -> bool:
        """Whether it still waits for its terminal."""
        return not self.ended and self.acknowledged < self.version

    @property
    def counting(self) -> Shape:
        """What the terminal shall be now."""
        return self.before if self.ended else self.shape

    @property
    def shape(self) -> Shape:
        """What it asks for."""
        return Shape(self.settings, self.software, self.withheld)

    def shaped(self, shape: Shape) -> "KeptWant":
        """Return it with another content."""
        return replace(
            self, settings=shape.settings, software=shape.software, withheld=shape.withheld
        )


jobs = Table(
    "job",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("device", String(40), nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("args", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("ordered_by", String(64), nullable=False),
    Column("ordered_at", Integer, nullable=False),
    Column("expires", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("changed_at", Integer, nullable=False),
    Column("ver", Integer, nullable=False),
    Column("why", Text, nullable=False),
    Column("step", Text, nullable=False),
    Column("result", String(64), nullable=False),
    Index("uq_job_device_number", "device", "number", unique=True),
    Index("ix_job_state", "state"),
)

results = Table(
    "job_result",
    metadata,
    Column("job", String(32), primary_key=True),
    Column("media_type", String(40), nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("received", Integer, nullable=False),
)

wants = Table(
    "want",
    metadata,
    Column("device", String(40), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("settings", Text, nullable=False),
    Column("software", String(64), nullable=False),
    Column("issued", Integer, nullable=False),
    Column("ordered_by", String(64), nullable=False),
    Column("acknowledged", Integer, nullable=False),
    Column("withheld", Text, nullable=False, server_default="[]"),
    Column("expires", Integer, nullable=False, server_default="0"),
    Column("ended", Integer, nullable=False, server_default="0"),
    Column("before", Text, nullable=False, server_default="{}"),
)


async def next_number(c: AsyncConnection, device: str) -> int:
    """Return the number of a terminal's next job."""
    query = select(func.coalesce(func.max(jobs.c.number), 0)).where(jobs.c.device == device)
    return int((await c.execute(query)).scalar_one()) + 1


async def add_job(c: AsyncConnection, job: KeptJob) -> None:
    """Write a new job."""
    await c.execute(insert(jobs).values({**msgspec.to_builtins(job), "args": _json(job.args)}))


async def keep_job(c: AsyncConnection, job: KeptJob) -> None:
    """Write how far a job has come."""
    fresh = msgspec.to_builtins(job)
    names = ("state", "changed_at", "ver", "why", "step", "result")
    await c.execute(
        update(jobs).where(jobs.c.id == job.id).values({name: fresh[name] for name in names})
    )


async def find_job(c: AsyncConnection, job: str) -> KeptJob | None:
    """Return a job."""
    row = (await c.execute(select(jobs).where(jobs.c.id == job))).mappings().first()
    return _job(row) if row else None


async def open_jobs(c: AsyncConnection, device: str = "") -> tuple[KeptJob, ...]:
    """Return the jobs that are not over, the oldest first; of all terminals for ""."""
    query = select(jobs).where(jobs.c.state.in_(OPEN)).order_by(jobs.c.device, jobs.c.number)
    if device:
        query = query.where(jobs.c.device == device)
    return tuple(_job(row) for row in (await c.execute(query)).mappings())


async def jobs_of(c: AsyncConnection, device: str, *, limit: int) -> tuple[KeptJob, ...]:
    """Return a terminal's jobs, the newest first."""
    query = select(jobs).where(jobs.c.device == device).order_by(jobs.c.number.desc()).limit(limit)
    return tuple(_job(row) for row in (await c.execute(query)).mappings())


async def recent_jobs(
    c: AsyncConnection, *, devices: Collection[str] | None, offset: int, limit: int
) -> tuple[KeptJob, ...]:
    """Return jobs, the newest first; of all terminals for None."""
    query = select(jobs).order_by(jobs.c.ordered_at.desc(), jobs.c.number.desc(), jobs.c.device)
    if devices is not None:
        query = query.where(jobs.c.device.in_(devices))
    rows = (await c.execute(query.offset(offset).limit(limit))).mappings()
    return tuple(_job(row) for row in rows)


async def addressed(c: AsyncConnection) -> tuple[str, ...]:
    """Return every terminal that has a job or a desired shadow."""
    query = union(select(jobs.c.device), select(wants.c.device))
    return tuple(sorted((await c.execute(query)).scalars()))


async def keep_result(c: AsyncConnection, result: JobResult) -> None:
    """Write what a job brought, in the place of what it brought before."""
    await c.execute(delete(results).where(results.c.job == result.job))
    await c.execute(insert(results).values(_row(result)))


async def find_result(c: AsyncConnection, job: str) -> JobResult | None:
    """Return what a job brought."""
    row = (await c.execute(select(results).where(results.c.job == job))).mappings().first()
    return JobResult(**row) if row else None


async def forget_results(c: AsyncConnection, *, before: int) -> None:
    """Forget results that are older than a unix second: nobody needs them any more."""
    await c.execute(delete(results).where(results.c.received < before))


async def find_want(c: AsyncConnection, device: str) -> KeptWant | None:
    """Return a terminal's desired shadow."""
    row = (await c.execute(select(wants).where(wants.c.device == device))).mappings().first()
    return _want(row) if row else None


async def all_wants(c: AsyncConnection) -> tuple[KeptWant, ...]:
    """Return every desired shadow."""
    rows = (await c.execute(select(wants).order_by(wants.c.device))).mappings()
    return tuple(_want(row) for row in rows)


async def open_wants(c: AsyncConnection) -> tuple[KeptWant, ...]:
    """Return the desired shadows that still wait for their terminals."""
    waits = (wants.c.ended == 0) & (wants.c.acknowledged < wants.c.version)
    return tuple(_want(row) for row in (await c.execute(select(wants).where(waits))).mappings())


async def keep_want(c: AsyncConnection, want: KeptWant) -> None:
    """Write a terminal's desired shadow in the place of the one before."""
    await c.execute(delete(wants).where(wants.c.device == want.device))
    packed = {
        name: msgspec.json.encode(getattr(want, name)).decode()
        for name in ("settings", "withheld", "before")
    }
    values = {**msgspec.to_builtins(want), **packed}
    await c.execute(insert(wants).values(values))


def _row(result: JobResult) -> dict[str, object]:
    return {name: getattr(result, name) for name in JobResult.__slots__}


def _job(row: RowMapping) -> KeptJob:
    words = {"kind": JobKind(row["kind"]), "state": JobState(row["state"])}
    return KeptJob(**{**row, **words, "args": _pairs(row["args"])})


def _want(row: RowMapping) -> KeptWant:
    packed = {
        "settings": _pairs(row["settings"]),
        "withheld": msgspec.json.decode(row["withheld"], type=tuple[str, ...]),
        "before": msgspec.json.decode(row["before"], type=Shape),
    }
    return KeptWant(**{**row, **packed})


def _json(pairs: dict[str, str]) -> str:
    return msgspec.json.encode(pairs).decode()


def _pairs(text: str) -> dict[str, str]:
    return msgspec.json.decode(text, type=dict[str, str])
