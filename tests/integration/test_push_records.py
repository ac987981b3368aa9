"""A terminal's diary is taken in once, from that terminal alone, and nothing impossible with it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pytest
from nacl.public import PrivateKey, SealedBox

from controller.services.findings import Findings
from controller.services.intake import Intake
from controller.store.database import Database
from controller.store.records import RecordRow, records_of
from devices.agent.diary import PLAY, TELEMETRY, Diary, DiaryRow, is_record
from devices.agent.sealing import new_sealer
from devices.agent.store import next_boot, open_store
from devices.wire.messages import AckResult, Envelope, from_bytes
from tests.support.hand_clock import HandClock
from tests.support.zone_ca import (
    FakeAudit,
    FakeRequests,
    make_ca,
    open_database,
    register,
    terminal_of,
    wall_now,
)

A, B = "hall-a", "hall-b"
HOUR = 1_795_309_200


@dataclass
class Desk:
    """An intake over a real database, and the diary of a terminal on a real file."""

    intake: Intake
    database: Database
    diary: Diary
    outbox: Path

    def pages(self) -> list[Envelope]:
        store = open_store(self.outbox)
        rows = store.execute("SELECT envelope FROM outbox ORDER BY at, key").fetchall()
        store.close()
        return [from_bytes(bytes(data), Envelope) for (data,) in rows]

    async def kept(self, kind: str = PLAY) -> tuple[RecordRow, ...]:
        async with self.database.read() as c:
            return await records_of(c, A, kind)


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    ca, seal, clock = make_ca(tmp_path / "ca"), PrivateKey.generate(), HandClock()
    issued = {name: ca.issue_device(name, now=wall_now()) for name in (A, B)}
    (tmp_path / "home").mkdir()
    issued[A].write(tmp_path / "home", "client")
    store = open_store(tmp_path / "home" / "agent.db")
    sealer = new_sealer(
        device=A,
        boot=next_boot(store),
        seal_key=bytes(seal.public_key).hex(),
        key_file=tmp_path / "home" / "client.key",
    )
    async with open_database(tmp_path) as database:
        await register(database, *(terminal_of(one, name) for name, one in issued.items()))
        findings = Findings(database=database, audit=FakeAudit(), clock=clock)
        requests = FakeRequests()
        await requests.open(database)
        intake = Intake(
            database=database, requests=requests, seal_key=seal, findings=findings, clock=clock
        )
        yield Desk(intake, database, Diary(store, sealer=sealer), tmp_path / "home" / "agent.db")
    store.close()


async def test_plays_of_an_hour_arrive_counted_and_once(desk: Desk) -> None:
    for second in (5, 600, 1200):
        desk.diary.note(PLAY, "signage-1 D000000001 2", HOUR + second)
    assert desk.diary.close_hours(HOUR + 3599) == 0
    assert desk.diary.close_hours(HOUR + 3600) == 1
    (page,) = desk.pages()

    first = await desk.intake.receive(page, peer=A)
    again = await desk.intake.receive(page, peer=A)

    assert (first.result, again.result) == (AckResult.OK, AckResult.DUPLICATE)
    (row,) = await desk.kept()
    told = (row.hour, row.subject, row.count, row.first, row.last)
    assert told == (HOUR, "signage-1 D000000001 2", 3, HOUR + 5, HOUR + 1200)
    assert is_record(page.key, device=A)


async def test_a_month_of_hours_goes_into_few_envelopes_and_arrives_whole(desk: Desk) -> None:
    for hour in range(720):
        desk.diary.note(TELEMETRY, f'{{"outbox":{hour}}}', HOUR + hour * 3600)

    assert desk.diary.close_hours(HOUR + 720 * 3600) == 4
    for page in desk.pages():
        assert (await desk.intake.receive(page, peer=A)).result is AckResult.OK

    kept = await desk.kept(TELEMETRY)
    assert [row.hour for row in kept] == [HOUR + hour * 3600 for hour in range(720)]
    assert desk.diary.close_hours(HOUR + 999 * 3600) == 0


async def test_a_page_from_another_terminals_hands_is_rejected(desk: Desk) -> None:
    desk.diary.note(PLAY, "signage-1 D000000001 2", HOUR)
    desk.diary.close_hours(HOUR + 3600)

    ack = await desk.intake.receive(desk.pages()[0], peer=B)

    assert ack.result is AckResult.REJECTED
    assert await desk.kept() == ()


@pytest.mark.parametrize(
    "row",
    [
        DiaryRow(HOUR, "x", 0, HOUR, HOUR),
        DiaryRow(-1, "x", 1, HOUR, HOUR),
        DiaryRow(HOUR, "x", 1 << 31, HOUR, HOUR),
        DiaryRow(HOUR, "x" * 5000, 1, HOUR, HOUR),
        DiaryRow(HOUR, "x", 1, HOUR, 1 << 60),
    ],
)
async def test_impossible_rows_are_rejected_whole(desk: Desk, row: DiaryRow) -> None:
    sealer = desk.diary._sealer
    good = DiaryRow(HOUR, "signage-1 D 1", 1, HOUR, HOUR)
    body = msgspec.json.encode({"terminal": A, "rows": [good, row]})
    page = sealer.seal(body, key=f"{A}-play-0123456789", kind=PLAY, at=HOUR, sequence=1)

    ack = await desk.intake.receive(page, peer=A)

    assert ack.result is AckResult.REJECTED
    assert await desk.kept() == ()


async def test_a_page_of_another_terminals_diary_is_rejected(desk: Desk) -> None:
    body = msgspec.json.encode({"terminal": B, "rows": []})
    page = desk.diary._sealer.seal(body, key=f"{A}-play-0123456789", kind=PLAY, at=HOUR, sequence=1)

    assert (await desk.intake.receive(page, peer=A)).result is AckResult.REJECTED


async def test_a_page_that_is_not_sealed_to_us_is_rejected(desk: Desk) -> None:

    stranger = SealedBox(PrivateKey.generate().public_key)
    sealer = replace(desk.diary._sealer, box=stranger)
    page = sealer.seal(b"{}", key=f"{A}-play-0123456789", kind=PLAY, at=HOUR, sequence=1)

    assert (await desk.intake.receive(page, peer=A)).result is AckResult.REJECTED
