"""A job reaches its terminal over either way, and what it brings comes from that terminal alone."""

import asyncio
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest

from controller.services.jobs import Jobs
from devices.wire import topics
from devices.wire.jobs import MAX_RESULT, JobKind, JobReport, JobState, Orders, SignedJob
from devices.wire.messages import (
    from_bytes,
    to_bytes,
)
from tests.support.mosquitto import DEADLINE_S, HAS_MOSQUITTO
from tests.support.push_wing import ADMIN, A, Running, hear, started

pytestmark = [
    pytest.mark.broker,
    pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed"),
]


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[Running]:
    async with started(tmp_path) as zone:
        yield zone


async def until_state(jobs: Jobs, job: str, state: JobState) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while (await jobs.get(job)).state is not state:  # noqa: ASYNC110 - the store tells nobody
            await asyncio.sleep(0.02)


async def test_a_job_is_kept_by_the_broker_until_it_is_over_on_both_ways(zone: Running) -> None:
    jobs = zone.jobs
    job = await jobs.order(ADMIN, A, kind=JobKind.PRINTER_TEST, args={}, reason="检查")
    async with zone.mqtt() as a, zone.http() as session:
        await a.subscribe(topics.job(A), 1)
        said = from_bytes(await hear(a, topics.job(A)), SignedJob)
        asked = from_bytes(await (await session.get("/orders")).read(), Orders)
        assert (said.job.id, asked.job) == (job.id, said)

        running = JobReport(job.id, JobState.RUNNING, 1)
        await a.publish(topics.job_report(A, job.id), to_bytes(running), qos=1)
        await until_state(jobs, job.id, JobState.RUNNING)
        done = JobReport(job.id, JobState.DONE, 2)
        answer = await session.post(f"/up/job/{job.id}", data=to_bytes(done))
        assert answer.status == 204
        assert await hear(a, topics.job(A)) == b""
        assert from_bytes(await (await session.get("/orders")).read(), Orders) == Orders()

    assert (await jobs.get(job.id)).state is JobState.DONE


async def test_what_a_job_brings_comes_over_https_from_its_own_terminal_alone(
    zone: Running,
) -> None:
    job = await zone.jobs.order(ADMIN, A, kind=JobKind.LOG_BUNDLE, args={}, reason="检查")
    async with zone.http() as session:
        too_large = await session.put(
            f"/job/{job.id}/result", data=BytesIO(b"x" * (MAX_RESULT + 1))
        )
        unknown = await session.put(f"/job/{'0' * 32}/result", data=b"x")
        good = await session.put(f"/job/{job.id}/result", data=BytesIO(b"log lines " * 100_000))

    assert (too_large.status, unknown.status, good.status) == (413, 400, 200)
    assert len((await zone.jobs.result(ADMIN, job.id)).data) == 1_000_000
