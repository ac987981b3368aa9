"""The fault matrix as data: what goes wrong, with which printer, and what must then be said of the job."""

from dataclasses import dataclass

from devices.drivers.printer.codec import ErrorCause
from devices.drivers.printer.condition import Outcome, PrintResult, Reason
from devices.drivers.printer.model import Encoding, ModelSheet, QrKind
from devices.sim.printer.faults import HEALTHY, FaultPlan

LONG = "为保障公民、法人和其他组织依法获取政府信息，提高政府工作的透明度，制定本条例。" * 5
FIRST_VISITOR = "甲某某的申请内容"
SECOND_VISITOR = "乙的小票"


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that goes wrong; `not_there` is why the port cannot be opened, "" if it can."""

    said: PrintResult
    plan: FaultPlan = HEALTHY
    not_there: str = ""


def _said(outcome: Outcome, reason: Reason = Reason.NONE) -> PrintResult:
    return PrintResult(outcome, reason)


CASES = {
    "healthy": Case(_said(Outcome.PRINTED)),
    "near end": Case(_said(Outcome.PRINTED, Reason.NEAR_END), FaultPlan(paper_mm=1000)),
    "already out": Case(_said(Outcome.NOT_STARTED, Reason.PAPER_OUT), FaultPlan(paper_mm=0)),
    "cover already open": Case(
        _said(Outcome.NOT_STARTED, Reason.COVER_OPEN), FaultPlan(cover_opens_at_mm=0)
    ),
    "out after 40 mm": Case(_said(Outcome.INTERRUPTED, Reason.PAPER_OUT), FaultPlan(paper_mm=40)),
    "cover opened midway": Case(
        _said(Outcome.INTERRUPTED, Reason.COVER_OPEN), FaultPlan(cover_opens_at_mm=40)
    ),
    "cutter jams": Case(
        _said(Outcome.INTERRUPTED, Reason.CUTTER),
        FaultPlan(error_at_mm=40, error=ErrorCause.CUTTER),
    ),
    "head too hot": Case(
        _said(Outcome.INTERRUPTED, Reason.HEAD_HOT),
        FaultPlan(error_at_mm=40, error=ErrorCause.HEAD_HOT),
    ),
    "breaks down": Case(_said(Outcome.INTERRUPTED, Reason.ERROR), FaultPlan(error_at_mm=40)),
    "broken from the start": Case(
        _said(Outcome.NOT_STARTED, Reason.ERROR), FaultPlan(error_at_mm=0)
    ),
    "unplugged at 500 bytes": Case(
        _said(Outcome.INTERRUPTED, Reason.UNPLUGGED), FaultPlan(unplug_at_byte=500)
    ),
    "stalls at 400 bytes": Case(
        _said(Outcome.UNCONFIRMED, Reason.SILENT), FaultPlan(stall_at_byte=400)
    ),
    "dead": Case(_said(Outcome.NOT_STARTED, Reason.SILENT), FaultPlan(is_dead=True)),
    "no acknowledgement": Case(
        _said(Outcome.UNCONFIRMED, Reason.NO_ACK), FaultPlan(has_acknowledgement=False)
    ),
    "garbage": Case(_said(Outcome.PRINTED), FaultPlan(noise=0.3)),
    "no such port": Case(_said(Outcome.NOT_STARTED, Reason.NO_DEVICE), not_there="absent"),
    "port held by another": Case(_said(Outcome.NOT_STARTED, Reason.BUSY), not_there="busy"),
}


def _model(width_mm: int, form: str, baud: int) -> ModelSheet:
    is_raster = form == "raster"
    return ModelSheet(
        name=f"{form} {width_mm} mm {baud}",
        width_mm=width_mm,
        encoding=Encoding.RASTER if is_raster else Encoding.GB2312,
        qr=QrKind.IMAGE if is_raster else QrKind.NATIVE,
        baud=baud,
    )


MODELS = {
    f"{form} {width_mm} {baud}": _model(width_mm, form, baud)
    for form in ("native", "raster")
    for width_mm in (58, 80)
    for baud in (9600, 19200, 115200)
}
