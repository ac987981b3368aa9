"""Strangers cannot fill the audit log."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from controller.services.findings import MAX_KINDS, QUEUE, Finding, Findings
from controller.store.database import Database
from tests.support.hand_clock import HandClock
from tests.support.zone_ca import FakeAudit, open_database

KNOCK = Finding("stranger", "foreign_certificate", "10.0.0.7")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path) as database:
        yield database


async def test_the_first_is_written_and_the_rest_of_the_hour_is_counted(database: Database) -> None:
    clock, audit = HandClock(), FakeAudit()
    findings = Findings(database=database, audit=audit, clock=clock)

    for _ in range(41):
        findings.note(KNOCK)
    clock.advance(3601)
    findings.note(KNOCK)
    await findings.write_next()
    await findings.write_next()

    assert [row[3] for row in audit.rows] == ["", "（此前一小时内另有 40 次）"]


async def test_another_address_is_another_finding(database: Database) -> None:
    audit = FakeAudit()
    findings = Findings(database=database, audit=audit, clock=HandClock())

    findings.note(KNOCK)
    findings.note(Finding("stranger", "foreign_certificate", "10.0.0.8"))
    await findings.write_next()
    await findings.write_next()

    assert [row[2] for row in audit.rows] == ["10.0.0.7", "10.0.0.8"]


async def test_a_flood_of_addresses_stays_within_bounds(database: Database) -> None:
    findings = Findings(database=database, audit=FakeAudit(), clock=HandClock())

    for i in range(5000):
        findings.note(Finding("stranger", "foreign_certificate", str(i)))

    assert findings._queue.qsize() == QUEUE
    assert len(findings._seen) == MAX_KINDS
