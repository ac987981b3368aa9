"""What a citizen left is kept before the screen says so, registered once, and readable to nobody here."""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given
from hypothesis import strategies as st

from content.codes import code_from
from content.requests.form import ApplicantKind, DeliveryWay, RequestForm, SupplyForm
from devices.agent import sentences
from devices.agent.disk import OneThread
from devices.agent.outbox import Outbox
from devices.agent.retry import FIRST_S, MOST_AT_ONCE, Retry
from devices.agent.sealing import new_sealer
from devices.agent.sender import Sender
from devices.agent.store import next_boot, open_store
from devices.wire import topics
from devices.wire.messages import Ack, AckResult, Envelope, from_bytes
from tests.support.fake_link import FakeClock, FakeIntake, FakeLink, FakeUpstream

if TYPE_CHECKING:
    import sqlite3

DEVICE = "hall-01"
NOW = 1_795_300_000
NAME, PHONE, WANTED = "欧阳甲乙丙", "13900001111", "城乡低保标准调整的测算依据与会议纪要"
KEY = "01234567-89ab-7def-8123-456789abcdef".replace("-", "")


def form(**changes: str) -> dict[str, object]:
    filled = RequestForm(
        ApplicantKind.PERSON,
        NAME,
        "519900200001010000",
        PHONE,
        "示范县民政局",
        WANTED,
        SupplyForm.PAPER,
        DeliveryWay.PICK_UP,
    )
    return {**msgspec.to_builtins(filled), **changes}


