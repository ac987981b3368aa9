"""Search counts from the kiosk's message through outbox and envelope into the desk's list, each batch once."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from nacl.public import PrivateKey

from controller.services.audit import AuditLog
from controller.services.findings import Findings
from controller.services.intake import Intake
from controller.services.searches import Searches
from controller.store import searches as store
from controller.store.database import Database
from devices.agent.outbox import LOG, Outbox
from devices.agent.sealing import new_sealer
from devices.agent.store import open_store
from devices.ipc.messages import Counted
from devices.wire.messages import Ack, AckResult, Envelope, from_bytes
from tests.support.hand_clock import HandClock
from tests.support.zone_ca import (
    FakeAudit,
    FakeRequests,
    Writer,
    make_ca,
    open_database,
    register,
    terminal_of,
    wall_now,
    writer_of,
)

A = "hall-01"
BATCH = Counted(day=20261101, counts=[("低保", 4, 0), ("骆驼驯养", 3, 3)], taps=[])


@dataclass
class Zone:
    outbox: Outbox
    intake: Intake
    writer: Writer
    database: Database

    async def deliver(self) -> list[Ack]:
        acks = []
        for row in self.outbox.waiting():
            envelope = from_bytes(row.envelope, Envelope)
            acks.append(await self.intake.receive(envelope, peer=A))
        return acks

    async def counted(self) -> list[tuple[str, int, int]]:
        async with self.database.read() as c:
            rows = await store.asked(c, since=0, limit=10)
        return [(one.query, one.asked, one.missed) for one in rows]


@pytest.fixture
async def zone(tmp_path: Path) -> AsyncIterator[Zone]:
    ca, seal, clock = make_ca(tmp_path / "ca"), PrivateKey.generate(), HandClock()
    issued = ca.issue_device(A, now=wall_now())
    key_file = tmp_path / "client.key"
    key_file.write_bytes(issued.key)
    sealer = new_sealer(
        device=A, boot="b", seal_key=bytes(seal.public_key).hex(), key_file=key_file
    )
    kept = open_store(tmp_path / "agent.db")
    async with open_database(tmp_path) as database:
        await register(database, terminal_of(issued, A))
        audit = FakeAudit()
        searches = Searches(
            database=database, audit=AuditLog(database=database, clock=clock), clock=clock
        )
        intake = Intake(
            database=database,
            requests=FakeRequests(),
            seal_key=seal,
            findings=Findings(database=database, audit=audit, clock=clock),
            clock=clock,
        )
        intake.searches = searches
        outbox = Outbox(kept, sealer=sealer, attended=True)
        yield Zone(outbox, intake, writer_of(issued, A, seal), database)
    kept.close()


async def test_a_batch_arrives_and_is_counted(zone: Zone) -> None:
    assert zone.outbox.keep_counts("batch-0001", BATCH, 1_795_000_000)

    (ack,) = await zone.deliver()

    assert ack.result is AckResult.OK
    assert await zone.counted() == [("低保", 4, 0), ("骆驼驯养", 3, 3)]
    assert zone.outbox.waiting()[0].kind == LOG
    zone.outbox.settle(ack)
    assert zone.outbox.length() == 0


async def test_a_batch_that_is_sent_again_is_not_counted_again(zone: Zone) -> None:
    zone.outbox.keep_counts("batch-0001", BATCH, 1_795_000_000)

    acks = [*await zone.deliver(), *await zone.deliver()]

    assert [ack.result for ack in acks] == [AckResult.OK, AckResult.DUPLICATE]
    assert await zone.counted() == [("低保", 4, 0), ("骆驼驯养", 3, 3)]


async def test_nothing_of_a_batch_can_be_read_at_the_terminal(zone: Zone, tmp_path: Path) -> None:
    zone.outbox.keep_counts("batch-0001", BATCH, 1_795_000_000)

    held = b"".join(path.read_bytes() for path in tmp_path.glob("agent.db*"))  # noqa: ASYNC240 - small files

    assert "骆驼".encode() not in held


@pytest.mark.parametrize("body", [b"", b"{}", b'{"day": "x"}', b"\xff", b"[]" * 50])
async def test_a_batch_that_is_none_is_refused_and_harms_nothing(zone: Zone, body: bytes) -> None:
    envelope = zone.writer.sealed(f"{A}-batch-0002", body, kind=LOG)

    ack = await zone.intake.receive(envelope, peer=A)

    assert ack.result is AckResult.REJECTED
    assert await zone.counted() == []
