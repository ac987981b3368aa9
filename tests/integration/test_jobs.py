"""Jobs for terminals: ordered by an administrator, signed, expiring, followed, each step once."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from content.errors import CallerError, NotFound, PeerError
from controller import keys
from controller.auth.permissions import Forbidden
from controller.auth.roles import Role
from controller.services.jobs import Jobs
from controller.store.people import Person
from controller.store.terminals import revoke_terminal
from devices.wire.jobs import (
    Job,
    JobKind,
    JobRefused,
    JobReport,
    JobState,
    SignedJob,
    check_job,
    check_want,
)
from devices.wire.messages import from_bytes, to_bytes
from tests.support.zone import TestClock, Zone, open_zone
from tests.support.zone_ca import make_ca, register, terminal_of, wall_now

DEVICE = "hall-1"


@dataclass
class Room:
    """Jobs of a zone with two terminals, and who may order them."""

    zone: Zone
    jobs: Jobs
    admin: Person
    clock: TestClock

    async def order(self, kind: JobKind = JobKind.PRINTER_TEST, **args: str) -> str:
        job = await self.jobs.order(self.admin, DEVICE, kind=kind, args=args, reason="例行检查")
        return job.id

    async def signed(self) -> SignedJob:
        signed = await self.jobs.next(DEVICE)
        assert signed is not None
        return from_bytes(to_bytes(signed), SignedJob)

    def accepted(self, signed: SignedJob, *, last: int = 0, device: str = DEVICE) -> Job:
        keyring = self.zone.app[keys.KEYRING]
        publics = {keyring.log_key_id: bytes.fromhex(keyring.log_public)}
        now = int(self.clock.now().timestamp())
        return check_job(signed, device=device, keys=publics, last=last, now=now)

    async def say(self, job: str, state: JobState, ver: int, device: str = DEVICE) -> None:
        await self.jobs.said(device, JobReport(job, state, ver))

    async def state(self, job: str) -> JobState:
        return (await self.jobs.get(job)).state


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    clock = TestClock()
    async with open_zone(tmp_path / "zone", clock=clock) as zone:
        ca = make_ca(tmp_path / "ca")
        for device in (DEVICE, "hall-2"):
            issued = ca.issue_device(device, now=wall_now())
            await register(zone.app[keys.DATABASE], terminal_of(issued, device))
        yield Room(zone, zone.app[keys.JOBS], await zone.set_up(), clock)


async def test_a_terminal_accepts_the_job_of_its_own_controller(room: Room) -> None:
    job = await room.order(JobKind.VOLUME, percent="40")

    accepted = room.accepted(await room.signed())

    assert (accepted.id, accepted.kind, accepted.args) == (job, "volume", {"percent": "40"})


async def test_what_is_forged_replayed_or_anothers_is_refused_with_its_reason(room: Room) -> None:
    await room.order()
    good = await room.signed()
    forged = {
        "bad_signature": replace(good, job=replace(good.job, kind="reboot")),
        "unknown_key": replace(good, key="0" * 16),
    }

    for reason, signed in forged.items():
        with pytest.raises(JobRefused, match=reason):
            room.accepted(signed)
    with pytest.raises(JobRefused, match="other_device"):
        room.accepted(good, device="hall-2")
    with pytest.raises(JobRefused, match="replayed"):
        room.accepted(good, last=good.job.number)
    room.clock.forward(hours=1)
    with pytest.raises(JobRefused, match="expired"):
        room.accepted(good)


async def test_only_an_administrator_orders_and_says_why(room: Room) -> None:
    drafter = await room.zone.add("drafter", Role.DRAFTER)

    with pytest.raises(Forbidden):
        await room.jobs.order(drafter, DEVICE, kind=JobKind.REBOOT, args={}, reason="试")
    with pytest.raises(CallerError, match="原因"):
        await room.jobs.order(room.admin, DEVICE, kind=JobKind.REBOOT, args={}, reason="  ")
    with pytest.raises(CallerError, match="参数"):
        await room.order(JobKind.VOLUME, percent="400")
    with pytest.raises(CallerError, match="参数"):
        await room.order(JobKind.REBOOT, command="anything")


async def test_an_unknown_or_revoked_terminal_gets_no_job(room: Room) -> None:
    async with room.zone.app[keys.DATABASE].write() as c:
        await revoke_terminal(c, DEVICE, now=5)

    with pytest.raises(NotFound):
        await room.order()


async def test_one_job_at_a_time_in_the_order_given(room: Room) -> None:
    first, second = await room.order(), await room.order(JobKind.REBOOT)

    assert (await room.signed()).job.id == first
    await room.say(first, JobState.RUNNING, 1)
    assert (await room.signed()).job.id == first
    await room.say(first, JobState.DONE, 2)
    assert (await room.signed()).job.id == second
    await room.say(second, JobState.FAILED, 1)
    assert await room.jobs.next(DEVICE) is None


async def test_late_and_foreign_words_about_a_job_say_nothing(room: Room) -> None:
    job = await room.order()
    await room.say(job, JobState.RUNNING, 2)

    await room.say(job, JobState.ACCEPTED, 1)
    with pytest.raises(PeerError):
        await room.say(job, JobState.DONE, 3, device="hall-2")
    with pytest.raises(PeerError):
        await room.say(job, JobState.CANCELLED, 3)
    assert await room.state(job) is JobState.RUNNING

    await room.say(job, JobState.DONE, 3)
    await room.say(job, JobState.FAILED, 4)
    assert await room.state(job) is JobState.DONE


async def test_a_job_nobody_began_in_time_is_over(room: Room) -> None:
    job = await room.order()

    room.clock.forward(hours=1)
    await room.jobs.expire()

    assert await room.state(job) is JobState.EXPIRED
    assert await room.jobs.next(DEVICE) is None


async def test_a_job_begun_in_time_may_end_a_little_later_but_not_never(room: Room) -> None:
    slow, dead = await room.order(), await room.order()
    await room.say(slow, JobState.RUNNING, 1)
    room.clock.forward(minutes=16)
    await room.jobs.expire()
    await room.say(slow, JobState.DONE, 2)
    assert await room.state(slow) is JobState.DONE
    assert await room.state(dead) is JobState.EXPIRED

    third = await room.order()
    await room.say(third, JobState.RUNNING, 1)
    room.clock.forward(hours=1)
    await room.jobs.expire()
    assert await room.state(third) is JobState.EXPIRED


async def test_a_waiting_job_can_be_called_back_and_a_running_one_not(room: Room) -> None:
    first, second = await room.order(), await room.order()
    await room.say(first, JobState.RUNNING, 1)

    with pytest.raises(CallerError, match="不能撤回"):
        await room.jobs.cancel(room.admin, first)
    await room.jobs.cancel(room.admin, second)

    assert await room.state(second) is JobState.CANCELLED


async def test_what_a_job_brings_is_kept_and_who_looks_is_written_down(room: Room) -> None:
    job = await room.order(JobKind.SCREENSHOT, ui="kiosk")
    await room.say(job, JobState.RUNNING, 1)

    await room.jobs.brought(DEVICE, job, b"\x89PNG picture")
    await room.say(job, JobState.DONE, 2)

    found = await room.jobs.result(room.admin, job)
    assert (found.media_type, found.data) == ("image/png", b"\x89PNG picture")
    auditor = await room.zone.add("auditor", Role.AUDITOR)
    acts = [row.act for row in await room.zone.app[keys.AUDIT].list(auditor, subject=DEVICE)]
    assert acts == ["job_result_read", "job_done", "job_ordered"]


async def test_a_foreign_finished_or_barren_job_keeps_nothing(room: Room) -> None:
    job = await room.order(JobKind.SCREENSHOT, ui="kiosk")
    with pytest.raises(PeerError):
        await room.jobs.brought("hall-2", job, b"x")
    with pytest.raises(PeerError):
        await room.jobs.brought(DEVICE, job, b"x" * (5 * 1024 * 1024))
    await room.say(job, JobState.DONE, 1)
    with pytest.raises(PeerError):
        await room.jobs.brought(DEVICE, job, b"x")
    barren = await room.order()
    with pytest.raises(PeerError):
        await room.jobs.brought(DEVICE, barren, b"x")
    with pytest.raises(NotFound):
        await room.jobs.result(room.admin, job)


async def test_a_wish_only_rises_and_its_following_is_known(room: Room) -> None:
    await room.jobs.wants.wish("system", DEVICE, settings={"poll_s": "30"})
    first = await room.jobs.wants.signed(DEVICE)
    await room.jobs.wants.wish("system", DEVICE, settings={})
    second = await room.jobs.wants.signed(DEVICE)
    assert first is not None
    assert second is not None
    keyring = room.zone.app[keys.KEYRING]
    publics = {keyring.log_key_id: bytes.fromhex(keyring.log_public)}

    assert check_want(second, device=DEVICE, keys=publics, held=1).version == 2
    with pytest.raises(JobRefused, match="replayed"):
        check_want(first, device=DEVICE, keys=publics, held=2)
    with pytest.raises(JobRefused, match="bad_signature"):
        check_want(
            replace(second, want=replace(second.want, version=3)),
            device=DEVICE,
            keys=publics,
            held=2,
        )

    await room.jobs.wants.follows(DEVICE, 99)
    assert [one.acknowledged for one in [await room.jobs.wants.of(DEVICE)] if one] == [0]
    await room.jobs.wants.follows(DEVICE, 2)
    assert [one.acknowledged for one in [await room.jobs.wants.of(DEVICE)] if one] == [2]


async def test_a_wish_that_nobody_follows_ends_and_is_said(room: Room) -> None:
    wants = room.jobs.wants
    await wants.wish("system", DEVICE, settings={"poll_s": "30"})
    await wants.follows(DEVICE, 1)
    await wants.wish("system", DEVICE, settings={"poll_s": "10"}, lasts_s=600)
    room.clock.forward(minutes=11)

    assert await wants.signed(DEVICE) is None
    await wants.expire()
    await wants.expire()

    kept = await wants.of(DEVICE)
    assert kept is not None
    assert kept.ended
    assert kept.counting.settings == {"poll_s": "30"}
    auditor = await room.zone.add("auditor", Role.AUDITOR)
    acts = [row.act for row in await room.zone.app[keys.AUDIT].list(auditor, subject=DEVICE)]
    assert acts == ["want_expired"]
    # The next wish is made from what counts, and its version goes on rising.
    after = await wants.change("system", DEVICE, lambda held: replace(held, software="1.2"))
    assert (after.version, after.settings, after.software) == (3, {"poll_s": "30"}, "1.2")


async def test_a_wish_that_was_followed_stays_for_good(room: Room) -> None:
    await room.jobs.wants.wish("system", DEVICE, settings={"poll_s": "30"}, lasts_s=600)
    await room.jobs.wants.follows(DEVICE, 1)
    room.clock.forward(days=30)
    await room.jobs.wants.expire()

    assert await room.jobs.wants.signed(DEVICE) is not None


async def test_a_wish_taken_in_the_last_moment_counts(room: Room) -> None:
    await room.jobs.wants.wish("system", DEVICE, settings={"poll_s": "30"}, lasts_s=600)
    room.clock.forward(minutes=11)
    await room.jobs.wants.expire()

    await room.jobs.wants.follows(DEVICE, 1)

    kept = await room.jobs.wants.of(DEVICE)
    assert kept is not None
    assert not kept.ended
    assert kept.counting.settings == {"poll_s": "30"}


async def test_a_terminal_does_not_begin_to_follow_a_wish_that_is_over(room: Room) -> None:
    await room.jobs.wants.wish("system", DEVICE, settings={"poll_s": "30"}, lasts_s=600)
    signed = await room.jobs.wants.signed(DEVICE)
    assert signed is not None
    keyring = room.zone.app[keys.KEYRING]
    publics = {keyring.log_key_id: bytes.fromhex(keyring.log_public)}
    later = signed.want.expires + 1

    with pytest.raises(JobRefused, match="expired"):
        check_want(signed, device=DEVICE, keys=publics, held=0, now=later)
    prolonged = replace(signed, want=replace(signed.want, expires=later + 600))
    with pytest.raises(JobRefused, match="bad_signature"):
        check_want(prolonged, device=DEVICE, keys=publics, held=0, now=later)
    # A clock that is not to be trusted judges nothing.
    assert check_want(signed, device=DEVICE, keys=publics, held=0, now=0).version == 1
