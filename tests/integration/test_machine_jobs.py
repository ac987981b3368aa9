"""Volume, brightness, screen power and reboot: the agent's own process runs programs of the system that it finds."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from devices.agent.config import Home, to_toml
from devices.agent.machine import Machine, commands, run_program
from devices.wire import topics
from devices.wire.jobs import Job, JobKind, JobReport, JobState
from tests.support.agent_zone import DEVICE, AgentZone, running_agent_zone
from tests.support.mosquitto import HAS_MOSQUITTO, until
from tests.support.processes import Program
from tests.support.stand_ins import REFUSED, SYNOPSES, given, path_of, stand_in

with_broker = pytest.mark.skipif(not HAS_MOSQUITTO, reason="mosquitto is not installed")
ALL = tuple(SYNOPSES)


def job(kind: JobKind, **args: str) -> Job:
    return Job("0" * 32, DEVICE, 1, kind, args, 0, 1)


KINDS = (
    job(JobKind.VOLUME, percent="40"),
    job(JobKind.BRIGHTNESS, ui="kiosk", percent="70"),
    job(JobKind.SCREEN_POWER, ui="kiosk", power="off"),
    job(JobKind.SCREEN_POWER, ui="kiosk", power="on"),
)


@pytest.mark.parametrize("one", KINDS, ids=lambda one: one.kind)
@pytest.mark.parametrize("percent", ["0", "5", "100", "400", "-1", "50%; reboot", ""])
def test_every_command_line_is_what_its_manual_documents(
    one: Job, percent: str, tmp_path: Path
) -> None:
    stand_in(tmp_path, *ALL)
    args = {**one.args, "percent": percent} if "percent" in one.args else one.args

    for command in commands(replace(one, args=args)):
        answer = subprocess.run([tmp_path / command[0], *command[1:]], check=False)
        assert answer.returncode == 0, command


@pytest.mark.parametrize("name", sorted(SYNOPSES))
def test_a_stand_in_refuses_what_no_manual_knows(name: str, tmp_path: Path) -> None:
    stand_in(tmp_path, name)

    answer = subprocess.run([tmp_path / name, "--no-such-thing", "1"], check=False)

    assert answer.returncode == REFUSED


@pytest.mark.skipif(shutil.which("systemctl") is None, reason="systemctl is not installed")
def test_the_real_systemctl_takes_our_reboot() -> None:
    command = next(one for one in commands(job(JobKind.REBOOT)) if one[0] == "systemctl")

    # --dry-run: "Only print what would be done", for reboot and its like (systemctl(1)).
    dry = ["systemctl", "--dry-run", *command[1:]]
    answer = subprocess.run(dry, capture_output=True, text=True, check=False)

    assert "unknown" not in (answer.stdout + answer.stderr).lower()


@pytest.mark.skipif(shutil.which("amixer") is None, reason="amixer is not installed")
async def test_the_real_amixer_knows_our_arguments() -> None:
    lines = [one for one in commands(job(JobKind.VOLUME, percent="40")) if one[0] == "amixer"]

    # Without a sound card it says so; it must not print its usage.
    answer = subprocess.run(lines[0], capture_output=True, text=True, check=False)  # noqa: ASYNC221
    assert "Usage" not in answer.stdout + answer.stderr


async def test_the_first_program_that_is_there_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = stand_in(tmp_path, "amixer", "pactl")
    monkeypatch.setenv("PATH", str(tmp_path))

    assert await Machine(run=run_program).do(job(JobKind.VOLUME, percent="40")) == ""

    assert given(log) == ["pactl set-sink-volume @DEFAULT_SINK@ 40%"]


async def test_a_program_that_fails_and_one_that_is_missing_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in(tmp_path, "ddcutil", fails=True)
    monkeypatch.setenv("PATH", str(tmp_path))
    machine = Machine(run=run_program)

    assert await machine.do(KINDS[1]) == "program_failed"
    assert await machine.do(KINDS[0]) == "no_program"


@asynccontextmanager
async def running(zone: AgentZone, home: Home, env: dict[str, str]) -> AsyncIterator[Program]:
    program = Program.python("agent", "-m", "devices", "agent", "--home", str(home.path), env=env)
    with program as agent:
        await asyncio.to_thread(agent.wait_line, "agent ready", timeout=30)
        await until(lambda: any(zone.reports) and zone.reports[-1].policy == 1)
        yield agent


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[AgentZone]:
    async with running_agent_zone(tmp_path) as one:
        yield one


def prepared(zone: AgentZone, tmp_path: Path) -> Home:
    home = zone.home(tmp_path / "hall")
    home.config.write_text(to_toml(replace(zone.config(), screens=("kiosk",))), "utf-8")
    return home


async def say(zone: AgentZone, number: int, one: Job) -> str:
    signed = zone.sign_job(number, JobKind(one.kind), **one.args)
    await zone.say(topics.job(DEVICE), msgspec.json.encode(signed), retain=True)
    return signed.job.id


async def ended(zone: AgentZone, job_id: str) -> JobReport:
    def reports() -> list[JobReport]:
        return [one for one in zone.job_reports if one.id == job_id and one.state.is_final]

    await until(lambda: bool(reports()))
    return reports()[-1]


@pytest.mark.broker
@with_broker
async def test_a_signed_job_reaches_the_program_and_succeeds(
    zone: AgentZone, tmp_path: Path
) -> None:
    log = stand_in(tmp_path / "bin", "wpctl", "ddcutil", "xset")
    async with running(zone, prepared(zone, tmp_path), path_of(tmp_path / "bin")):
        ids = [await ended(zone, await say(zone, n, one)) for n, one in enumerate(KINDS, start=1)]

    assert [(one.state, one.why) for one in ids] == [(JobState.DONE, "")] * len(KINDS)
    assert given(log) == [
        "wpctl set-volume @DEFAULT_AUDIO_SINK@ 40%",
        "ddcutil setvcp 10 70",
        "xset dpms force off",
        "xset dpms force on",
    ]


@pytest.mark.broker
@with_broker
async def test_no_word_of_a_job_reaches_a_shell(zone: AgentZone, tmp_path: Path) -> None:
    log = stand_in(tmp_path / "bin", "wpctl", "xset")
    trap = tmp_path / "trapped"
    hostile: tuple[Callable[[], Job], ...] = (
        lambda: job(JobKind.VOLUME, percent=f"40; touch {trap}"),
        lambda: job(JobKind.SCREEN_POWER, ui=f"$(touch {trap})", power=f"`touch {trap}`"),
    )
    async with running(zone, prepared(zone, tmp_path), path_of(tmp_path / "bin")):
        for number, one in enumerate(hostile, start=1):
            await ended(zone, await say(zone, number, one()))

    assert not trap.exists()
    assert given(log) == ["wpctl set-volume @DEFAULT_AUDIO_SINK@ 50%", "xset dpms force off"]


@pytest.mark.broker
@with_broker
async def test_a_reboot_ends_the_agent_and_is_done_when_it_is_back(
    zone: AgentZone, tmp_path: Path
) -> None:
    log = stand_in(tmp_path / "bin", "systemctl")
    home = prepared(zone, tmp_path)
    async with running(zone, home, path_of(tmp_path / "bin")) as agent:
        reboot = await say(zone, 1, job(JobKind.REBOOT))
        await asyncio.to_thread(agent.wait_end, timeout=30)
    async with running(zone, home, path_of(tmp_path / "bin")):
        report = await ended(zone, reboot)

    assert report.state is JobState.DONE
    assert given(log) == ["systemctl reboot"]
