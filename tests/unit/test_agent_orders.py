"""Orders at the terminal: each job once, each answered, over restarts and power cuts; nothing unsigned done."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from typing_extensions import override

from devices.agent.disk import OneThread
from devices.agent.faults import FaultBook
from devices.agent.hands import without_numbers
from devices.agent.machine import Machine, commands
from devices.agent.order_book import OrderBook
from devices.agent.orders import Hands, OrderDesk, Outcome, Ties
from devices.agent.store import open_store
from devices.agent.wishes import unfit
from devices.wire.jobs import Job, JobKind, JobReport, JobState, SignedJob, SignedWant, Want
from tests.support.fake_link import START, FakeClock
from tests.support.signers import Signer

DEVICE = "hall-01"
NOW = int(START.timestamp())


class FakeHands(Hands):
    """Notes what is done; `outcome` is what the test says, `held` keeps a job from ending."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.outcome = Outcome(JobState.DONE)
        self.held: asyncio.Event | None = None

    @override
    async def do(self, job: Job) -> Outcome:
        self.done.append(job.id)
        if self.held is not None:
            await self.held.wait()
        return self.outcome


class Terminal:
    """An order desk over a real agent.db; `power_cut` begins anew on the same disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key, self.hands, self.clock = Signer("controller"), FakeHands(), FakeClock()
        self.told: list[JobReport] = []
        self.followed: list[Want] = []
        self.brought: dict[str, bytes] = {}
        self.upload_works = True
        self.heard = asyncio.Event()
        self._begin()

    def _begin(self) -> None:
        self.disk = OneThread("disk")
        self.faults = FaultBook(clock=self.clock, on_change=self.heard.set)
        self.store = open_store(self.folder / "agent.db")
        self.desk = OrderDesk(
            Ties(DEVICE, self._keys, self._tell, self._bring, self._follow),
            hands=self.hands,
            book=OrderBook(self.store),
            disk=self.disk,
            faults=self.faults,
            clock=self.clock,
        )
        self.task = asyncio.create_task(self.desk.run())

    async def _keys(self) -> Mapping[str, bytes]:
        return {self.key.key_id: self.key.public}

    async def _tell(self, report: JobReport) -> None:
        self.told.append(report)
        self.heard.set()

    async def _bring(self, job: str, data: bytes) -> str:
        if not self.upload_works:
            return ""
        self.brought[job] = data
        return "ab" * 32

    async def _follow(self, want: Want) -> None:
        self.followed.append(want)
        self.heard.set()

    async def close(self) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task
        self.disk.close()
        self.store.close()

    async def power_cut(self) -> None:
        await self.close()
        self.told.clear()
        self._begin()

    async def see(self, probe: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not probe():
                self.heard.clear()
                await self.heard.wait()

    async def wait(self, state: JobState) -> JobReport:
        await self.see(lambda: bool(self.told) and self.told[-1].state is state)
        return self.told[-1]

    async def wait_fault(self) -> list[str]:
        await self.see(lambda: bool(self.faults.all()))
        return [one.code for one in self.faults.all()]

    def job(self, number: int = 1, kind: str = "printer_test", **changes: object) -> SignedJob:
        job = Job(f"{number:032x}", DEVICE, number, kind, {}, NOW, NOW + 600)
        return self.sign(replace(job, **changes))  # type: ignore[arg-type]

    def sign(self, job: Job, by: Signer | None = None) -> SignedJob:
        signer = by or self.key
        return SignedJob(job, signer.key_id, signer.private.sign(job.signed_bytes()))

    def hear(self, signed: SignedJob) -> None:
        self.desk.hear_job(msgspec.json.encode(signed))


@pytest.fixture
async def terminal(tmp_path: Path) -> AsyncIterator[Terminal]:
    one = Terminal(tmp_path)
    yield one
    await one.close()


async def test_a_job_is_done_and_each_step_answered(terminal: Terminal) -> None:
    job = terminal.job()
    terminal.hear(job)

    await terminal.wait(JobState.DONE)

    assert [(one.id, one.state, one.ver) for one in terminal.told] == [
        (job.job.id, JobState.RUNNING, 1),
        (job.job.id, JobState.DONE, 2),
    ]


async def test_the_same_job_heard_again_is_answered_again_and_not_done_again(
    terminal: Terminal,
) -> None:
    terminal.hear(terminal.job())
    done = await terminal.wait(JobState.DONE)
    terminal.told.clear()

    terminal.hear(terminal.job())

    assert await terminal.wait(JobState.DONE) == done
    assert len(terminal.hands.done) == 1


async def test_a_power_cut_in_the_middle_of_a_job_does_not_do_it_twice(terminal: Terminal) -> None:
    terminal.hands.held = asyncio.Event()
    terminal.hear(terminal.job())
    await terminal.wait(JobState.RUNNING)

    await terminal.power_cut()
    terminal.hands.held = None
    terminal.hear(terminal.job())

    assert (await terminal.wait(JobState.FAILED)).why == "interrupted"
    assert len(terminal.hands.done) == 1


async def test_a_reboot_is_done_when_the_agent_is_back(terminal: Terminal) -> None:
    terminal.hands.held = asyncio.Event()
    terminal.hear(terminal.job(kind="reboot"))
    await terminal.wait(JobState.RUNNING)

    await terminal.power_cut()
    terminal.hear(terminal.job(kind="reboot"))

    assert (await terminal.wait(JobState.DONE)).ver == 2
    assert len(terminal.hands.done) == 1


async def test_what_is_not_the_controllers_is_not_done_and_staff_hear_of_it(
    terminal: Terminal,
) -> None:
    good = terminal.job()
    strange = Signer("stranger")
    attacks = {
        "unknown_key": terminal.sign(good.job, by=strange),
        "bad_signature": replace(good, job=replace(good.job, kind="reboot")),
        "other_device": terminal.job(device="hall-02"),
    }
    for reason, attack in attacks.items():
        terminal.faults.clear_scope("order_refused job")
        terminal.hear(attack)
        assert await terminal.wait_fault() == [f"order_refused:{reason}"]

    assert (terminal.hands.done, terminal.told) == ([], [])


async def test_an_old_job_replayed_by_the_broker_is_not_done_again(terminal: Terminal) -> None:
    terminal.hear(terminal.job(1))
    await terminal.wait(JobState.DONE)
    terminal.hear(terminal.job(2))
    await terminal.see(lambda: len(terminal.hands.done) == 2)

    terminal.hear(terminal.job(1))

    assert await terminal.wait_fault() == ["order_refused:replayed"]
    assert len(terminal.hands.done) == 2


async def test_an_expired_job_is_rejected_to_the_controller(terminal: Terminal) -> None:
    terminal.clock.pass_(3600)
    terminal.hear(terminal.job())

    assert (await terminal.wait(JobState.REJECTED)).why == "expired"
    assert terminal.hands.done == []


async def test_a_result_that_cannot_be_handed_over_fails_the_job(terminal: Terminal) -> None:
    terminal.hands.outcome = Outcome(JobState.DONE, data=b"log")
    terminal.upload_works = False
    terminal.hear(terminal.job())

    assert (await terminal.wait(JobState.FAILED)).why == "not_delivered"


async def test_a_payload_that_is_no_job_harms_nobody(terminal: Terminal) -> None:
    for payload in (b"", b"{", b"[" * 5000, b'{"job":1}'):
        terminal.desk.hear_job(payload)
    terminal.hear(terminal.job())

    await terminal.wait(JobState.DONE)


async def test_a_wish_is_followed_once_kept_over_a_restart_and_never_goes_back(
    terminal: Terminal,
) -> None:
    def wish(version: int) -> bytes:
        want = Want(DEVICE, version, {"poll_s": "30"}, issued=NOW)
        signature = terminal.key.private.sign(want.signed_bytes())
        return msgspec.json.encode(SignedWant(want, terminal.key.key_id, signature))

    terminal.desk.hear_want(wish(2))
    await terminal.see(lambda: bool(terminal.followed))
    await terminal.power_cut()
    terminal.desk.hear_want(wish(2))
    terminal.desk.hear_want(wish(1))

    assert await terminal.wait_fault() == ["order_refused:replayed"]
    assert [one.version for one in terminal.followed] == [2]
    held = await terminal.disk(OrderBook(terminal.store).want)
    assert held is not None
    assert held.version == 2


def test_wishes_outside_their_limits_are_named() -> None:
    wishes = {
        "poll_s": "30",
        "keepalive_s": "1",
        "seal_key": "ab",
        "jitter_s": "-5",
        "scrub_s": "٣",
    }

    assert unfit(wishes) == ("jitter_s", "keepalive_s", "scrub_s", "seal_key")


async def test_only_numbers_and_fixed_words_reach_a_command_line() -> None:
    ran: list[tuple[str, ...]] = []

    async def run(command: Sequence[str]) -> str:
        ran.append(tuple(command))
        return "no_program" if len(ran) == 1 else ""

    job = Job("j", DEVICE, 1, JobKind.VOLUME, {"percent": "40; rm -rf /"}, NOW, NOW + 9)
    assert await Machine(run=run).do(job) == ""
    assert [one[-1] for one in ran] == ["50%", "50%"]
    power = replace(job, kind=JobKind.SCREEN_POWER, args={"ui": "kiosk", "power": "$(x)"})
    assert commands(power) == (("xset", "dpms", "force", "off"),)
    assert await Machine().do(replace(job, kind="paint_it_red")) == "unknown_kind"


def test_long_numbers_leave_the_log_bundle() -> None:
    assert without_numbers("身份证 11010119900307123X 电话 13800001111 第 42 号") == (
        "身份证 … 电话 … 第 42 号"
    )
