"""The kiosk as one pure object: where the visitor is, what is shown, and the one wipe at the end.

Screens render `view` and the sub-flows' views, and call intents. Messages of the agent come in through
`receive`, time through `tick`; nothing here knows Kivy.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, assert_never

from devices.ipc.messages import (
    DeviceHealth,
    LinkState,
    Ping,
    Printed,
    ReplicaChanged,
    Session,
    Submitted,
    TakePicture,
    Tampered,
    ToUi,
    Welcome,
)
from kiosk.flows.home import HomeFlow, HomeView
from kiosk.flows.session import Change, Phase, SessionClock, SessionSettings
from kiosk.flows.surround import KioskView, Place, Status, bands_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.flows.consult import ConsultFlow
    from kiosk.flows.ports import Content, Paper, Ports
    from kiosk.flows.printing import PrintFlow
    from kiosk.flows.reader import ReaderFlow
    from kiosk.flows.request import RequestFlow
    from kiosk.flows.search import SearchFlow
    from kiosk.words import Words

logger = logging.getLogger(__name__)

TEXT_SCALES = (1.0, 1.3, 1.6)
NOTICE_S = 10.0


@dataclass(frozen=True, slots=True)
class _Stop:
    """One place on the way back."""

    place: Place
    record: str = ""


class Kiosk:
    """Coordinates the flows."""

    def __init__(self, words: Words, *, ports: Ports, settings: SessionSettings) -> None:
        self.words = words
        self._ports = ports
        self._session = SessionClock(settings)
        self._content: Content | None = None
        self._welcome: Welcome | None = None
        self._paper: Paper | None = None
        self._link = LinkState(online=True, last_contact=0)
        self._bodies: tuple[str, ...] | None = None
        self._reported: set[tuple[str, str]] = set()
        self._way: list[_Stop] = [_Stop(Place.HOME)]
        self._text_step = 0
        self._high_contrast = False
        self._notice = ""
        self._notice_until = 0.0
        self.before_wipe: Callable[[], None] = _nothing
        self.home = HomeFlow(words)

    # The flows behind the first screen are made when they are first needed: it stands earlier without them.

    @cached_property
    def search(self) -> SearchFlow:
        """The search."""
        from kiosk.flows.search import SearchFlow

        return SearchFlow(self.words)

    @cached_property
    def reader(self) -> ReaderFlow:
        """The record that is open."""
        from kiosk.flows.reader import ReaderFlow

        return ReaderFlow(self.words)

    @cached_property
    def consult(self) -> ConsultFlow:
        """The telephone numbers."""
        from kiosk.flows.consult import ConsultFlow

        return ConsultFlow(self.words)

    @cached_property
    def request(self) -> RequestFlow:
        """The request that is being made."""
        from kiosk.flows.request import RequestFlow

        ports = self._ports
        return RequestFlow(ports.agent, check=ports.check, new_key=ports.new_key)

    @cached_property
    def printing(self) -> PrintFlow:
        """The slip that is being printed."""
        from kiosk.flows.printing import PrintFlow

        return PrintFlow(self._ports.agent, new_job=self._ports.new_key)

    # What is shown

    @property
    def place(self) -> Place:
        """The screen that is shown."""
        return self._way[-1].place

    @property
    def has_content(self) -> bool:
        """Whether the copy has been opened."""
        return self._content is not None

    def sequences(self) -> dict[str, int]:
        """Return feed -> sequence of the copy that is being read."""
        return self._content.sequences() if self._content else {}

    def home_view(self) -> HomeView:
        """Return the first screen with today's date."""
        return self.home.view(self._ports.clock.now())

    def view(self) -> KioskView:
        """Return what surrounds the screen."""
        return KioskView(
            place=self.place,
            session=self._session.view(self._now()),
            bands=bands_of(self._status(), now=self._ports.clock.now(), words=self.words),
            text_scale=TEXT_SCALES[self._text_step],
            high_contrast=self._high_contrast,
            notice=self._notice,
            can_go_back=len(self._way) > 1,
            is_agent_here=self._ports.agent.connected,
            has_printer=self._welcome is not None and self._welcome.has_printer,
        )

    def bodies(self) -> tuple[str, ...]:
        """Return the bodies that published something here: whom a request may be addressed to."""
        from kiosk.flows.consult import bodies_of

        if self._bodies is None and self._content is not None:
            self._bodies = bodies_of(self._content)
        return self._bodies or ()

    # The visitor's intents

    def touch(self) -> Change:
        """Note that somebody touched the screen."""
        change = self._session.touch(self._now())
        if change is Change.STARTED:
            self._ports.agent.send(Session(active=True))
        return change

    def open_search(self, query: str = "") -> None:
        """Go to the search."""
        self._go(_Stop(Place.SEARCH))
        self.search.open()
        if query:
            self.search.choose(query)

    def open_record(self, record: str) -> None:
        """Open a document or item."""
        if self._content is None:
            return
        self.printing.wipe()
        self.reader.open(record, self._content)
        self._go(_Stop(Place.READER, record))
        self._report_tampered()

    def open_request(self) -> None:
        """Begin a request, or go on with the one that is being typed."""
        self.printing.wipe()
        if not self.request.is_draft:
            self.request.open(description=self._looked_for())
        self._go(_Stop(Place.REQUEST))

    def open_request_for_record(self) -> None:
        """Begin a request that starts from the open document."""
        view = self.reader.view
        title = view.title if view.is_open else ""
        self.printing.wipe()
        self.request.open(
            description=self.words("request.about", title=title) if title else "",
            related=view.record if title else "",
        )
        self._go(_Stop(Place.REQUEST))

    def open_consult(self) -> None:
        """Go to the telephone numbers."""
        if self._content is not None:
            self.consult.open(self._content)
        self._go(_Stop(Place.CONSULT))

    def back(self) -> None:
        """Go one step back: within the request first, then to where the visitor came from."""
        self.printing.wipe()
        if self.place is Place.REQUEST and self.request.back():
            return
        if len(self._way) > 1:
            left = self._way.pop()
            if left.place is Place.READER:
                self.reader.wipe()
            self._arrive()

    def go_home(self) -> None:
        """Go to the first screen; what was typed stays until the session ends."""
        self.printing.wipe()
        self.reader.wipe()
        self._way = [_Stop(Place.HOME)]
        self._arrive()

    def end(self) -> None:
        """End the session at the visitor's own wish."""
        if self._session.end() is Change.ENDED:
            self._ended()
        else:
            self.wipe()

    def next_text_size(self) -> None:
        """Make everything one step larger; after the largest comes the normal size."""
        self._text_step = (self._text_step + 1) % len(TEXT_SCALES)

    def toggle_contrast(self) -> None:
        """Change to high contrast or back."""
        self._high_contrast = not self._high_contrast

    def print_record(self) -> None:
        """Print the slip of the open document or item."""
        found = self.reader.found
        if found is None or self._paper is None:
            return
        slip = self._paper.record(found, url=self.reader.view.url, at=self._ports.clock.now())
        self.printing.start(slip, self._now())

    def print_receipt(self) -> None:
        """Print the receipt of the request that was just saved."""
        filed = self.request.filed
        if filed is not None and self._paper is not None:
            self.printing.start(self._paper.receipt(filed), self._now())

    def type_query(self, text: str) -> None:
        """Take the text of the search field."""
        self.search.type(text, self._now())

    def compose_query(self, letters: str) -> None:
        """Take the pinyin letters that are being composed in the search field."""
        if self.place is Place.SEARCH:
            self.search.compose(letters, self._now())

    def titles(self) -> tuple[str, ...]:
        """Return the titles held, for the pinyin lexicon."""
        return self._content.titles() if self._content else ()

    def submit(self) -> None:
        """File the request."""
        self.request.submit(self._now(), at=self._ports.clock.now())

    # The world

    def tick(self) -> None:
        """Let time pass."""
        now = self._now()
        self.search.tick(now)
        self.printing.tick(now)
        self.request.tick(now)
        if self._notice and now >= self._notice_until:
            self._notice = ""
        if self._session.tick(now) is Change.ENDED:
            self._ended()

    def receive(self, message: ToUi) -> None:
        """Take a message of the agent. Ping is the app's to answer: it knows the frames."""
        match message:
            case Welcome():
                self._welcomed(message)
            case ReplicaChanged():
                self._refresh()
            case Submitted():
                self.request.answered(message)
            case Printed():
                self.printing.answered(message)
            case LinkState():
                self._link = message
            case DeviceHealth() | Ping() | TakePicture():
                pass
            case _:
                assert_never(message)

    def recover(self) -> None:
        """Return to a safe first screen after a mistake of ours; the visitor is told calmly."""
        self.wipe()
        self._notice = self.words("notice.recovered")
        self._notice_until = self._now() + NOTICE_S

    def wipe(self) -> None:
        """Forget the visitor: the one place where this happens."""
        self.before_wipe()
        for flow in (self.search, self.reader, self.request, self.printing, self.consult):
            flow.wipe()
        self._way = [_Stop(Place.HOME)]
        self._text_step = 0
        self._high_contrast = False
        self._notice = ""
        self._arrive()

    def _ended(self) -> None:
        self.wipe()
        self._ports.agent.send(Session(active=False))

    def _welcomed(self, welcome: Welcome) -> None:
        self.home.welcome(welcome)
        self.reader.public_url = self.request.public_url = welcome.public_url
        is_same_copy = self._welcome is not None and (
            (self._welcome.replica, self._welcome.trust_root)
            == (welcome.replica, welcome.trust_root)
        )
        self._welcome = welcome
        self._paper = self._ports.paper(welcome)
        if self._content is None or not is_same_copy:
            self._content = self._ports.open_content(welcome)
            self.search.use(self._content)
        if self._session.phase is not Phase.RESTING:
            self._ports.agent.send(Session(active=True))
        self._refresh()

    def _refresh(self) -> None:
        """Read again what is shown."""
        if self._content is None:
            return
        self._bodies = None
        self.home.refresh(self._content)
        match self.place:
            case Place.SEARCH:
                self.search.refresh()
            case Place.READER:
                self.reader.refresh(self._content)
            case Place.CONSULT:
                self.consult.open(self._content)
            case Place.HOME | Place.REQUEST:
                pass
        self._report_tampered()

    def _go(self, stop: _Stop) -> None:
        if self._way[-1] != stop:
            self._way.append(stop)

    def _arrive(self) -> None:
        """Make what is shown fresh after going back."""
        stop = self._way[-1]
        if stop.place is Place.READER and self._content is not None:
            self.reader.open(stop.record, self._content)
        elif stop.place is Place.SEARCH:
            self.search.open()
        elif stop.place is Place.HOME and self._content is not None:
            self.home.refresh(self._content)
            self._report_tampered()

    def _looked_for(self) -> str:
        """Return what was searched in vain, as a first description."""
        is_from_search = self.place is Place.SEARCH and not self.search.view.rows
        return self.search.view.query if is_from_search else ""

    def _report_tampered(self) -> None:
        if self._content is None:
            return
        for record, reason in set(self._content.tampered()) - self._reported:
            self._reported.add((record, reason))
            self._ports.agent.send(Tampered(record=record, reason=reason))

    def _status(self) -> Status:
        return Status(
            is_welcomed=self._welcome is not None,
            is_demo=self._welcome is not None and self._welcome.demo,
            is_agent_here=self._ports.agent.connected,
            is_online=self._link.online,
            as_of=(self._content.content_as_of() if self._content and not self._link.online else 0)
            or self._link.last_contact,
        )

    def _now(self) -> float:
        return self._ports.clock.monotonic()


def _nothing() -> None:
    """Do nothing before a wipe, where no screen is there."""
