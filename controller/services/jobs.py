"""Order jobs for terminals, follow them, keep what they bring. How they travel is push's business.

One job at a time reaches a terminal: the oldest that is not over (wire.md 9.2). What a terminal says of a job
counts only if its version rises and the job is that terminal's own.
"""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncConnection

from content.canonical import sha256_hex
from content.errors import CallerError, NotFound, PeerError
from controller.auth.permissions import Permission, require
from controller.services.events import EventBus, JobChanged
from controller.services.findings import AuditTrail
from controller.services.job_kinds import MEDIA, check_args
from controller.services.keyring import Keyring
from controller.services.wants import Wants
from controller.store import jobs as store
from controller.store.database import Database
from controller.store.jobs import JobResult, KeptJob
from controller.store.people import Person
from controller.store.terminals import find_terminal
from devices.clock import Clock
from devices.wire.jobs import (
    MAX_RESULT,
    Job,
    JobKind,
    JobReport,
    JobState,
    SignedJob,
)

LASTS_S = 15 * 60
"""A job that was not begun within this is not done any more, unless it was ordered to last longer."""
BEGUN_S = 10 * 60
"""What was begun in time may end so much later; a terminal that died meanwhile never says so."""
LONGEST_S = 7 * 24 * 3600
RESULT_KEPT_S = 30 * 24 * 3600
HISTORY = 50
_FROM_TERMINAL = {
    JobState.ACCEPTED,
    JobState.RUNNING,
    JobState.DONE,
    JobState.FAILED,
    JobState.REJECTED,
}


