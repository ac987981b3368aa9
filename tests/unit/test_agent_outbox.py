"""What a citizen left is kept before the screen says so, and readable to nobody here."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from content.codes import code_from
from devices.agent import sentences
from devices.agent.store import next_boot
from devices.wire.messages import Ack, AckResult, Envelope, from_bytes
from tests.support.outbox_terminal import DEVICE, KEY, NAME, NOW, PHONE, WANTED, Terminal, form


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
