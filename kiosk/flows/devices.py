"""What devices do to the kiosk: a card fills in the form, a scan opens what is ours, who goes away is wiped.

Decides; the kiosk's own intents do it. Nothing that a device says can do more than a finger could.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from devices.ipc.messages import (
    CardSeen,
    Closing,
    DeviceHealth,
    Presence,
    Progress,
    Rest,
    Scanned,
    Told,
)
from kiosk.flows.session import Phase
from kiosk.flows.surround import Place

if TYPE_CHECKING:
    from kiosk.flows.kiosk import Kiosk

FromDevices = DeviceHealth | CardSeen | Scanned | Presence | Progress | Closing | Rest | Told

DEPARTURE_S = 5.0
"""Shown before the wipe, after nobody was seen for 5 s: any touch stops it."""
GREETING_S = 6.0
NOTICE_S = 10.0
TOLD_S = 60.0


class DeviceDesk:
    """One for a kiosk."""

    def __init__(self, kiosk: Kiosk) -> None:
        self._kiosk = kiosk
        self._closes_at: float | None = None
        self._is_card_left_told = False
        self._is_dark = False

    @property
    def is_dark(self) -> bool:
        """Whether the screen rests: nobody is there, and nobody has touched it."""
        return self._is_dark and self._kiosk.phase is Phase.RESTING

    def receive(self, message: FromDevices, now: float) -> None:
        """Take a message that a device is behind of."""
        match message:
            case DeviceHealth():
                self._kiosk.card.health(message)
            case CardSeen():
                self._card(message)
            case Scanned():
                self._scanned(message)
            case Presence(present=present):
                self._presence(present=present, now=now)
            case Progress():
                self._kiosk.receipt.answered(message)
            case Closing():
                self._closing(message, now)
            case Rest() | Told():
                self._house(message)
            case _:
                assert_never(message)

    def _house(self, message: Rest | Told) -> None:
        if isinstance(message, Rest):
            self._is_dark = message.on
        else:
            self._kiosk.say(message.text, for_s=TOLD_S)

    def tick(self, now: float) -> None:
        """Let time pass."""
        kiosk = self._kiosk
        made = vars(kiosk)  # the later flows that were needed so far: the first screen needs none
        if "receipt" in made:
            kiosk.receipt.tick(now)
        if "card" in made or self._is_card_asked():
            kiosk.card.tick(is_asked=self._is_card_asked())
            self._remind_of_card()
        if self._closes_at is not None and now >= self._closes_at:
            self._closes_at = None
            if kiosk.phase is not Phase.RESTING:
                kiosk.end()

    def _is_card_asked(self) -> bool:
        """Tell whether the step asks for a person's card, and nothing else does."""
        kiosk = self._kiosk
        if kiosk.place is not Place.REQUEST or kiosk.phase is Phase.RESTING:
            return False
        from content.requests.form import ApplicantKind
        from kiosk.flows.request import Step

        view = kiosk.request.view
        return view.step is Step.WHO and view.form.kind is ApplicantKind.PERSON

    def _card(self, message: CardSeen) -> None:
        person = self._kiosk.card.seen(message)
        if person is not None:
            self._kiosk.touch()
            self._kiosk.request.fill_from_card(person.name, person.number)

    def _remind_of_card(self) -> None:
        """Say once that a card still lies there when the visitor has gone on to another step."""
        is_left = self._kiosk.card.is_left and not self._is_card_asked()
        if is_left and not self._is_card_left_told:
            self._kiosk.say(self._kiosk.words("card.left"), for_s=NOTICE_S)
        self._is_card_left_told = is_left

    def _scanned(self, scan: Scanned) -> None:
        kiosk = self._kiosk
        kiosk.touch()
        if scan.kind not in {"record", "receipt"}:
            kiosk.say(kiosk.words("scan.other"), for_s=NOTICE_S)
        elif kiosk.holds(scan.code):
            kiosk.open_record(scan.code)
        elif scan.kind == "receipt":
            kiosk.open_receipt(scan.code)
        else:
            kiosk.say(kiosk.words("scan.not_held"), for_s=NOTICE_S)

    def _presence(self, *, present: bool, now: float) -> None:
        kiosk = self._kiosk
        if present:
            if kiosk.phase is Phase.RESTING and self._closes_at is None:
                kiosk.say(kiosk.words("presence.hello"), for_s=GREETING_S)
        else:
            kiosk.depart(now, within_s=DEPARTURE_S)

    def _closing(self, message: Closing, now: float) -> None:
        if message.seconds <= 0:
            self._closes_at = None
            self._kiosk.say("", for_s=0)
            return
        self._closes_at = now + message.seconds
        self._kiosk.say(message.sentence, for_s=message.seconds + NOTICE_S)


def card_sentence(kiosk: Kiosk) -> str:
    """Return the line about the card for the form, "" for none: who is no person has no card."""
    from content.requests.form import ApplicantKind
    from kiosk.flows.card import CardState

    if kiosk.request.view.form.kind is not ApplicantKind.PERSON:
        return ""
    view = kiosk.card.view
    match view.state:
        case CardState.NONE:
            return ""
        case CardState.TROUBLE | CardState.DOWN:
            return view.sentence
        case CardState.WAITING | CardState.READ | CardState.DONE | CardState.TAKE_AWAY:
            return kiosk.words(f"card.{view.state.value}")
        case _:
            assert_never(view.state)
