"""What the agent does for its user interfaces when a visitor goes."""

from datetime import date
from typing import Any, cast

from content.paper.slip import Slip, slip_to_fields
from devices.agent.front import Front, Services
from devices.drivers.health import Health, Level
from devices.ipc.messages import Print, Session
from devices.ipc.server import UiConnection
from devices.wire.messages import Paper
from tests.support.bench_printer import paper_of
from tests.support.hand_clock import HandClock

NOBODY = cast("Any", None)


class FakeSpool:
    """Notes what is asked of it."""

    def __init__(self) -> None:
        self.submitted: list[str] = []
        self.withdrawn: list[str] = []
        self.reprinted: list[str] = []

    def submit(self, job_id: str, slip: Slip, now: int) -> None:
        del slip, now
        self.submitted.append(job_id)

    def reprint(self, job_id: str, slip: Slip, now: int) -> int:
        del slip, now
        self.reprinted.append(job_id)
        return 1

    def paper(self, today: date) -> Paper | None:
        del today
        return None

    def withdraw(self, job_id: str) -> None:
        self.withdrawn.append(job_id)

    def health(self) -> Health:
        return Health(Level.OK)

    def close(self) -> None:
        """Nothing to close."""


def front_with(spool: FakeSpool) -> Front:
    services = Services(
        outbox=NOBODY,
        sender=NOBODY,
        reporter=NOBODY,
        faults=NOBODY,
        healer=NOBODY,
        spool=spool,
        disk=NOBODY,
        clock=cast("Any", HandClock()),
    )
    return Front(services, greetings=tuple, alive=lambda _: None)


async def test_the_end_of_a_session_withdraws_the_slips_of_that_kiosk_alone() -> None:
    spool = FakeSpool()
    front = front_with(spool)
    here, there = (UiConnection(cast("Any", None)) for _ in range(2))
    fields = slip_to_fields(paper_of("一"))
    await front.take(here, Print(job="done", slip=fields))
    front.printed("done", "printed", "")
    await front.take(here, Print(job="waits", slip=fields))
    await front.take(there, Print(job="elsewhere", slip=fields))

    await front.take(here, Session(active=False))

    assert spool.submitted == ["done", "waits", "elsewhere"]
    assert spool.withdrawn == ["waits"]


async def test_a_slip_asked_for_again_is_a_reprint() -> None:
    spool = FakeSpool()
    front = front_with(spool)
    here = UiConnection(cast("Any", None))
    fields = slip_to_fields(paper_of("一"))

    await front.take(here, Print(job="first", slip=fields))
    await front.take(here, Print(job="second", slip=fields, again=True))

    assert (spool.submitted, spool.reprinted) == (["first"], ["second"])
