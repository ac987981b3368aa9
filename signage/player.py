"""Turn the programme and the content of the moment into cues. Loading is signage.library's, drawing the stage's.

Never leaves an area without a card: a document that does not verify when its turn comes is skipped, and
when none does the area shows what the zone is for.
"""

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Protocol, assert_never

from content.disclosure.record import DisclosureRecord
from content.programme.evaluate import (
    EMERGENCY_SCREEN,
    Item,
    ItemKind,
    RegionShowing,
    Showing,
    choose_programme,
    evaluate,
)
from content.programme.opening import Calendar
from content.programme.programme import Programme
from content.replica.ports import Notices, Verified
from signage.cues import (
    Arrange,
    Card,
    ClockCard,
    ClosedCard,
    Cue,
    DocumentCard,
    EmergencyCard,
    ListCard,
    RunTicker,
    Show,
    WelcomeCard,
)
from signage.rotation import Rotation

NEW_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Content:
    """What the replica held at one reading.

    Attributes:
        sequences: feed -> sequence.
        programmes: newest first.
        documents: newest first; all verified at this reading.
        notices: emergency notices; they take over the whole screen while one stands.
    """

    sequences: dict[str, int] = field(default_factory=dict)
    programmes: tuple[Programme, ...] = ()
    documents: tuple[Verified, ...] = ()
    notices: Notices = field(default_factory=Notices)


class Shelf(Protocol):
    """Gives out a record, verified again as its turn comes."""

    def fetch(self, record_id: str) -> Verified | None:
        """Return the record; None, and reported, if it is gone or does not verify."""
        ...


class Player:
    """Plays on one screen. `step` is called as often as one likes; it says only what changes."""

    def __init__(self, shelf: Shelf, *, calendar: Calendar, region: str) -> None:
        self._shelf = shelf
        self._calendar = calendar
        self._region = region
        self._rotations: dict[str, Rotation] = {}
        self._cards: dict[str, Card] = {}
        self._arranged: Arrange | None = None
        self._ticker: RunTicker | None = None
        self._alarms: dict[str, Verified] = {}
        self.showing: Showing | None = None

    def step(self, now: datetime, content: Content) -> tuple[Cue, ...]:
        """Return what changes on the screen at this moment.

        Args:
            now: aware, in the hall's time zone.
            content: the newest reading.
        """
        papers = [
            one.record for one in content.documents if isinstance(one.record, DisclosureRecord)
        ]
        programme, _ = choose_programme(content.programmes, region=self._region)
        showing = evaluate(
            programme, calendar=self._calendar, now=now, documents=papers, region=self._region
        )
        alarms = content.notices.standing(region=self._region, now=int(now.timestamp()))
        if alarms:
            showing = _taken_over(showing, alarms)
        self._alarms = {one.record.id: one for one in alarms}
        self.showing = showing
        cues = self._arrange(showing)
        for region in showing.regions:
            cues += self._play(region, now, content)
        return (*cues, *self._run_ticker(showing))

    @property
    def leading(self) -> Verified | None:
        """The document or emergency that the screen shows large, None if it shows none."""
        cards = (
            card for card in self._cards.values() if isinstance(card, DocumentCard | EmergencyCard)
        )
        return next((card.found for card in cards), None)

    def _arrange(self, showing: Showing) -> list[Cue]:
        wanted = Arrange(tuple(one.region for one in showing.regions))
        if wanted == self._arranged:
            return []
        self._arranged = wanted
        self._cards.clear()
        return [wanted]

    def _run_ticker(self, showing: Showing) -> list[Cue]:
        wanted = RunTicker(showing.ticker)
        if wanted == self._ticker:
            return []
        self._ticker = wanted
        return [wanted]

    def _play(self, playing: RegionShowing, now: datetime, content: Content) -> list[Cue]:
        region = playing.region
        rotation = self._rotations.setdefault(region.name, Rotation())
        turned = rotation.next(playing.items, now=now, seconds=region.item_seconds)
        shown = self._cards.get(region.name)
        if turned is None and shown is not None and not _is_outdated(shown, content):
            item = rotation.current
            if item is None or item.kind in {ItemKind.DOCUMENT, ItemKind.EMERGENCY}:
                return []
        card = self._card(playing, rotation, now, content)
        if card == shown:
            return []
        self._cards[region.name] = card
        return [Show(region.name, card)]

    def _card(
        self, playing: RegionShowing, rotation: Rotation, now: datetime, content: Content
    ) -> Card:
        item = rotation.current or playing.items[0]
        for _ in playing.items:
            card = self._card_of(item, playing, now, content)
            if card is not None:
                return card
            item = rotation.skip(playing.items)
        return WelcomeCard()

    def _card_of(
        self, item: Item, playing: RegionShowing, now: datetime, content: Content
    ) -> Card | None:
        match item.kind:
            case ItemKind.DOCUMENT:
                return self._document(item, playing.items, now.date())
            case ItemKind.LIST:
                wanted = set(item.records)
                return ListCard(tuple(one for one in content.documents if one.record.id in wanted))
            case ItemKind.CLOCK:
                return ClockCard()
            case ItemKind.WELCOME:
                return WelcomeCard()
            case ItemKind.CLOSED:
                return self._closed(now.date())
            case ItemKind.EMERGENCY:
                return self._alarm(item, playing.items)
            case _ as never:
                assert_never(never)

    def _document(self, item: Item, items: tuple[Item, ...], today: date) -> DocumentCard | None:
        found = self._shelf.fetch(item.records[0])
        if found is None or not isinstance(found.record, DisclosureRecord):
            return None
        is_new = today - found.record.published_on < NEW_FOR
        return DocumentCard(found, items.index(item) + 1, len(items), is_new=is_new)

    def _alarm(self, item: Item, items: tuple[Item, ...]) -> EmergencyCard | None:
        found = self._alarms.get(item.records[0])
        if found is None:
            return None
        return EmergencyCard(found, items.index(item) + 1, len(items))

    def _closed(self, today: date) -> ClosedCard:
        showing = self.showing
        text = showing.closed_text if showing else ""
        return ClosedCard(text, showing.until if showing else None, today)


def _taken_over(showing: Showing, alarms: tuple[Verified, ...]) -> Showing:
    """Return what plays in an emergency: it alone, on the whole screen, also when the hall is closed."""
    items = tuple(Item(ItemKind.EMERGENCY, (one.record.id,)) for one in alarms)
    return replace(
        showing,
        is_open=True,
        regions=(RegionShowing(EMERGENCY_SCREEN, items),),
        ticker=tuple(one.record.title for one in alarms),
    )


def _is_outdated(card: Card, content: Content) -> bool:
    """Say whether a newer version of the shown document or notice has come in."""
    if not isinstance(card, DocumentCard | EmergencyCard):
        return False
    all_held = (*content.notices.found, *content.documents)
    held = (one for one in all_held if one.record.id == card.found.record.id)
    return any(one.version != card.found.version for one in held)
