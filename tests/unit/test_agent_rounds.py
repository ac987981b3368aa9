"""What the agent sees on its rounds: how old the oldest request is, and whether the printer needs a hand."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from nacl.public import PrivateKey, SealedBox

from devices.agent.disk import OneThread
from devices.agent.faults import FaultBook
from devices.agent.front import Services
from devices.agent.outbox import Outbox
from devices.agent.report import Reporter
from devices.agent.rounds import Absences, Rounds
from devices.agent.sealing import Sealer
from devices.agent.store import open_store
from devices.wire.messages import Ack, AckResult
from tests.support.fake_link import FakeClock, FakeLink
from tests.support.zone_ca import FORM

DEVICE = "hall-01"
NOBODY = cast("Any", None)


class Terminal:
    """An outbox on a real file, and the rounds that look at it."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.disk = FakeClock(), OneThread("test")
        self.store = open_store(folder / "agent.db")
        box = SealedBox(PrivateKey.generate().public_key)
        sealer = Sealer(DEVICE, "b", box, ec.generate_private_key(ec.SECP256R1()))
        self.outbox = Outbox(self.store, sealer=sealer, attended=True)
        self.faults = FaultBook(clock=self.clock, on_change=lambda: None)
        self.reporter = Reporter(
            device=DEVICE, link=FakeLink(), clock=self.clock, faults=self.faults.all
        )
        services = Services(
            outbox=self.outbox,
            sender=NOBODY,
            reporter=self.reporter,
            faults=self.faults,
            healer=NOBODY,
            spool=NOBODY,
            disk=self.disk,
            clock=self.clock,
        )
        self.rounds = Rounds(
            services,
            has_printer=False,
            absences=Absences((), clock=self.clock, faults=self.faults),
            present=frozenset,
            tell=lambda _: None,
        )

    async def codes(self) -> list[str]:
        await self.rounds.go()
        return [one.code for one in self.reporter.report().faults]

    def submit(self, key: str) -> None:
        now = int(self.clock.now().timestamp())
        assert not self.outbox.submit(key, msgspec.to_builtins(FORM), now).error

    def close(self) -> None:
        self.disk.close()
        self.store.close()


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    one = Terminal(tmp_path)
    yield one
    one.close()


async def test_a_request_older_than_a_day_is_an_alarm_until_it_is_delivered(
    terminal: Terminal,
) -> None:
    terminal.submit("k" * 8)
    terminal.clock.pass_(23 * 3600)
    terminal.submit("l" * 8)
    assert await terminal.codes() == []
    assert terminal.reporter.outbox == 2

    terminal.clock.pass_(2 * 3600)
    assert await terminal.codes() == ["outbox_old"]

    terminal.outbox.settle(Ack(f"{DEVICE}-{'k' * 8}", AckResult.OK, "1"))
    assert await terminal.codes() == []


async def test_a_rejected_request_is_told_as_long_as_it_is_kept(terminal: Terminal) -> None:
    terminal.submit("k" * 8)
    terminal.outbox.settle(Ack(f"{DEVICE}-{'k' * 8}", AckResult.REJECTED, why="unreadable"))

    assert await terminal.codes() == ["request_rejected"]
