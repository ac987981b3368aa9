"""The print queue of a terminal, or its absence."""

from collections.abc import Callable
from datetime import date

from content.paper.slip import Slip
from devices.agent.config import Home, TerminalConfig
from devices.agent.ports import PrintSpool
from devices.clock import Clock
from devices.drivers.health import Health, Level
from devices.drivers.printer.model import sheet
from devices.wire.messages import Paper

OnOutcome = Callable[[str, str, str], None]


class NoPrinter:
    """A terminal without a printer: every job ends at once, with its reason."""

    def __init__(self, on_outcome: OnOutcome) -> None:
        self._on_outcome = on_outcome

    def submit(self, job_id: str, slip: Slip, now: int) -> None:
        """See devices.agent.ports.PrintSpool."""
        del slip, now
        self._on_outcome(job_id, "not_started", "absent")

    def withdraw(self, job_id: str) -> None:
        """See devices.agent.ports.PrintSpool."""

    def reprint(self, job_id: str, slip: Slip, now: int) -> int:
        """See devices.agent.ports.PrintSpool."""
        self.submit(job_id, slip, now)
        return 0

    def health(self) -> Health:
        """See devices.agent.ports.PrintSpool."""
        return Health(Level.DOWN, "absent")

    def paper(self, today: date) -> Paper | None:
        """See devices.agent.ports.PrintSpool."""
        del today
        return None

    def close(self) -> None:
        """See devices.agent.ports.PrintSpool."""


def open_printing(
    home: Home, settings: TerminalConfig, *, clock: Clock, on_outcome: OnOutcome
) -> PrintSpool:
    """Return the print queue of a terminal, started."""
    if not settings.printer:
        return NoPrinter(on_outcome)
    from devices.agent.spool import open_spool

    model = sheet(settings.printer_model)
    return open_spool(home.store, settings.printer, clock=clock, on_outcome=on_outcome, model=model)
