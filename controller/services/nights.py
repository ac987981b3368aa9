"""Learn anew each night from counts and published texts; publish a model only if no judged set falls.

The work is done by a child process with limits of its own: a controller that learns goes on serving.
"""

import asyncio
import logging
import os
import shutil
import sys
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from content.canonical import sha256_hex
from content.errors import ZoneError
from content.search.curated import CuratedWords
from content.search.learned import BadModel, Learned
from controller.auth.permissions import Permission, require
from controller.learning.gate import Outcome, Question, verdict
from controller.learning.night import COPY, HELD, MADE, RESULT, TASK, Result, Task, half_of
from controller.services.audit import SYSTEM, AuditLog
from controller.services.published import PublishedRecords
from controller.services.search_copy import SearchCopy
from controller.services.searches import number_of
from controller.store import nights as store
from controller.store import searches as counts
from controller.store.database import Database
from controller.store.nights import Night, SetScore
from controller.store.people import Person
from controller.store.searches import TapCount
from devices.clock import Clock
from devices.wire.search_model import ModelOffer

logger = logging.getLogger(__name__)

HOURS = range(2, 5)
"""The zone's hours in which a night's work may begin: halls are closed."""
LOOK_S = 300.0
CHILD_S = 2400.0
LEARNED_DAYS = 180
MOST_TAPS = 4000
FEWEST_TAPS = 3
CLEAR = 0.5
"""A record is right for a query if it was opened for so large a share of the query's openings."""
SHOWN = 60

Work = Callable[[Path], Awaitable[bool]]
"""Does the night's work in a folder; says whether it came to its end."""


@dataclass(frozen=True, slots=True)
class Learning:
    """What the desk shows: the nights, newest first, and the models that are kept, the one in use first."""

    nights: tuple[Night, ...]
    models: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Bench:
    """Where a night's work is done: a folder of its own, for the terminals of a region, by a child process.

    `blobs` is where terminals fetch files from, by their hash.
    """

    folder: Path
    blobs: Path
    region: str
    work: Work | None = None


