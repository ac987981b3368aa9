"""Whom to send with what: the class of what a terminal suffers from, and the next step."""

from dataclasses import replace

import pytest

from controller.services.causes import WORDS, CauseClass, diagnose
from controller.services.terminal_status import CAUSE_ZH, Cause, TerminalStatus
from controller.store.terminals import KeptFault

NOW = 1_800_000_000


def status(code: Cause = Cause.NONE, **changes: object) -> TerminalStatus:
    what, next_step = CAUSE_ZH[code]
    base = TerminalStatus(
        id="hall-1",
        site="一号大厅",
        region="512299",
        online=True,
        since=NOW,
        feeds=(),
        green=code is Cause.NONE,
        code=code,
        cause=what,
        next_step=next_step,
        faults=(),
        printer="ok",
        devices={"printer": "ok"},
        outbox=0,
        last_report=NOW,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


def fault(code: str, subject: str = "x") -> KeptFault:
    return KeptFault("hall-1", code, subject, f"请处理{code}。", NOW - 60, NOW)


def classes(one: TerminalStatus, *site: TerminalStatus) -> list[CauseClass]:
    return [found.cause for found in diagnose(one, site=site)]


def test_a_green_terminal_suffers_from_nothing() -> None:
    assert diagnose(status()) == ()


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("printer:paper_out", CauseClass.PAPER),
        ("printer:paper_low", CauseClass.PAPER),
        ("printer:cutter_jam", CauseClass.PERIPHERAL),
        ("scanner:silent", CauseClass.PERIPHERAL),
        ("ups:on_battery", CauseClass.POWER),
        ("display_off:signage-1", CauseClass.DISPLAY_OFF),
        ("ui_away", CauseClass.APP),
        ("clock_unsynced", CauseClass.CLOCK),
        ("disk_low", CauseClass.DISK),
        ("replica_unwritable", CauseClass.DISK),
        ("replica_tampered", CauseClass.CONTENT),
        ("entry_refused:unknown_key", CauseClass.CONTENT),
        ("head_refused:out_of_order", CauseClass.CONTENT),
        ("snapshot_refused:unreadable", CauseClass.CONTENT),
        ("log_forked", CauseClass.CONTENT),
        ("feed_frozen", CauseClass.CONTENT),
        ("keys_expired", CauseClass.CONTENT),
        ("replica_set_back", CauseClass.CONTENT),
        ("session_deaf", CauseClass.NETWORK),
        ("broker_unreachable", CauseClass.NETWORK),
        ("api_unreachable", CauseClass.NETWORK),
        ("outbox_old", CauseClass.NETWORK),
        ("something_new", CauseClass.OTHER),
    ],
)
def test_each_fault_has_its_class_and_keeps_its_own_sentence(code: str, cause: CauseClass) -> None:
    (found,) = diagnose(status(Cause.FAULT, faults=(fault(code),)))

    assert (found.cause, found.next_step, found.certain) == (cause, f"请处理{code}。", True)


def test_a_terminal_lost_on_battery_has_no_power() -> None:
    lost = status(Cause.LOST, devices={"ups": "warn:on_battery"})

    (found,) = diagnose(lost)

    assert (found.cause, found.certain) == (CauseClass.POWER, True)


def test_a_terminal_lost_alone_among_neighbours_is_itself_without_power() -> None:
    neighbour = status(id="hall-2")

    (found,) = diagnose(status(Cause.LOST), site=[neighbour])

    assert (found.cause, found.certain) == (CauseClass.POWER, False)


def test_a_site_that_went_together_lost_its_network() -> None:
    neighbour = status(Cause.LOST, id="hall-2", since=NOW - 30)

    assert classes(status(Cause.LOST), neighbour) == [CauseClass.NETWORK]


def test_one_without_neighbours_is_guessed_to_lack_its_network() -> None:
    (found,) = diagnose(status(Cause.LOST))

    assert (found.cause, found.certain) == (CauseClass.NETWORK, False)


def test_nothing_is_said_of_any_terminal_while_the_broker_is_down() -> None:
    down = status(Cause.BROKER_DOWN, faults=(fault("printer:paper_out"),))

    assert classes(down) == [CauseClass.ZONE]


def test_a_wrong_clock_shows_although_the_terminal_notes_no_fault() -> None:
    assert classes(status(clock_skew_s=40 * 86400)) == [CauseClass.CLOCK]
    assert classes(status(clock_skew_s=-86400)) == [CauseClass.CLOCK]
    assert classes(status(clock_skew_s=30)) == []


def test_a_peripheral_is_named_once_although_fault_and_health_both_tell() -> None:
    one = status(
        Cause.FAULT,
        faults=(fault("printer:paper_out", "printer"),),
        devices={"printer": "down:paper_out", "scanner": "down:silent"},
    )

    assert classes(one) == [CauseClass.PAPER, CauseClass.PERIPHERAL]


def test_the_most_urgent_comes_first() -> None:
    one = status(
        Cause.FAULT, faults=(fault("printer:paper_out"), fault("disk_low"), fault("ui_away"))
    )

    assert classes(one) == [CauseClass.APP, CauseClass.DISK, CauseClass.PAPER]


def test_every_code_that_is_not_green_has_a_class_and_every_class_has_words() -> None:
    for code in set(Cause) - {Cause.NONE, Cause.FAULT}:
        assert classes(status(code)), code
    assert set(WORDS) == set(CauseClass)
    assert all(what.endswith("。") and step.endswith("。") for what, step in WORDS.values())
