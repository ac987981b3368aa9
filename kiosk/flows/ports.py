"""What the flows ask of the world, in their own words. kiosk.app passes the real things, tests pass fakes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from content.paper.slip import Slip
    from content.replica.ports import Verified
    from content.requests.form import RequestForm
    from devices.clock import Clock
    from devices.ipc.messages import ToAgent, Welcome
    from kiosk.flows.content import Content
    from kiosk.flows.seeking import Seeker
    from kiosk.words import Words


class Agent(Protocol):
    """The way to the agent process."""

    @property
    def connected(self) -> bool:
        """Whether the agent is there."""
        ...

    def send(self, message: ToAgent) -> bool:
        """Send a message; False if the agent is away (nothing is kept)."""
        ...


@dataclass(frozen=True, slots=True)
class Filed:
    """A request that has been kept, as its receipt states it. number is "" until it is known."""

    form: RequestForm
    code: str
    number: str
    url: str
    at: datetime


class Paper(Protocol):
    """Makes slips of this terminal. Pure; content.paper does the work."""

    def record(self, found: Verified, *, url: str, at: datetime) -> Slip:
        """Return the slip of a document, or the guide of a service item."""
        ...

    def more(self, found: Verified, *, url: str, at: datetime) -> Slip | None:
        """Return the one slip more that the record gives (content.paper.offers), None if it gives none."""
        ...

    def receipt(self, filed: Filed) -> Slip:
        """Return the receipt of a request."""
        ...


class CheckForm(Protocol):
    """Says what is missing in a request."""

    def __call__(self, form: RequestForm) -> Mapping[str, str]:
        """Return field name -> sentence that says what to do; empty if all is there."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """The world outside, given once by kiosk.app.

    Attributes:
        paper: makes the slips of the terminal that the Welcome names.
        open_content: opens the verified copy that the Welcome names.
        open_seeker: opens the same copy once more, to be searched while the screen is drawn.
        new_key: makes an unguessable key for a request or a print job.
    """

    agent: Agent
    clock: Clock
    paper: Callable[[Welcome], Paper]
    check: CheckForm
    open_content: Callable[[Welcome], Content]
    open_seeker: Callable[[Welcome, Words], Seeker]
    new_key: Callable[[], str]
