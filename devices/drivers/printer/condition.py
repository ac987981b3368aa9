"""What a printer's status bytes mean: reasons, outcomes, and the judgement from bytes to reason. Pure."""

from dataclasses import dataclass, field
from enum import StrEnum

from devices.drivers.printer.codec import ErrorCause, OfflineCause, PrinterState, Roll


class Outcome(StrEnum):
    """What became of a print job. PRINTED is said on the printer's own acknowledgement only."""

    PRINTED = "printed"
    NOT_STARTED = "not_started"
    INTERRUPTED = "interrupted"
    UNCONFIRMED = "unconfirmed"


class Reason(StrEnum):
    """Why; each has a sentence for the visitor and one for the keeper in the locale files."""

    NONE = ""
    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    CUTTER = "cutter_jam"
    HEAD_HOT = "overheated"
    ERROR = "error"
    OFFLINE = "offline"
    NEAR_END = "paper_low"
    SILENT = "silent"
    NO_ACK = "no_ack"
    NO_DEVICE = "absent"
    BUSY = "busy"
    UNPLUGGED = "unplugged"
    EXPIRED = "expired"
    RESTARTED = "restarted"
    DRIVER = "driver"


@dataclass(frozen=True, slots=True)
class PrintResult:
    """Outcome and reason of one job; `paper_mm` is what it took off the roll, estimated where it broke off."""

    outcome: Outcome
    reason: Reason = Reason.NONE
    paper_mm: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class Round:
    """One round of answers to DLE EOT 1 to 4."""

    printer: int
    offline: int
    error: int
    roll: int

    @property
    def fault(self) -> Reason:
        """Return what keeps the printer from printing; NONE if nothing does.

        Cover before paper: with the cover open the paper sensor sees nothing, so its word counts only when closed.
        """
        offline, error = OfflineCause(self.offline & 0x6C), ErrorCause(self.error & 0x6C)
        checks = (
            (OfflineCause.COVER_OPEN in offline, Reason.COVER_OPEN),
            (Roll.OUT in Roll(self.roll & 0x6C), Reason.PAPER_OUT),
            (OfflineCause.PAPER_END in offline, Reason.PAPER_OUT),
            (ErrorCause.CUTTER in error, Reason.CUTTER),
            (ErrorCause.HEAD_HOT in error, Reason.HEAD_HOT),
            (bool(error) or OfflineCause.ERROR in offline, Reason.ERROR),
            (PrinterState.OFFLINE in PrinterState(self.printer & 0x6C), Reason.OFFLINE),
        )
        return next((reason for is_so, reason in checks if is_so), Reason.NONE)

    @property
    def is_near_end(self) -> bool:
        """Tell whether the roll is nearly used up."""
        return Roll.NEAR_END in Roll(self.roll & 0x6C)
