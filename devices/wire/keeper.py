"""What the keeper at a terminal is told: one file that the agent writes and `python -m devices status` reads."""

from dataclasses import dataclass

from devices.wire.messages import Fault


@dataclass(frozen=True, slots=True)
class KeeperView:
    """How a terminal is, for somebody who stands before it. No personal data.

    Attributes:
        at: unix second at which it was written; an old one means that the agent does not run.
        terminal, site: which.
        online: the controller is reached.
        last_contact: unix second, 0 = never.
        outbox: requests that wait.
        oldest: unix second of the oldest of them, 0 = none.
        faults: what is wrong, oldest first.
    """

    at: int
    terminal: str
    site: str
    online: bool
    last_contact: int
    outbox: int
    oldest: int
    faults: tuple[Fault, ...]
