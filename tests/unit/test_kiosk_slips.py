"""What a visitor is told of a slip, and what comes out once more."""

import pytest

from devices.ipc.messages import Print, Printed
from kiosk.flows.printing import PrintState
from tests.support.fake_kiosk import make_world


def test_a_slip_that_is_done_after_the_wipe_says_nothing_to_the_next_visitor() -> None:
    world = make_world()
    world.kiosk.touch()
    world.kiosk.open_record("DDC0000001")
    world.kiosk.print_record()
    job = world.agent.last(Print).job
    world.kiosk.end()
    world.kiosk.touch()
    world.kiosk.open_record("DDC0000002")
    world.kiosk.receive(Printed(job=job, outcome="not_started", reason="paper_out"))

    assert world.kiosk.printing.view.state is PrintState.IDLE


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        ("printed", PrintState.PRINTED),
        ("not_started", PrintState.FAILED),
        ("interrupted", PrintState.INTERRUPTED),
        ("unconfirmed", PrintState.UNCONFIRMED),
        ("a word of a later version", PrintState.UNCONFIRMED),
    ],
)
def test_the_visitor_is_told_what_became_of_the_slip(outcome: str, state: PrintState) -> None:
    world = make_world()
    world.kiosk.open_record("DDC0000001")
    world.kiosk.print_record()
    world.kiosk.print_record()
    assert [type(m) for m in world.agent.sent].count(Print) == 1

    world.kiosk.receive(Printed(job=world.agent.last(Print).job, outcome=outcome))
    assert world.kiosk.printing.view.state is state
    assert world.kiosk.printing.view.may_print


def test_a_slip_printed_once_more_is_asked_for_as_a_copy_and_one_that_never_came_out_is_not() -> (
    None
):
    world = make_world()
    world.kiosk.open_record("DDC0000001")
    asked = []
    for outcome in ("not_started", "interrupted", "not_started", "printed"):
        world.kiosk.print_record()
        asked.append(world.agent.last(Print).again)
        world.kiosk.receive(Printed(job=world.agent.last(Print).job, outcome=outcome))
    is_copy_said = world.kiosk.printing.view.again
    world.kiosk.end()
    world.kiosk.open_record("DDC0000001")
    world.kiosk.print_record()

    assert asked == [False, False, True, True]
    assert is_copy_said
    assert not world.agent.last(Print).again


def test_an_item_gives_its_one_time_notice_beside_its_guide_each_counted_for_itself() -> None:
    world = make_world()
    world.kiosk.open_record("TEM0000001")
    assert world.kiosk.reader.view.extra == "notice"
    asked = []
    for intent in ("print_record", "print_extra", "print_record", "print_extra"):
        getattr(world.kiosk, intent)()
        job = world.agent.last(Print)
        asked.append((world.kiosk.printing.view.kind, job.slip["kind"], job.again))
        world.kiosk.receive(Printed(job=job.job, outcome="printed"))

    kinds = [("document", "document"), ("notice", "notice")]
    assert asked == [(*kind, again) for again in (False, True) for kind in kinds]


def test_a_record_that_gives_no_further_slip_prints_none() -> None:
    world = make_world()
    world.kiosk.print_extra()
    world.kiosk.open_record("DDC0000001")
    assert world.kiosk.reader.view.extra == ""
    world.kiosk.print_extra()

    assert Print not in [type(message) for message in world.agent.sent]


def test_a_printer_that_never_answers_is_not_called_printed() -> None:
    world = make_world()
    world.kiosk.open_record("DDC0000001")
    world.kiosk.print_record()
    world.pass_time(31)

    assert world.kiosk.printing.view.state is PrintState.UNCONFIRMED


def test_without_the_agent_printing_says_so_at_once() -> None:
    world = make_world()
    world.agent.connected = False
    world.kiosk.open_record("DDC0000001")
    world.kiosk.print_record()

    assert world.kiosk.printing.view.state is PrintState.AWAY