class Jobs:
    """The use cases about jobs; those about desired shadows are in `wants`."""

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
        self.wants = Wants(
            database=database, audit=audit, events=events, keyring=keyring, clock=clock
        )

    # What staff and rollouts ask.

    async def order(
        self,
        by: Person,
        device: str,
        *,
        kind: JobKind,
        args: Mapping[str, str],
        reason: str,
        lasts_s: int = LASTS_S,
    ) -> KeptJob:
        """Order a job; it is said to the terminal at once, or as soon as it is reached.

        Raises:
            Forbidden: not an administrator.
            NotFound: no such terminal in use.
            CallerError: no reason was given, or an argument is not one.
        """
        (job,) = await self.order_all(
            by, (device,), kind=kind, args=args, reason=reason, lasts_s=lasts_s
        )
        return job

    async def order_all(
        self,
        by: Person,
        devices: Collection[str],
        *,
        kind: JobKind,
        args: Mapping[str, str],
        reason: str,
        lasts_s: int = LASTS_S,
    ) -> tuple[KeptJob, ...]:
        """Order the same job for each of these terminals, or for none of them.

        Raises:
            Forbidden, NotFound, CallerError: as in `order`.
        """
        require(by, Permission.MANAGE_TERMINALS)
        if not reason.strip():
            raise CallerError("请填写操作原因，它会记入审计日志。")
        check_args(kind, args)
        now = self._now()
        draft = KeptJob(
            id="",
            device="",
            number=0,
            kind=kind,
            args=dict(args),
            reason=reason.strip(),
            ordered_by=by.id,
            ordered_at=now,
            expires=now + min(max(lasts_s, 1), LONGEST_S),
            changed_at=now,
        )
        async with self._database.write() as c:
            ordered = [await self._order(c, draft, device) for device in devices]
        for job in ordered:
            self._events.publish(JobChanged(job.device, job.id))
        return tuple(ordered)

    async def _order(self, c: AsyncConnection, draft: KeptJob, device: str) -> KeptJob:
        await _in_use(c, device)
        number = await store.next_number(c, device)
        job = replace(draft, id=secrets.token_hex(16), device=device, number=number)
        await self._write_order(c, job)
        return job

    async def _write_order(self, c: AsyncConnection, job: KeptJob) -> None:
        await store.add_job(c, job)
        detail = f"{job.kind} {job.reason}"
        await self._audit.write(
            c, actor=job.ordered_by, act="job_ordered", subject=job.device, detail=detail
        )

    async def cancel(self, by: Person, job_id: str) -> KeptJob:
        """Call back a job that the terminal has not begun.

        Raises:
            Forbidden, NotFound: as in `order`.
            CallerError: it was begun, or is over.
        """
        require(by, Permission.MANAGE_TERMINALS)
        async with self._database.write() as c:
            job = await _known(c, job_id)
            if job.state is not JobState.WAITING:
                raise CallerError("终端已经开始或完成这项任务，不能撤回。")
            job = replace(job, state=JobState.CANCELLED, changed_at=self._now())
            await store.keep_job(c, job)
            await self._audit.write(
                c, actor=by.id, act="job_cancelled", subject=job.device, detail=str(job.kind)
            )
        self._events.publish(JobChanged(job.device, job.id))
        return job

    async def of(self, device: str, *, limit: int = HISTORY) -> tuple[KeptJob, ...]:
        """Return a terminal's jobs, the newest first."""
        async with self._database.read() as c:
            return await store.jobs_of(c, device, limit=limit)

    async def recent(
        self, devices: Collection[str] | None, *, offset: int, limit: int
    ) -> tuple[KeptJob, ...]:
        """Return the jobs of these terminals, of all for None, the newest first."""
        async with self._database.read() as c:
            return await store.recent_jobs(c, devices=devices, offset=offset, limit=limit)

    async def get(self, job_id: str) -> KeptJob:
        """Return a job.

        Raises:
            NotFound: there is none of this id.
        """
        async with self._database.read() as c:
            return await _known(c, job_id)

    async def result(self, by: Person, job_id: str) -> JobResult:
        """Return what a job brought, and write down who looked.

        Raises:
            Forbidden: not an administrator.
            NotFound: it brought nothing, or that is no longer kept.
        """
        require(by, Permission.MANAGE_TERMINALS)
        async with self._database.write() as c:
            job = await _known(c, job_id)
            found = await store.find_result(c, job_id)
            if found is None:
                raise NotFound("这项任务没有结果文件，或文件已超过保存期限。")
            await self._audit.write(
                c, actor=by.id, act="job_result_read", subject=job.device, detail=str(job.kind)
            )
        return found

    # What push and the device API ask.

    async def addressed(self) -> tuple[str, ...]:
        """Return every terminal that was ever ordered something."""
        async with self._database.read() as c:
            return await store.addressed(c)

    async def next(self, device: str) -> SignedJob | None:
        """Return the job that a terminal is to do now, signed; None if there is none."""
        for job in await self._still_open(device):
            return self._signed(job)
        return None

    async def said(self, device: str, report: JobReport) -> None:
        """Take in what a terminal says of a job; late and foreign words say nothing.

        Raises:
            PeerError: not a job of this terminal, or not a word that a terminal may say.
        """
        async with self._database.write() as c:
            job = await store.find_job(c, report.id)
            if job is None or job.device != device or report.state not in _FROM_TERMINAL:
                raise PeerError("not a job of this terminal")
            if job.state.is_final or report.ver <= job.ver:
                return
            fresh = replace(
                job,
                state=report.state,
                changed_at=self._now(),
                ver=report.ver,
                why=report.why[:80],
                step=report.step[:80],
            )
            await store.keep_job(c, fresh)
            if fresh.state.is_final:
                await self._audit.write(
                    c,
                    actor=device,
                    act=f"job_{fresh.state}",
                    subject=device,
                    detail=f"{job.kind} {fresh.why}".strip(),
                )
        self._events.publish(JobChanged(device, job.id))

    async def brought(self, device: str, job_id: str, data: bytes) -> str:
        """Keep what a running job brings and return its SHA-256.

        Raises:
            PeerError: not a job of this terminal that brings something, over already, or too large.
        """
        now = self._now()
        async with self._database.write() as c:
            job = await store.find_job(c, job_id)
            if job is None or job.device != device or job.state.is_final:
                raise PeerError("no such job of this terminal is open")
            media = MEDIA.get(job.kind)
            if media is None or len(data) > MAX_RESULT:
                raise PeerError("this job brings nothing of that size")
            await store.forget_results(c, before=now - RESULT_KEPT_S)
            await store.keep_result(c, JobResult(job_id, media, data, now))
            await store.keep_job(c, replace(job, result=sha256_hex(data), changed_at=now))
        self._events.publish(JobChanged(device, job_id))
        return sha256_hex(data)

    async def expire(self) -> None:
        """End the jobs of all terminals that were not begun in time."""
        await self._still_open("")

    async def _still_open(self, device: str) -> tuple[KeptJob, ...]:
        """Return open jobs after ending those whose time is over."""
        now = self._now()
        async with self._database.read() as c:
            found = await store.open_jobs(c, device)
        over = [job for job in found if _is_over(job, now=now)]
        if over:
            async with self._database.write() as c:
                for job in over:
                    ended = replace(job, state=JobState.EXPIRED, changed_at=now)
                    await store.keep_job(c, ended)
                    await self._audit.write(
                        c,
                        actor="system",
                        act="job_expired",
                        subject=job.device,
                        detail=str(job.kind),
                    )
        for job in over:
            self._events.publish(JobChanged(job.device, job.id))
        return tuple(job for job in found if not _is_over(job, now=now))

    def _signed(self, kept: KeptJob) -> SignedJob:
        job = Job(
            id=kept.id,
            device=kept.device,
            number=kept.number,
            kind=str(kept.kind),
            args=kept.args,
            issued=kept.ordered_at,
            expires=kept.expires,
        )
        return SignedJob(job, self._keyring.log_key_id, self._keyring.sign_log(job.signed_bytes()))

    def _now(self) -> int:
        return int(self._clock.now().timestamp())


def _is_over(job: KeptJob, *, now: int) -> bool:
    grace = 0 if job.state is JobState.WAITING else BEGUN_S
    return job.expires + grace < now


async def _in_use(c: AsyncConnection, device: str) -> None:
    terminal = await find_terminal(c, device)
    if terminal is None or terminal.revoked_at:
        raise NotFound(f"没有编号为“{device}”的终端，请从终端列表中选择。")


async def _known(c: AsyncConnection, job_id: str) -> KeptJob:
    job = await store.find_job(c, job_id)
    if job is None:
        raise NotFound("没有这项任务，请从终端页面的任务列表中选择。")
    return job
