"""Follow what the controller orders: one job after the other, each once, each answered; and its wishes.

A job is noted on disk before it is begun: a power cut in its middle does not do it twice. The same job heard
again (the broker keeps it until the controller has heard of its end) is answered again and not done again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

import msgspec

from devices.agent import sentences
from devices.agent.disk import OneThread
from devices.agent.faults import FaultBook
from devices.agent.order_book import LastJob, OrderBook
from devices.clock import Clock
from devices.wire.jobs import (
    Job,
    JobRefused,
    JobReport,
    JobState,
    Orders,
    SignedJob,
    SignedWant,
    Want,
    check_job,
    check_want,
)

logger = logging.getLogger(__name__)

_S = TypeVar("_S", SignedJob, SignedWant)

JOB_S = 90.0
FAULT = "order_refused"
SHOWN_S = 3600


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a job: its last state, a word for why, and what it brings."""

    state: JobState
    why: str = ""
    data: bytes = b""


class Hands(Protocol):
    """Who does jobs."""

    async def do(self, job: Job) -> Outcome:
        """Do one; never raises for what can go wrong at a terminal."""
        ...


@dataclass(frozen=True, slots=True)
class Ties:
    """How orders reach the rest of the agent.

    Attributes:
        device: who we are.
        keys: key id -> raw public key of those that may order our feeds, by the policy that is held.
        tell: say a report to the controller.
        bring: hand over what a job brings; returns its SHA-256, "" if it could not be handed over.
        follow: adopt a desired shadow, and say so when it is adopted.
    """

    device: str
    keys: Callable[[], Awaitable[Mapping[str, bytes]]]
    tell: Callable[[JobReport], Awaitable[None]]
    bring: Callable[[str, bytes], Awaitable[str]]
    follow: Callable[[Want], Awaitable[None]]


class OrderDesk:
    """Takes orders. `run` it as a task; `hear_*` may be called at any time."""

    def __init__(
        self,
        ties: Ties,
        *,
        hands: Hands,
        book: OrderBook,
        disk: OneThread,
        faults: FaultBook,
        clock: Clock,
    ) -> None:
        self._ties = ties
        self._hands = hands
        self._book = book
        self._disk = disk
        self._faults = faults
        self._clock = clock
        self._job: SignedJob | None = None
        self._want: SignedWant | None = None
        self._heard = asyncio.Event()

    def hear_job(self, payload: bytes) -> None:
        """Take the retained topic's payload; an empty one says that there is no job."""
        self.hear(Orders(job=_read(payload, SignedJob)))

    def hear_want(self, payload: bytes) -> None:
        """Take the retained topic's payload."""
        self.hear(Orders(want=_read(payload, SignedWant)))

    def hear(self, orders: Orders) -> None:
        """Take what the controller orders; what is newer takes the place of what was not begun."""
        self._job = orders.job or self._job
        self._want = orders.want or self._want
        self._heard.set()

    async def run(self) -> None:
        """Follow orders for ever."""
        await self._disk(self._book.end_interrupted)
        while True:
            await self._heard.wait()
            self._heard.clear()
            want, self._want = self._want, None
            if want is not None:
                await self._follow(want)
            job, self._job = self._job, None
            if job is not None:
                await self._take(job)

    async def _follow(self, signed: SignedWant) -> None:
        held = await self._disk(self._book.want)
        if held is not None and held.version == signed.want.version:
            return
        try:
            want = check_want(
                signed,
                device=self._ties.device,
                keys=await self._ties.keys(),
                held=held.version if held else 0,
                now=int(self._clock.now().timestamp()),
            )
        except JobRefused as refused:
            # The controller has said at the desk that it ended; here it is no trouble.
            if refused.reason != "expired":
                self._refused(refused, "want")
            return
        await self._disk(self._book.keep_want, want)
        await self._ties.follow(want)

    async def _take(self, signed: SignedJob) -> None:
        last = await self._disk(self._book.last)
        if last is not None and last.report.id == signed.job.id:
            await self._ties.tell(last.report)
            return
        try:
            job = check_job(
                signed,
                device=self._ties.device,
                keys=await self._ties.keys(),
                last=last.number if last else 0,
                now=int(self._clock.now().timestamp()),
            )
        except JobRefused as refused:
            await self._refuse(signed.job, refused, last=last)
            return
        await self._do(job)

    async def _do(self, job: Job) -> None:
        running = JobReport(job.id, JobState.RUNNING, 1)
        await self._disk(self._book.note, job, running)
        await self._ties.tell(running)
        try:
            async with asyncio.timeout(JOB_S):
                outcome = await self._hands.do(job)
                result = await self._ties.bring(job.id, outcome.data) if outcome.data else ""
        except TimeoutError:
            outcome, result = Outcome(JobState.FAILED, "too_slow"), ""
        if outcome.data and not result:
            outcome = Outcome(JobState.FAILED, "not_delivered")
        ended = JobReport(job.id, outcome.state, 2, outcome.why, result=result)
        logger.info("job over", extra={"job": job.id, "kind": job.kind, "state": str(ended.state)})
        await self._disk(self._book.revise, ended)
        await self._ties.tell(ended)

    async def _refuse(self, job: Job, refused: JobRefused, *, last: LastJob | None) -> None:
        if refused.reason != "expired" or (last and job.number <= last.number):
            # Not ours, or not the controller's: there is nobody to answer, but staff must know.
            self._refused(refused, "job")
            return
        report = JobReport(job.id, JobState.REJECTED, 1, refused.reason)
        await self._disk(self._book.note, job, report)
        await self._ties.tell(report)

    def _refused(self, refused: JobRefused, what: str) -> None:
        scope = f"{FAULT} {what}"
        text = sentences.order_refused(refused.reason)
        self._faults.note(f"{FAULT}:{refused.reason}", what, text, scope=scope)
        self._faults.end_scope(scope, after_s=SHOWN_S)


def _read(payload: bytes, kind: type[_S]) -> _S | None:
    if not payload:
        return None
    try:
        return msgspec.json.decode(payload, type=kind)
    except (msgspec.MsgspecError, RecursionError):
        logger.warning("order not understood", extra={"kind": kind.__name__})
        return None