class Terminal:
    """An agent's outbox on a real file, with a controller that answers as the test says."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "agent.db"
        self.key_file = folder / "client.key"
        private = ec.generate_private_key(ec.SECP256R1())
        self.key_file.write_bytes(
            private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
        self.intake = FakeIntake(private.public_key())
        self.clock = FakeClock()
        self.link = FakeLink()
        self.upstream = FakeUpstream(intake=self.intake)
        self.settled: list[Ack] = []
        self.disk = OneThread("test")
        self.stores: list[sqlite3.Connection] = []
        self.start()

    def start(self) -> None:
        """Open the file as a new process would; what was open before is left as a kill leaves it."""
        store = open_store(self.path)
        self.stores.append(store)
        sealer = new_sealer(
            device=DEVICE,
            boot=next_boot(store),
            seal_key=self.intake.seal_key,
            key_file=self.key_file,
        )
        self.outbox = Outbox(store, sealer=sealer, attended=True)
        self.sender = Sender(
            self.outbox,
            link=self.link,
            upstream=self.upstream,
            clock=self.clock,
            disk=self.disk,
            on_settled=self.settled.append,
        )

    def delivered(self) -> list[bytes]:
        return [data for topic, data in self.link.take() if topic == topics.up(DEVICE, "req")]

    def bytes_on_disk(self) -> bytes:
        return b"".join(file.read_bytes() for file in self.path.parent.glob("agent.db*"))

    def close(self) -> None:
        self.disk.close()
        for store in self.stores:
            store.close()


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    one = Terminal(tmp_path)
    yield one
    one.close()


def test_a_kept_request_has_its_receipt_code_before_any_link(terminal: Terminal) -> None:
    answer = terminal.outbox.submit(KEY, form(), NOW)

    assert answer.error == ""
    assert answer.code == code_from(f"{DEVICE}-{KEY}")
    assert terminal.outbox.length() == 1


def test_the_controller_can_open_what_was_sealed_and_nothing_is_missing(terminal: Terminal) -> None:
    answer = terminal.outbox.submit(KEY, form(), NOW)
    (row,) = terminal.outbox.waiting()

    terminal.intake.receive(row.envelope)

    body = terminal.intake.bodies[row.key]
    assert body == {
        "code": answer.code,
        "form": form(),
        "filed_at": NOW,
        "attended": True,
        "terminal": DEVICE,
    }


def test_the_same_key_again_is_the_same_request(terminal: Terminal) -> None:
    first = terminal.outbox.submit(KEY, form(), NOW)
    again = terminal.outbox.submit(f"{DEVICE}-{KEY}", form(name="别人"), NOW + 5)

    assert again.code == first.code
    assert terminal.outbox.length() == 1


@pytest.mark.parametrize("key", ["", "short", "a" * 65, "../../etc/passwd", "键键键键键键键键键键"])
def test_a_key_that_names_nothing_is_refused_in_chinese(terminal: Terminal, key: str) -> None:
    answer = terminal.outbox.submit(key, form(), NOW)

    assert answer.error == sentences.FORM_UNREADABLE
    assert terminal.outbox.length() == 0


def test_a_form_with_a_block_missing_is_refused_and_nothing_is_kept(terminal: Terminal) -> None:
    broken = form()
    del broken["description"]

    answer = terminal.outbox.submit(KEY, broken, NOW)

    assert answer.error == sentences.FORM_UNREADABLE
    assert answer.code == ""
    assert terminal.outbox.length() == 0


def test_a_form_too_long_for_an_envelope_says_so(terminal: Terminal) -> None:
    answer = terminal.outbox.submit(KEY, form(description="长" * 30_000), NOW)

    assert answer.error == sentences.FORM_TOO_LONG
    assert terminal.outbox.length() == 0


def test_a_full_disk_says_that_nothing_was_kept_and_what_to_do(terminal: Terminal) -> None:
    store = terminal.stores[-1]
    (pages,) = store.execute("PRAGMA page_count").fetchone()
    store.execute(f"PRAGMA max_page_count = {pages}")

    answer = terminal.outbox.submit(KEY, form(description="长" * 9_000), NOW)

    assert answer.error == sentences.NOT_KEPT
    assert answer.code == ""
    store.execute("PRAGMA max_page_count = 100000")
    assert terminal.outbox.length() == 0
    assert terminal.outbox.submit(KEY, form(), NOW).error == ""


def test_nothing_of_a_citizen_can_be_read_from_the_files(terminal: Terminal) -> None:
    terminal.outbox.submit(KEY, form(), NOW)
    before = terminal.bytes_on_disk()
    (row,) = terminal.outbox.waiting()
    terminal.outbox.settle(terminal.intake.receive(row.envelope))
    after = terminal.bytes_on_disk()

    traces = [json.dumps(text).encode() for text in (NAME, WANTED)]
    for text in (NAME, PHONE, WANTED, "示范县民政局", "519900200001010000"):
        traces += [text.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be", "gb18030")]
    assert not [trace for trace in traces if trace in before or trace in after]


def test_after_the_acknowledgement_not_even_the_sealed_bytes_stay(terminal: Terminal) -> None:
    terminal.outbox.submit(KEY, form(), NOW)
    (row,) = terminal.outbox.waiting()
    sealed = from_bytes(row.envelope, Envelope).sealed.encode()
    assert sealed[:64] in terminal.bytes_on_disk()

    terminal.outbox.settle(Ack(row.key, AckResult.OK, "1"))

    on_disk = terminal.bytes_on_disk()
    assert not [i for i in range(0, len(sealed) - 32, 32) if sealed[i : i + 32] in on_disk]


def test_a_rejected_request_stays_for_a_person(terminal: Terminal) -> None:
    terminal.outbox.submit(KEY, form(), NOW)
    (row,) = terminal.outbox.waiting()

    terminal.outbox.settle(Ack(row.key, AckResult.REJECTED, why="unreadable"))

    assert terminal.outbox.waiting() == ()
    assert terminal.outbox.rejected() == (row.key,)
    assert terminal.outbox.length() == 1


def test_boots_on_one_disk_are_in_order(terminal: Terminal) -> None:
    boots = [next_boot(terminal.stores[0]) for _ in range(20)]

    assert boots == sorted(boots)


async def test_a_request_is_sent_until_it_is_acknowledged_and_puback_counts_nothing(
    terminal: Terminal,
) -> None:
    terminal.outbox.submit(KEY, form(), NOW)

    await terminal.sender.send_due()
    await terminal.sender.send_due()
    assert len(terminal.delivered()) == 1

    terminal.clock.pass_(FIRST_S)
    await terminal.sender.send_due()
    (again,) = terminal.delivered()
    assert terminal.outbox.length() == 1

    await terminal.sender.acknowledged(terminal.intake.receive(again))
    terminal.clock.pass_(3600)
    await terminal.sender.send_due()
    assert terminal.delivered() == []
    assert terminal.outbox.length() == 0
    assert [ack.result for ack in terminal.settled] == [AckResult.OK]


async def test_dropped_and_doubled_acknowledgements_and_kills_register_each_request_once(
    terminal: Terminal,
) -> None:
    keys = [f"{number:032x}" for number in range(30)]
    for number, key in enumerate(keys):
        terminal.outbox.submit(key, form(name=f"申请人{number}"), NOW + number)

    turn = 0
    while terminal.outbox.length():
        await terminal.sender.send_due()
        for data in terminal.delivered():
            turn += 1
            ack = terminal.intake.receive(data)
            if turn % 3 == 0:
                continue
            await terminal.sender.acknowledged(ack)
            if turn % 4 == 0:
                await terminal.sender.acknowledged(ack)
            if turn % 7 == 0:
                terminal.start()
        terminal.clock.pass_(FIRST_S * 3)
        assert turn < 2000

    assert sorted(terminal.intake.numbers) == [f"{DEVICE}-{key}" for key in keys]
    assert len(set(terminal.intake.numbers.values())) == len(keys)
    assert terminal.intake.duplicates > 0
    settled = [ack.key for ack in terminal.settled]
    assert len(settled) == len(set(settled)) == len(keys)


async def test_a_request_goes_over_https_while_the_broker_is_away(terminal: Terminal) -> None:
    terminal.link.connected = False
    terminal.outbox.submit(KEY, form(), NOW)

    await terminal.sender.send_due()

    assert terminal.outbox.length() == 0
    assert terminal.settled[0].number == terminal.intake.numbers[f"{DEVICE}-{KEY}"]


async def test_with_neither_way_open_the_request_waits(terminal: Terminal) -> None:
    terminal.link.connected = False
    terminal.upstream.up = False
    terminal.outbox.submit(KEY, form(), NOW)

    wait_s = await terminal.sender.send_due()

    assert terminal.outbox.length() == 1
    assert 0 < wait_s <= FIRST_S


async def test_nothing_is_said_to_a_controller_that_says_it_is_down(terminal: Terminal) -> None:
    terminal.sender.controller_is(up=False, after_s=0)
    terminal.outbox.submit(KEY, form(), NOW)
    await terminal.sender.send_due()
    assert terminal.delivered() == []

    terminal.sender.controller_is(up=True, after_s=0)
    await terminal.sender.send_due()

    assert len(terminal.delivered()) == 1


async def test_an_acknowledgement_of_a_stranger_settles_nothing(terminal: Terminal) -> None:
    terminal.outbox.submit(KEY, form(), NOW)

    await terminal.sender.acknowledged(Ack("other-01-" + KEY, AckResult.OK, "9"))

    assert terminal.outbox.length() == 1
    assert terminal.settled == []


@given(st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_never_more_than_ten_are_in_flight_and_none_starves(steps: list[int]) -> None:
    retry, now = Retry(), 0.0
    keys = [str(number) for number in range(35)]
    sent: dict[str, list[float]] = {key: [] for key in keys}

    for step in [*steps, *([4] * 8)]:
        for key in retry.take(keys, now):
            sent[key].append(now)
        recent = [at for times in sent.values() for at in times if now - at < FIRST_S]
        assert len(recent) <= MOST_AT_ONCE
        now += step

    assert all(sent.values())
    for times in sent.values():
        gaps = [later - earlier for earlier, later in pairwise(times)]
        assert all(gap >= FIRST_S * 2**tries for tries, gap in enumerate(gaps))


def test_what_an_earlier_key_signed_is_signed_anew_and_still_the_same_request(
    terminal: Terminal, tmp_path: Path
) -> None:
    terminal.outbox.submit(KEY, form(), NOW)
    (row,) = terminal.outbox.waiting()
    terminal.outbox.settle(Ack(row.key, AckResult.REJECTED, why="bad_signature"))
    fresh = ec.generate_private_key(ec.SECP256R1())
    terminal.key_file.write_bytes(
        fresh.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    terminal.start()

    assert terminal.outbox.sign_anew() == 1
    assert terminal.outbox.sign_anew() == 0

    (again,) = terminal.outbox.waiting()
    terminal.intake.device_key = fresh.public_key()
    assert terminal.intake.receive(again.envelope).result is AckResult.OK
    assert from_bytes(again.envelope, Envelope).sealed == from_bytes(row.envelope, Envelope).sealed


async def test_an_outbox_that_is_put_off_waits_keeps_everything_and_goes_on(
    terminal: Terminal,
) -> None:
    terminal.outbox.submit(KEY, form(), NOW)
    await terminal.sender.send_due()
    (sent,) = terminal.delivered()
    key = from_bytes(sent, Envelope).key

    await terminal.sender.acknowledged(Ack(key, AckResult.LATER, wait_s=30))
    terminal.sender.way_opened(after_s=0)

    assert await terminal.sender.send_due() == 30
    assert terminal.delivered() == []
    assert terminal.outbox.length() == 1
    assert terminal.settled == []
    terminal.clock.pass_(31)
    await terminal.sender.send_due()
    assert len(terminal.delivered()) == 1


async def test_a_controller_that_has_enough_over_https_is_left_alone_for_a_while(
    terminal: Terminal,
) -> None:
    terminal.link.connected = False
    terminal.outbox.submit(KEY, form(), NOW)
    terminal.upstream.too_many_s = 60
    await terminal.sender.send_due()

    terminal.upstream.too_many_s = 0
    assert await terminal.sender.send_due() == 60
    assert terminal.outbox.length() == 1
    terminal.clock.pass_(61)
    await terminal.sender.send_due()
    assert terminal.outbox.length() == 0


async def test_old_rows_of_an_answer_that_never_comes_over_https_are_tried_at_each_poll(
    terminal: Terminal,
) -> None:
    terminal.link.connected = False
    terminal.outbox.submit(KEY, form(), NOW)
    terminal.upstream.up = False
    await terminal.sender.send_due()
    terminal.clock.pass_(5)
    await terminal.sender.send_due()
    terminal.upstream.up = True
    await terminal.sender.send_due()
    assert terminal.outbox.length() == 1

    terminal.sender.way_opened(after_s=0)
    await terminal.sender.send_due()

    assert terminal.outbox.length() == 0
