"""One screen's run without its window: agent's words in, cues and reports out.

Keeps what was last known when the agent goes away, and says since when. Pure but for the replica that it
opens where it is told to.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec

from content.feed.clock import is_stale
from content.programme.opening import Calendar
from devices.clock import Clock
from devices.ipc.messages import Glass, LinkState, ReplicaChanged, Tampered, ToAgent, ToUi, Welcome
from signage.cues import Cue
from signage.library import Library, Replica
from signage.place import Place, place_of
from signage.player import Player

log = logging.getLogger(__name__)

AGENT_AWAY_S = 10
"""After so many seconds without the agent the screen says up to when its content is."""

OpenReplica = Callable[[Place], Replica]
Send = Callable[[ToAgent], bool]


class Conductor:
    """Knows place, content and link; asks the player what to show."""

    def __init__(
        self,
        *,
        clock: Clock,
        calendar: Calendar,
        open_replica: OpenReplica,
        send: Send,
        place: Place,
    ) -> None:
        self._clock = clock
        self._calendar = calendar
        self._open_replica = open_replica
        self._send = send
        self.place = Place()
        self.library = Library(report=self._report)
        self.player = self._new_player()
        self._online = True
        self._last_contact = 0
        self._heard_agent = clock.monotonic()
        self._glass_due = True
        self._move_to(place)

    def receive(self, message: ToUi) -> None:
        """Take in what the agent says."""
        match message:
            case Welcome():
                self._welcome(message)
            case ReplicaChanged():
                self.library.reload()
                self._glass_due = True
            case LinkState():
                self._online = message.online
                self._last_contact = message.last_contact
            case _:
                pass  # jobs and devices are the kiosk's concern

    def agent_is(self, *, here: bool) -> None:
        """Say whether the agent is connected now."""
        if here:
            self._heard_agent = self._clock.monotonic()

    def step(self) -> tuple[Cue, ...]:
        """Return what changes on the screen now."""
        cues = self.player.step(self._clock.now(), self.library.content)
        self._glass_due = self._glass_due or bool(cues)
        return cues

    def take_glass(self) -> bool:
        """Say whether something new is to be reported as drawn, once."""
        due, self._glass_due = self._glass_due, False
        return due

    def glass_drawn(self, frame: str) -> None:
        """Report what has really been drawn; said again later if the agent is away."""
        leading = self.player.leading
        message = Glass(
            sequences=dict(self.library.content.sequences),
            item=leading.record.id if leading else "",
            version=leading.version if leading else 0,
            frame=frame,
        )
        self._glass_due = not self._send(message) or self._glass_due

    @property
    def is_stale(self) -> bool:
        """Whether controller or agent is away, or nothing newer was signed for too long though they are there."""
        away = self._clock.monotonic() - self._heard_agent
        old = is_stale(self.library.as_of, int(self._clock.now().timestamp()))
        return not self._online or away > AGENT_AWAY_S or old

    @property
    def complete_until(self) -> datetime | None:
        """Up to when the content is known to be complete, None if that is not known."""
        # What was signed counts, not when the controller was last heard: a broker can keep back what is new.
        at = self.library.as_of or self._last_contact
        if not at:
            return None
        here = self._clock.now().tzinfo
        return (datetime.fromtimestamp(0, UTC) + timedelta(seconds=at)).astimezone(here)

    def _welcome(self, message: Welcome) -> None:
        try:
            place = place_of(message)
        except msgspec.ValidationError:
            log.warning("welcome without a trust root")
            return
        self._move_to(place)
        self.library.tell_again()
        self._glass_due = True

    def _move_to(self, place: Place) -> None:
        """Stand at a place; the same place again only reads again."""
        if place == self.place:
            self.library.reload()
            return
        is_elsewhere = place.region != self.place.region
        self.place = place
        if place.replica is not None:
            self.library.open(self._open_replica(place))
        if is_elsewhere:
            self.player = self._new_player()

    def _new_player(self) -> Player:
        return Player(self.library, calendar=self._calendar, region=self.place.region)

    def _report(self, record: str, reason: str) -> None:
        self._send(Tampered(record=record, reason=reason))
