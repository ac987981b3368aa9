"""Jobs through a real broker to a real agent process with a kiosk's socket, and over HTTPS alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from devices.agent.config import to_toml
from devices.ipc.client import UiClient
from devices.ipc.messages import Picture, Session, TakePicture
from devices.wire import topics
from devices.wire.jobs import JobKind, JobReport, JobState, Orders
from tests.support.agent_zone import DEVICE, AgentZone, running_agent_zone
from tests.support.mosquitto import HAS_MOSQUITTO, until
from tests.support.processes import Program

pytestmark = [
    pytest.mark.broker,
    pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed"),
]
PICTURE = b"\x89PNG of the glass"


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[AgentZone]:
    async with running_agent_zone(tmp_path) as one:
        home = one.home(tmp_path / "hall")
        home.config.write_text(to_toml(replace(one.config(), screens=("kiosk",))), "utf-8")
        ui = UiClient(home.socket, ui="kiosk")
        with Program.python("agent", "-m", "devices", "agent", "--home", str(home.path)) as agent:
            await asyncio.to_thread(agent.wait_line, "agent ready", timeout=30)
            ui.start()
            await until(lambda: ui.connected)
            await until(lambda: any(one.reports) and one.reports[-1].policy == 1)
            painting = asyncio.create_task(_paint(ui))
            one.ui = ui  # type: ignore[attr-defined]
            yield one
            painting.cancel()
            with suppress(asyncio.CancelledError):
                await painting
            await asyncio.to_thread(ui.stop)


async def _paint(ui: UiClient) -> None:
    """Leave a picture where it is asked for, as a screen does."""
    while True:
        for message in ui.drain():
            if isinstance(message, TakePicture):
                await asyncio.to_thread(Path(message.path).write_bytes, PICTURE)
                ui.send(Picture(job=message.job))
        await asyncio.sleep(0.02)


async def order(zone: AgentZone, number: int, kind: JobKind, **args: str) -> JobReport:
    """Say a job over the broker and return the last report of it."""
    job = zone.sign_job(number, kind, **args)
    await zone.say(topics.job(DEVICE), msgspec.json.encode(job), retain=True)
    return await ended(zone, job.job.id)


async def ended(zone: AgentZone, job: str) -> JobReport:
    def reports() -> list[JobReport]:
        return [one for one in zone.job_reports if one.id == job and one.state.is_final]

    await until(lambda: bool(reports()))
    return reports()[-1]


async def test_a_picture_is_sent_but_never_while_a_visitor_is_here(zone: AgentZone) -> None:
    ui: UiClient = zone.ui  # type: ignore[attr-defined]
    taken = await order(zone, 1, JobKind.SCREENSHOT, ui="kiosk")
    assert taken.state is JobState.DONE
    assert list(zone.brought.values()) == [PICTURE]

    ui.send(Session(active=True))
    refused = await order(zone, 2, JobKind.SCREENSHOT, ui="kiosk")
    assert (refused.state, refused.why) == (JobState.REJECTED, "session_open")
    restart = await order(zone, 3, JobKind.RESTART_UI, ui="kiosk")
    assert (restart.state, restart.why) == (JobState.REJECTED, "session_open")

    ui.send(Session(active=False))
    assert (await order(zone, 4, JobKind.SCREENSHOT, ui="kiosk")).state is JobState.DONE
    assert len(zone.brought) == 2


async def test_each_job_says_why_it_cannot_be_done(zone: AgentZone) -> None:
    printed = await order(zone, 1, JobKind.PRINTER_TEST)
    away = await order(zone, 2, JobKind.SCREENSHOT, ui="signage-9")
    unsupervised = await order(zone, 3, JobKind.RESTART_UI, ui="kiosk")

    assert (printed.state, printed.why) == (JobState.FAILED, "absent")
    assert (away.state, away.why) == (JobState.FAILED, "screen_away")
    assert (unsupervised.state, unsupervised.why) == (JobState.FAILED, "not_supervised")


async def test_the_log_bundle_comes_as_text(zone: AgentZone) -> None:
    assert (await order(zone, 1, JobKind.LOG_BUNDLE)).state is JobState.DONE

    (text,) = (one.decode() for one in zone.brought.values())
    assert text.startswith(f"terminal {DEVICE}\n")
    assert "free_disk_mb" in text


async def test_without_the_broker_state_report_and_jobs_go_over_https(zone: AgentZone) -> None:
    await zone.broker.pull()
    job = zone.sign_job(7, JobKind.LOG_BUNDLE)
    zone.orders = Orders(job=job)

    assert (await ended(zone, job.job.id)).state is JobState.DONE
    assert {"state", "rep", "info", f"job/{job.job.id}"} <= set(zone.over_https)
