"""The fault matrix: what a printer does, and what is then said of the job."""

from dataclasses import replace

import pytest

from devices.drivers.health import Level
from devices.drivers.links import LinkLost
from devices.drivers.printer.condition import Outcome, PrintResult, Reason
from devices.drivers.printer.model import (
    PAPER_58_MM,
    PAPER_80_MM,
    AckKind,
    Encoding,
    ModelSheet,
    QrKind,
)
from devices.sim.printer.faults import FaultPlan
from tests.support.bench_printer import Bench, paper_of

LONG = "为保障公民、法人和其他组织依法获取政府信息，提高政府工作的透明度，制定本条例。" * 8
FIRST_VISITOR = "甲某某的申请内容"
MODELS = {
    "58": PAPER_58_MM,
    "80": PAPER_80_MM,
    "58 at 9600": replace(PAPER_58_MM, baud=9600),
    "58 raster": replace(PAPER_58_MM, encoding=Encoding.RASTER, qr=QrKind.IMAGE),
    "80 raster": replace(PAPER_80_MM, encoding=Encoding.RASTER, qr=QrKind.IMAGE),
    "58 by GS r": replace(PAPER_58_MM, ack=AckKind.PAPER_STATUS),
}
FAULTS = {
    "healthy": (FaultPlan(), Outcome.PRINTED, Reason.NONE),
    "near end": (FaultPlan(paper_mm=1000), Outcome.PRINTED, Reason.NEAR_END),
    "already out": (FaultPlan(paper_mm=0), Outcome.NOT_STARTED, Reason.PAPER_OUT),
    "out midway": (FaultPlan(paper_mm=40), Outcome.INTERRUPTED, Reason.PAPER_OUT),
    "cover midway": (FaultPlan(cover_opens_at_mm=40), Outcome.INTERRUPTED, Reason.COVER_OPEN),
    "unplugged": (FaultPlan(unplug_at_byte=500), Outcome.INTERRUPTED, Reason.UNPLUGGED),
    "stalls": (FaultPlan(stall_at_byte=400), Outcome.UNCONFIRMED, Reason.SILENT),
    "dead": (FaultPlan(is_dead=True), Outcome.NOT_STARTED, Reason.SILENT),
    "no word": (FaultPlan(has_acknowledgement=False), Outcome.UNCONFIRMED, Reason.NO_ACK),
    "noise": (FaultPlan(noise=0.3), Outcome.PRINTED, Reason.NONE),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("model", MODELS)
def test_each_fault_has_its_outcome_and_nothing_is_called_printed_that_is_not(
    model: str, fault: str
) -> None:
    plan, outcome, reason = FAULTS[fault]
    bench = Bench(model=MODELS[model], plan=plan)

    result = bench.device.print_slip(paper_of(LONG))

    assert PrintResult(outcome, reason) == result
    if outcome is Outcome.PRINTED:
        (paper,) = bench.papers()
        assert paper.was_cut


def test_a_port_that_is_not_there_is_a_state_and_not_an_error() -> None:
    bench = Bench()
    bench.is_there = False

    result = bench.device.print_slip(paper_of("一"))

    assert PrintResult(Outcome.NOT_STARTED, Reason.NO_DEVICE) == result
    assert bench.device.health.level is Level.DOWN
    bench.is_there = True
    assert bench.device.watch().level is Level.OK


@pytest.mark.parametrize("model", [PAPER_58_MM, MODELS["58 raster"]], ids=["native", "raster"])
def test_a_job_broken_off_by_paper_out_never_appears_on_the_next_visitors_paper(
    model: ModelSheet,
) -> None:
    bench = Bench(model=model, plan=FaultPlan(paper_mm=40))
    bench.device.print_slip(paper_of(LONG, FIRST_VISITOR))

    bench.printer.load_paper()
    bench.wait(10)
    (torn,) = bench.papers()
    result = bench.device.print_slip(paper_of("乙的小票"))

    assert not torn.was_cut
    assert result.outcome is Outcome.PRINTED
    (paper,) = bench.papers()
    fresh = Bench(model=model)
    fresh.device.print_slip(paper_of("乙的小票"))
    (expected,) = fresh.papers()
    assert expected.picture.tobytes() == paper.picture.tobytes()


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
    bench = Bench(plan=FaultPlan(unplug_at_byte=700, paper_mm=40))
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
