"""The fault matrix: what a printer does, and what is then said of the job."""

from dataclasses import replace

import pytest

from devices.drivers.health import Level
from devices.drivers.links import LinkLost
from devices.drivers.printer.condition import Outcome, PrintResult, Reason
from devices.drivers.printer.model import PAPER_58_MM, AckKind, ModelSheet, sheets
from devices.sim.printer.faults import FaultPlan
from tests.support.bench_printer import Bench, paper_of
from tests.support.fault_cells import CASES, FIRST_VISITOR, LONG, MODELS, SECOND_VISITOR

SHEETS = sheets()


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("model", MODELS)
def test_each_fault_has_its_outcome_and_leaves_nothing_for_the_next_visitor(
    model: str, case: str
) -> None:
    fault = CASES[case]
    bench = Bench(model=MODELS[model], plan=fault.plan)
    bench.not_there = fault.not_there

    result = bench.device.print_slip(paper_of(LONG, FIRST_VISITOR))

    assert result == fault.said
    bench.wait(60)
    pieces = bench.papers()
    is_printed = result.outcome in {Outcome.PRINTED, Outcome.UNCONFIRMED}
    assert is_printed or not any(FIRST_VISITOR in piece.text for piece in pieces)
    assert [piece.was_cut for piece in pieces] == [True] or result.outcome is not Outcome.PRINTED
    bench.not_there = ""
    bench.printer.mend()
    assert_the_next_paper_is_clean(bench, MODELS[model])


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("model", [name for name in MODELS if name.endswith("115200")])
def test_a_printer_that_cannot_drop_what_it_holds_still_keeps_visitors_apart(
    model: str, case: str
) -> None:
    fault = CASES[case]
    bench = Bench(model=MODELS[model], plan=replace(fault.plan, ignores_clearing=True))
    bench.not_there = fault.not_there

    result = bench.device.print_slip(paper_of(LONG, FIRST_VISITOR))
    bench.not_there = ""
    bench.printer.mend()

    assert result == fault.said
    assert_the_next_paper_is_clean(bench, MODELS[model])


def assert_the_next_paper_is_clean(bench: Bench, model: ModelSheet) -> None:
    """Print for the next visitor: to the dot what a fresh printer prints, whatever came before."""
    fresh = Bench(model=model)
    fresh.device.print_slip(paper_of(SECOND_VISITOR))
    (expected,) = fresh.papers()
    while bench.device.watch().level is Level.DOWN:
        bench.wait(2)

    result = bench.device.print_slip(paper_of(SECOND_VISITOR))

    assert result == PrintResult(Outcome.PRINTED)
    *_, paper = bench.papers()
    assert paper.picture.tobytes() == expected.picture.tobytes()


@pytest.mark.parametrize("key", SHEETS)
def test_every_sheet_prints_on_the_printer_that_it_describes(key: str) -> None:
    model = replace(SHEETS[key], has_near_end=SHEETS[key].has_near_end)
    bench = Bench(model=model)

    result = bench.device.print_slip(paper_of(LONG, "张㛃、李龘，1,234.50元"))
    bench.wait(5)

    assert result == PrintResult(Outcome.PRINTED)
    (paper,) = bench.papers()
    assert paper.was_cut is model.has_cutter
    assert "▯" not in paper.text


def test_a_printer_without_a_near_end_sensor_is_not_heard_on_that() -> None:
    model = replace(PAPER_58_MM, has_near_end=False)
    bench = Bench(model=model, plan=FaultPlan(paper_mm=1000))
    bench.printer._model = PAPER_58_MM  # its sensor's pin floats

    result = bench.device.print_slip(paper_of("一"))

    assert result == PrintResult(Outcome.PRINTED)


def test_a_font_that_is_smaller_than_the_sheet_says_prints_junk_and_not_the_text() -> None:
    bench = Bench(model=SHEETS["epson-58"])
    bench.printer._mechanism._model = PAPER_58_MM

    bench.device.print_slip(paper_of("镕"))

    assert "▯" in bench.papers()[0].text


