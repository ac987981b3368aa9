"""What goes wrong with a simulated printer, as data."""

from dataclasses import dataclass

from devices.drivers.printer.codec import ErrorCause


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """A plan of faults; the default is a healthy printer.

    Attributes:
        paper_mm: paper on the roll at the start.
        near_end_mm: the near-end sensor reports below this.
        cover_opens_at_mm: the cover is opened after so much paper has moved.
        error_at_mm: `error` happens after so much paper has moved, 0 for from the start.
        error: what then happens: the cutter jams, the head is too hot, ….
        unplug_at_byte: the cable is pulled when so many bytes have come.
        stall_at_byte: nothing more is taken or answered after so many bytes.
        noise: share of answers before which a random byte comes.
        has_acknowledgement: knows GS ( H and GS r.
        ignores_clearing: knows neither DLE DC4 nor DLE ENQ, so what it holds of a broken job it prints.
        is_dead: takes everything, says nothing, prints nothing.
    """

    paper_mm: float = 50_000.0
    near_end_mm: float = 1_500.0
    cover_opens_at_mm: float | None = None
    error_at_mm: float | None = None
    error: ErrorCause = ErrorCause.UNRECOVERABLE
    unplug_at_byte: int | None = None
    stall_at_byte: int | None = None
    noise: float = 0.0
    has_acknowledgement: bool = True
    ignores_clearing: bool = False
    is_dead: bool = False


HEALTHY = FaultPlan()
