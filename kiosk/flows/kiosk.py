"""The kiosk as one pure object: where the visitor is, what is shown, and the one wipe at the end.

Screens render `view` and the sub-flows' views, and call intents. Messages of the agent come in through
`receive`, time through `tick`; nothing here knows Kivy.
"""

from __future__ import annotations

import logging
from functools import cached_property
from typing import TYPE_CHECKING

from content.errors import NotFound, PeerError
from kiosk.flows.alarm import AlarmFlow
from kiosk.flows.home import HomeFlow, HomeView
from kiosk.flows.later import LaterFlows
from kiosk.flows.session import Change, Phase, SessionClock, SessionSettings
from kiosk.flows.surround import KioskView, Place, Status, bands_of
from kiosk.flows.way import Way

if TYPE_CHECKING:
    from collections.abc import Callable

    from devices.ipc.messages import LinkState, ToUi, Welcome
    from kiosk.flows.content import Content
    from kiosk.flows.devices import DeviceDesk
    from kiosk.flows.ports import Paper, Ports
    from kiosk.words import Words

logger = logging.getLogger(__name__)

TEXT_SCALES = (1.0, 1.3, 1.6)
NOTICE_S = 10.0


class Kiosk(LaterFlows):
    """Coordinates the flows."""

    def __init__(self, words: Words, *, ports: Ports, settings: SessionSettings) -> None:
        super().__init__(words, ports=ports)
        self.words = words
        self._session = SessionClock(settings)
        self._content: Content | None = None
        self._welcome: Welcome | None = None
        self._paper: Paper | None = None
        self._link: LinkState | None = None
        self._bodies: tuple[str, ...] | None = None
        self._reported: set[tuple[str, str]] = set()
        self._way = Way()
        self._text_step = 0
        self._high_contrast = False
        self._notice = ""
        self._notice_until = 0.0
        self.before_wipe: Callable[[], None] = _nothing
        self.home = HomeFlow(words)
        self.alarm = AlarmFlow(words)

    @cached_property
    def devices(self) -> DeviceDesk:
        """What devices do here; loaded with the first turn, after the first frame."""
        from kiosk.flows.devices import DeviceDesk

        return DeviceDesk(self)

    # What is shown

    @property
    def place(self) -> Place:
        """The screen that is shown."""
        return self._way.here.place

    @property
    def phase(self) -> Phase:
        """Where the session stands."""
        return self._session.phase

    @property
    def has_content(self) -> bool:
        """Whether the copy has been opened."""
        return self._content is not None

    def holds(self, record: str) -> bool:
        """Tell whether there is such a record; one that does not verify is there, and is refused when opened."""
        try:
            return self._content is not None and bool(self._content.get(record))
        except NotFound:
            return False
        except PeerError:
            return True

    def sequences(self) -> dict[str, int]:
        """Return feed -> sequence of the copy that is being read."""
        return self._content.sequences() if self._content else {}

    def home_view(self) -> HomeView:
        """Return the first screen with today's date."""
        return self.home.view(self._ports.clock.now())

    def view(self) -> KioskView:
        """Return what surrounds the screen."""
        now = self._ports.clock.now()
        return KioskView(
            place=self.place,
            session=self._session.view(self._now()),
            bands=self.alarm.bands(now) + bands_of(self._status(), now=now, words=self.words),
            text_scale=TEXT_SCALES[self._text_step],
            high_contrast=self._high_contrast,
            notice=self._notice,
            can_go_back=self._way.can_go_back,
            is_agent_here=self._ports.agent.connected,
            has_printer=self._welcome is not None and self._welcome.has_printer,
            is_dark="devices" in vars(self) and self.devices.is_dark,
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
            self._say_session(active=True)
        return change

    def open_search(self, query: str = "") -> None:
        """Go to the search."""
        self._way.go(Place.SEARCH)
        self.search.begin()
        if query:
            self.search.choose(query)

    def open_record(self, record: str) -> None:
        """Open a document or item."""
        if self._content is None:
            return
        self.printing.wipe()
        if self.place is Place.SEARCH:
            self.search.opened(record)
        self.reader.open(record, self._content)
        self._way.go(Place.READER, record)
        self._report_tampered()

    def open_receipt(self, code: str) -> None:
        """Show how far the request with this receipt has come."""
        self.printing.wipe()
        self.receipt.open(code, self._now())
        self._way.go(Place.RECEIPT)

    def open_request(self) -> None:
        """Begin a request, or go on with the one that is being typed."""
        self.printing.wipe()
        if not self.request.is_draft:
            self.request.open(description=self._looked_for())
        self._way.go(Place.REQUEST)

    def open_request_for_record(self) -> None:
        """Begin a request that starts from the open document."""
        view = self.reader.view
        title = view.title if view.is_open else ""
        self.printing.wipe()
        self.request.open(
            description=self.words("request.about", title=title) if title else "",
            related=view.record if title else "",
        )
        self._way.go(Place.REQUEST)

    def open_consult(self) -> None:
        """Go to the telephone numbers."""
        if self._content is not None:
            self.consult.open(self._content)
        self._way.go(Place.CONSULT)

    def back(self) -> None:
        """Go one step back: within the request first, then to where the visitor came from."""
        self.printing.wipe()
        if self.place is Place.REQUEST and self.request.back():
            return
        if self._way.can_go_back:
            left = self._way.back()
            if left.place is Place.READER:
                self.reader.wipe()
            self._arrive()

    def go_home(self) -> None:
        """Go to the first screen; what was typed stays until the session ends."""
        self.printing.wipe()
        self.reader.wipe()
        self._way.begin()
        self._arrive()

    def end(self) -> None:
        """End the session at the visitor's own wish."""
        if self._session.end() is Change.ENDED:
            self._ended()
        else:
            self.wipe()

    def depart(self, now: float, *, within_s: float) -> Change:
        """End the session of somebody who has left, unless a touch says otherwise in time."""
        return self._session.depart(now, within_s=within_s)

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

    def print_extra(self) -> None:
        """Print the one slip more that the open record gives: 一次告知单, 明白卡 or 公示栏摘录."""
        found = self.reader.found
        if found is None or self._paper is None:
            return
        slip = self._paper.more(found, url=self.reader.view.url, at=self._ports.clock.now())
        if slip is not None:
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
        self.devices.tick(now)
        if self._notice and now >= self._notice_until:
            self._notice = ""
        if self._session.tick(now) is Change.ENDED:
            self._ended()
        if self._session.phase is Phase.RESTING:
            self.search.rest(self._ports.clock.now())

    def receive(self, message: ToUi) -> None:
        """Take a message of the agent. Ping is the app's to answer: it knows the frames."""
        from kiosk.flows.inbox import take

        take(self, message, self._now())

    def linked(self, link: LinkState) -> None:
        """Note whether the controller is reached."""
        self._link = link

    def recover(self) -> None:
        """Return to a safe first screen after a mistake of ours; the visitor is told calmly."""
        self.wipe()
        self.say(self.words("notice.recovered"), for_s=NOTICE_S)

    def say(self, notice: str, *, for_s: float) -> None:
        """Show one calm sentence at the foot for a while; "" takes it away."""
        self._notice, self._notice_until = notice, self._now() + for_s

    def wipe(self) -> None:
        """Forget the visitor: the one place where this happens."""
        self.before_wipe()
        is_card_left = self.card.is_left
        for flow in (self.search, self.reader, self.request, self.printing, self.consult):
            flow.wipe()
        self.receipt.wipe()
        self.card.wipe()
        self._way.begin()
        self._text_step = 0
        self._high_contrast = False
        self._notice = ""
        if is_card_left:
            self.say(self.words("card.left"), for_s=NOTICE_S)
        self._arrive()

    def _ended(self) -> None:
        self.wipe()
        self._say_session(active=False)

    def _say_session(self, *, active: bool) -> None:
        from devices.ipc.messages import Session

        self._ports.agent.send(Session(active=active))

    def welcomed(self, welcome: Welcome) -> None:
        """Take on what the agent says of this terminal, and open its copy."""
        self.words.settle(attended=welcome.attended, phone=welcome.phone)
        self.home.welcome(welcome)
        self.reader.public_url = self.request.public_url = welcome.public_url
        self.receipt.public_url = welcome.public_url
        self.card.welcomed()
        is_same_copy = self._welcome is not None and (
            (self._welcome.replica, self._welcome.trust_root)
            == (welcome.replica, welcome.trust_root)
        )
        self._welcome = welcome
        self._paper = self._ports.paper(welcome)
        if self._content is None or not is_same_copy:
            self._content = self._ports.open_content(welcome)
            self.search.use(self._ports.open_seeker(welcome, self.words))
        if self._session.phase is not Phase.RESTING:
            self._say_session(active=True)
        self.refresh()

    def refresh(self) -> None:
        """Read again what is shown."""
        if self._content is None:
            return
        self._bodies = None
        self.home.refresh(self._content)
        self.alarm.refresh(self._content, self._welcome)
        match self.place:
            case Place.SEARCH:
                self.search.refresh()
            case Place.READER:
                self.reader.refresh(self._content)
            case Place.CONSULT:
                self.consult.open(self._content)
            case Place.HOME | Place.REQUEST | Place.RECEIPT:
                pass
        self._report_tampered()

    def _arrive(self) -> None:
        """Make what is shown fresh after going back."""
        stop = self._way.here
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
        from devices.ipc.messages import Tampered

        seen = {*self._content.tampered(), *self.search.tampered}
        for record, reason in seen - self._reported:
            self._reported.add((record, reason))
            self._ports.agent.send(Tampered(record=record, reason=reason))

    def _status(self) -> Status:
        is_online = self._link is None or self._link.online
        last_contact = 0 if self._link is None or is_online else self._link.last_contact
        return Status(
            is_welcomed=self._welcome is not None,
            is_demo=self._welcome is not None and self._welcome.demo,
            is_agent_here=self._ports.agent.connected,
            is_online=is_online,
            as_of=(self._content.content_as_of() if self._content else 0) or last_contact,
        )

    def _now(self) -> float:
        return self._ports.clock.monotonic()


def _nothing() -> None:
    """Do nothing before a wipe, where no screen is there."""