def test_what_a_slip_took_off_the_roll_is_told() -> None:
    whole, broken = Bench(), Bench(plan=FaultPlan(unplug_at_byte=300))

    printed = whole.device.print_slip(paper_of(LONG * 8))
    (paper,) = whole.papers()
    torn = broken.device.print_slip(paper_of(LONG * 8))

    assert abs(printed.paper_mm - paper.height_mm) < 8
    assert 0 < torn.paper_mm < printed.paper_mm


def test_a_port_that_is_not_there_is_a_state_and_not_an_error() -> None:
    bench = Bench()
    bench.not_there = "absent"

    result = bench.device.print_slip(paper_of("一"))

    assert PrintResult(Outcome.NOT_STARTED, Reason.NO_DEVICE) == result
    assert bench.device.health.level is Level.DOWN
    bench.not_there = ""
    assert bench.device.watch().level is Level.OK


@pytest.mark.parametrize("model", ["native 58 115200", "raster 58 115200"])
def test_a_job_broken_off_by_paper_out_does_not_come_out_when_paper_is_loaded(model: str) -> None:
    bench = Bench(model=MODELS[model], plan=FaultPlan(paper_mm=40))
    bench.device.print_slip(paper_of(LONG, FIRST_VISITOR))

    bench.printer.load_paper()
    bench.wait(10)
    (torn,) = bench.papers()

    assert not torn.was_cut
    assert_the_next_paper_is_clean(bench, MODELS[model])


def test_what_an_opened_cover_left_on_the_strip_is_cut_off_before_the_next_job() -> None:
    bench = Bench(plan=FaultPlan(cover_opens_at_mm=40))
    bench.device.print_slip(paper_of(LONG, FIRST_VISITOR))
    bench.printer.set_cover(is_open=False)

    bench.device.print_slip(paper_of("乙的小票"))

    torso, paper = bench.papers()
    assert torso.was_cut
    assert "乙的小票" in paper.lines
    assert not any("条例" in line or FIRST_VISITOR in line for line in paper.lines)


def test_the_keepers_look_already_cuts_the_rest_off_so_that_no_visitor_waits_for_it() -> None:
    bench = Bench(plan=FaultPlan(cover_opens_at_mm=40))
    bench.device.print_slip(paper_of(LONG))
    bench.printer.set_cover(is_open=False)

    bench.device.watch()
    bench.wait(2)

    assert [paper.was_cut for paper in bench.papers()] == [True]


def test_after_a_pulled_cable_the_rest_of_the_job_is_dropped_before_anything_is_printed() -> None:
    bench = Bench(plan=FaultPlan(unplug_at_byte=700, paper_mm=10))
    first = bench.device.print_slip(paper_of(LONG, FIRST_VISITOR))
    bench.printer.plug_in()
    bench.printer.load_paper()

    second = bench.device.print_slip(paper_of("乙的小票"))

    assert (first.outcome, second.outcome) == (Outcome.INTERRUPTED, Outcome.PRINTED)
    assert FIRST_VISITOR not in "".join(line for paper in bench.papers() for line in paper.lines)
    assert bench.opened == 2


def test_a_printer_that_acknowledges_nothing_is_never_believed_to_have_printed() -> None:
    bench = Bench(model=replace(PAPER_58_MM, ack=AckKind.NONE))

    result = bench.device.print_slip(paper_of("一"))

    assert PrintResult(Outcome.UNCONFIRMED, Reason.NO_ACK) == result
    assert len(bench.papers()) == 1


def test_an_acknowledgement_of_an_earlier_job_does_not_count_for_this_one() -> None:
    bench = Bench(plan=FaultPlan(stall_at_byte=100_000))
    bench.device.print_slip(paper_of("一"))

    bench.printer._plan = FaultPlan(has_acknowledgement=False)
    bench.printer._say(b'7"AAAB\0')
    result = bench.device.print_slip(paper_of("二"))

    assert result.outcome is Outcome.UNCONFIRMED


def test_health_says_since_when() -> None:
    bench = Bench()
    bench.device.watch()
    began = bench.clock.now()
    bench.wait(60)

    health = bench.device.watch()

    assert health.since is not None
    assert health.since <= began


def test_every_reason_for_a_lost_link_is_known_to_the_driver() -> None:
    assert {Reason(LinkLost(word).reason) for word in ("absent", "busy", "unplugged")}