class Nights:
    """The nightly learning of a zone."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditLog,
        records: PublishedRecords,
        copy: SearchCopy,
        clock: Clock,
        bench: Bench,
    ) -> None:
        self._database = database
        self._audit = audit
        self._records = records
        self._copy = copy
        self._clock = clock
        self._folder = bench.folder
        self._blobs = bench.blobs
        self._offer = ModelOffer()
        self._region = bench.region
        self._work = bench.work or work_in_child

    async def run(self) -> None:
        """Learn once a night until cancelled; for the controller that keeps the timers."""
        while True:
            try:
                if await self._is_due():
                    await self.tonight()
            except (ZoneError, SQLAlchemyError, OSError) as error:
                logger.warning("night not finished", extra={"why": type(error).__name__})
            await asyncio.sleep(LOOK_S)

    async def follow(self) -> None:
        """Search with the model that is in use, whoever made it, until cancelled; for every controller."""
        while True:
            try:
                await self.take_over()
            except (ZoneError, SQLAlchemyError, OSError) as error:
                logger.warning("search model not loaded", extra={"why": type(error).__name__})
            await asyncio.sleep(LOOK_S)

    async def take_over(self) -> None:
        """Let the desk and the phone pages search with the model in use now."""
        async with self._database.read() as c:
            names = await store.model_names(c)
            name = names[0][0] if names else ""
            data = await store.model_in_use(c) if name != self._copy.learned_name else None
        if name != self._copy.learned_name:
            await asyncio.to_thread(self._offer_to_terminals, name, data)
            await self._copy.learn(Learned.from_bytes(data) if data else None)

    async def learning(self, by: Person) -> Learning:
        """Return what happened in the last nights.

        Raises:
            Forbidden: may not.
        """
        require(by, Permission.READ_WORDS)
        async with self._database.read() as c:
            return Learning(await store.last_nights(c, limit=SHOWN), await store.model_names(c))

    def offer(self) -> ModelOffer:
        """Return what terminals are offered."""
        return self._offer

    def _offer_to_terminals(self, name: str, data: bytes | None) -> None:
        before, self._offer = self._offer, ModelOffer()
        if data is not None:
            digest = sha256_hex(data)
            self._blobs.mkdir(parents=True, exist_ok=True)
            new = self._blobs / f"{digest}.new"
            new.write_bytes(data)
            new.replace(self._blobs / digest)
            self._offer = ModelOffer(name=name, sha256=digest, size=len(data))
        if before.sha256 and before.sha256 != self._offer.sha256:
            (self._blobs / before.sha256).unlink(missing_ok=True)

    async def go_back(self, by: Person) -> None:
        """Use the model before the one in use, or none; the next night judges beside that.

        Raises:
            Forbidden: may not.
        """
        require(by, Permission.EDIT_WORDS)
        async with self._database.write() as c:
            gone = await store.drop_model(c)
            if gone:
                await self._audit.write(c, actor=by.id, act="search_model_dropped", subject=gone)
        await self.take_over()

    async def tonight(self) -> Night:
        """Learn, judge, decide, and keep what came of it."""
        begun = self._clock.now()
        task, held = await self._task(begun)
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(mode=0o700, parents=True)
        try:
            night = await self._night(begun, task, held)
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)
        if night.outcome == Outcome.PUBLISHED:
            await self.take_over()
        return night

    async def _night(self, begun: datetime, task: Task, held: bytes | None) -> Night:
        (self._folder / TASK).write_bytes(msgspec.json.encode(task))
        if held is not None:
            (self._folder / HELD).write_bytes(held)
        done = await self._copy.snapshot(self._folder / COPY) and await self._work(self._folder)
        result = _result(self._folder) if done else None
        outcome = Outcome.FAILED if result is None else verdict(result.before, result.after)
        if result is not None and not result.model:
            outcome = Outcome.TOO_LITTLE
        return await self._keep(begun, outcome, result or Result())

    async def _keep(self, begun: datetime, outcome: Outcome, result: Result) -> Night:
        now = self._clock.now()
        night = Night(
            number_of(begun.date()),
            int(now.timestamp()),
            str(outcome),
            result.model,
            int((now - begun).total_seconds()),
            result.records,
            result.questions,
            {
                name: SetScore(
                    one.mrr, result.after[name].mrr if name in result.after else 0.0, one.count
                )
                for name, one in result.before.items()
                if one.count
            },
        )
        async with self._database.write() as c:
            await store.keep_night(c, night)
            if outcome is Outcome.PUBLISHED:
                data = (self._folder / MADE).read_bytes()
                await store.put_model(c, result.model, data, now=night.at)
                await self._audit.write(
                    c, actor=SYSTEM, act="search_model_published", subject=result.model
                )
        logger.info("night of learning", extra={"outcome": str(outcome)})
        return night

    async def _task(self, now: datetime) -> tuple[Task, bytes | None]:
        since = number_of((now - timedelta(days=LEARNED_DAYS)).date())
        async with self._database.read() as c:
            kept = await store.list_judged(c)
            taps = await counts.opened(c, since=since, limit=MOST_TAPS)
            held = await store.model_in_use(c)
        published = await self._records.newest("words", limit=SHOWN)
        words = [one.record for one in published if isinstance(one.record, CuratedWords)]
        staff = {one.question for one in kept}
        clear = [one for one in clear_answers(taps) if one.text not in staff]
        return (
            Task(
                region=self._region,
                words=words,
                answered=[one for one in clear if half_of(one.text)],
                judged={
                    "staff": [Question(one.question, (one.record,)) for one in kept],
                    "opened": [one for one in clear if not half_of(one.text)],
                },
            ),
            held,
        )

    async def _is_due(self) -> bool:
        now = self._clock.now()
        if now.hour not in HOURS:
            return False
        async with self._database.read() as c:
            last = await store.last_nights(c, limit=1)
        return not last or last[0].day != number_of(now.date())


def clear_answers(taps: tuple[TapCount, ...]) -> list[Question]:
    """Return queries with the records that were opened for them again and again, and seldom something else."""
    by_query: dict[str, list[TapCount]] = defaultdict(list)
    for one in taps:
        by_query[one.query].append(one)
    found = []
    for query, opened in by_query.items():
        total = sum(one.tapped for one in opened)
        right = [
            one.record
            for one in opened
            if one.tapped >= FEWEST_TAPS and one.tapped >= CLEAR * total
        ]
        if right:
            found.append(Question(query, tuple(right)))
    return found


async def work_in_child(folder: Path, *, timeout_s: float = CHILD_S) -> bool:
    """Do the night's work in a process of its own; it ends with us, and when its time is over."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "controller.learning", "night", "--folder", str(folder)),
        env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(timeout_s):
            return await child.wait() == 0
    except TimeoutError:
        return False
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()


def _result(folder: Path) -> Result | None:
    """Return what the child wrote, if it and its model can be read."""
    try:
        result = msgspec.json.decode((folder / RESULT).read_bytes(), type=Result)
        if result.model and Learned.from_bytes((folder / MADE).read_bytes()).name != result.model:
            return None
    except (OSError, msgspec.MsgspecError, BadModel):
        return None
    return result
