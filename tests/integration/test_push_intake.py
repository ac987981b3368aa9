"""Each envelope counts once: whatever is lost, repeated, reordered, forged or broken."""

import asyncio
import base64
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import pytest
from nacl.public import PrivateKey

from content.codes import code_from
from controller.services.findings import Findings
from controller.services.intake import Intake
from controller.store import intake as ledger
from controller.store.database import Database, DiskFull
from controller.store.terminals import revoke_terminal
from devices.wire.messages import AckResult, Envelope
from tests.support.hand_clock import HandClock
from tests.support.zone_ca import (
    FORM,
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

A, B = "hall-a", "hall-b"


@dataclass
class Desk:
    """An intake over a real database, and two terminals that write to it."""

    intake: Intake
    requests: FakeRequests
    findings: Findings
    audit: FakeAudit
    database: Database
    a: Writer
    b: Writer


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    ca, seal, clock = make_ca(tmp_path / "ca"), PrivateKey.generate(), HandClock()
    issued = {name: ca.issue_device(name, now=wall_now()) for name in (A, B)}
    async with open_database(tmp_path) as database:
        await register(database, *(terminal_of(one, name) for name, one in issued.items()))
        requests, audit = FakeRequests(), FakeAudit()
        await requests.open(database)
        findings = Findings(database=database, audit=audit, clock=clock)
        intake = Intake(
            database=database, requests=requests, seal_key=seal, findings=findings, clock=clock
        )
        writers = [writer_of(issued[name], name, seal) for name in (A, B)]
        yield Desk(intake, requests, findings, audit, database, *writers)


async def test_a_request_gets_a_number_and_its_code_is_the_receipts(desk: Desk) -> None:
    envelope = desk.a.envelope("00000001")

    ack = await desk.intake.receive(envelope, peer=A)

    assert (ack.key, ack.result, ack.number) == (envelope.key, AckResult.OK, "2026-0001")
    assert await desk.requests.codes(desk.database) == [code_from(envelope.key)]
    assert desk.requests.announced == ["2026-0001"]


async def test_the_same_envelope_again_gets_the_same_number_and_is_counted(desk: Desk) -> None:
    envelope = desk.a.envelope("00000001")
    first = await desk.intake.receive(envelope, peer=A)

    second = await desk.intake.receive(envelope, peer=A)
    third = await desk.intake.receive(envelope, peer=A)

    assert (second.result, second.number) == (AckResult.DUPLICATE, first.number)
    assert third == second
    async with desk.database.read() as c:
        row = await ledger.find(c, A, envelope.key)
    assert row is not None
    assert row.dups == 2
    assert desk.requests.announced == [first.number]


async def test_a_hundred_envelopes_thrice_in_disorder_over_a_lossy_link_count_once_each(
    desk: Desk,
) -> None:
    dice = random.Random(20261122)  # noqa: S311 - disorder, no secret
    envelopes = [writer.envelope(f"{i:08d}") for i in range(50) for writer in (desk.a, desk.b)]
    outbox = {one.key: one for one in envelopes}
    numbers: dict[str, set[str]] = {key: set() for key in outbox}

    async def deliver(envelope: Envelope) -> None:
        ack = await desk.intake.receive(envelope, peer=envelope.device)
        numbers[ack.key].add(ack.number)
        assert ack.result in {AckResult.OK, AckResult.DUPLICATE}
        if dice.random() < 0.5:
            outbox.pop(ack.key, None)

    wave = envelopes * 3
    dice.shuffle(wave)
    await asyncio.gather(*(deliver(one) for one in wave))
    while outbox:
        await asyncio.gather(*(deliver(one) for one in list(outbox.values())))

    assert all(len(given) == 1 for given in numbers.values())
    assert len({number for given in numbers.values() for number in given}) == 100
    codes = await desk.requests.codes(desk.database)
    assert sorted(codes) == sorted(code_from(one.key) for one in envelopes)


async def test_a_disk_that_is_full_is_not_answered_and_the_next_try_counts(desk: Desk) -> None:
    envelope = desk.a.envelope("00000001")

    desk.requests.is_disk_full = True
    with pytest.raises(DiskFull):
        await desk.intake.receive(envelope, peer=A)
    desk.requests.is_disk_full = False

    ack = await desk.intake.receive(envelope, peer=A)

    assert ack.result is AckResult.OK


async def test_another_request_under_a_used_key_is_refused_and_undoes_nothing(desk: Desk) -> None:
    first = await desk.intake.receive(desk.a.envelope("00000001"), peer=A)
    other = desk.a.envelope("00000001", form=replace(FORM, description="另一份文件"))

    ack = await desk.intake.receive(other, peer=A)

    assert (ack.result, ack.number) == (AckResult.REJECTED, "")
    again = await desk.intake.receive(desk.a.envelope("00000002"), peer=A)
    assert {first.number, again.number} == {"2026-0001", "2026-0002"}


def forged(desk: Desk) -> dict[str, Envelope]:
    good = desk.a.envelope("00000001")
    key = good.key
    short_key = desk.a.sealed(f"{A}-1", b"{}")
    return {
        "signed by another device": replace(good, signature=desk.b.signed(good).signature),
        "body exchanged": replace(good, sealed=desk.a.envelope("00000009").sealed),
        "unsigned": replace(good, signature=""),
        "signature is no base64": replace(good, signature="%%%"),
        "time changed": replace(good, at=good.at + 1),
        "not sealed": desk.a.signed(replace(good, sealed=base64.b64encode(b"x" * 90).decode())),
        "sealed is no base64": desk.a.signed(replace(good, sealed="%%%")),
        "sealed is nothing": desk.a.signed(replace(good, sealed="")),
        "body is no form": desk.a.sealed(key, b'{"code": 1}'),
        "body is no JSON": desk.a.sealed(key, b"\xff\xfe"),
        "body nests without end": desk.a.sealed(key, b"[" * 40_000),
        "code of another key": desk.a.envelope("00000001", code="0000000000"),
        "terminal of another": desk.a.envelope("00000001", terminal=B),
        "filed before time": desk.a.envelope("00000001", filed_at=-5),
        "filed after time": desk.a.envelope("00000001", filed_at=10**15),
        "form without a name": desk.a.envelope("00000001", form=replace(FORM, name="")),
        "key of another device": desk.a.signed(replace(good, key=f"{B}-00000001")),
        "key too short": short_key,
        "key with a slash": desk.a.sealed(f"{A}-../../../x", b"{}"),
        "unknown kind": desk.a.sealed(key, b"{}", kind="vote"),
        "too large": desk.a.sealed(key, b"x" * 60_000),
    }


async def test_what_is_forged_or_broken_is_refused_with_a_sentence(desk: Desk) -> None:
    for name, envelope in forged(desk).items():
        ack = await desk.intake.receive(envelope, peer=A)

        assert (name, ack.result, ack.number) == (name, AckResult.REJECTED, "")
        assert ack.why.endswith("。"), name

    assert await desk.requests.codes(desk.database) == []
    assert (await desk.intake.receive(desk.a.envelope("00000001"), peer=A)).result is AckResult.OK


async def test_an_envelope_of_another_device_under_ones_own_certificate_is_refused(
    desk: Desk,
) -> None:
    ack = await desk.intake.receive(desk.a.envelope("00000001"), peer=B)

    assert ack.result is AckResult.REJECTED


async def test_a_revoked_terminal_and_a_stranger_are_refused(desk: Desk) -> None:
    async with desk.database.write() as c:
        await revoke_terminal(c, A, now=5)

    revoked = await desk.intake.receive(desk.a.envelope("00000001"), peer=A)
    stranger = await desk.intake.receive(desk.a.envelope("00000001"), peer="hall-z")

    assert {revoked.result, stranger.result} == {AckResult.REJECTED}


async def test_a_refusal_is_audited_once_and_tells_nothing_of_the_citizen(desk: Desk) -> None:
    envelope = replace(desk.a.envelope("00000001"), signature="")

    for _ in range(50):
        await desk.intake.receive(envelope, peer=A)
    await desk.findings.write_next()

    assert desk.audit.rows == [(A, "envelope_rejected", "bad_signature", "")]
    assert desk.findings._queue.empty()


async def test_nothing_of_the_citizen_is_in_the_log_or_the_database(
    desk: Desk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    name = "不得外泄的姓名"
    good = desk.a.envelope("00000001", form=replace(FORM, name=name))
    bad = desk.a.sealed(
        f"{A}-00000002", msgspec.json.encode({"form": {"name": name}, "code": name})
    )

    await desk.intake.receive(good, peer=A)
    await desk.intake.receive(bad, peer=A)
    await desk.findings.write_next()

    said = " ".join(f"{one.getMessage()} {vars(one)}" for one in caplog.records)
    assert name not in said
    assert name.encode() not in all_bytes(tmp_path)


def all_bytes(folder: Path) -> bytes:
    return b"".join(one.read_bytes() for one in folder.glob("zone.db*"))
