"""What a screen plays, moment by moment."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from content.disclosure.classes import DisclosureClass
from content.disclosure.record import DisclosureRecord
from content.errors import NotFound
from content.feed.verify import Reason, Refused
from content.programme.builtin import default_programme
from content.programme.programme import OpeningHours, Programme, Region, Source
from content.replica.ports import Notices, Verified
from signage.cues import (
    Arrange,
    ClosedCard,
    Cue,
    DocumentCard,
    ListCard,
    RunTicker,
    Show,
    WelcomeCard,
)
from signage.library import Library
from signage.player import Content, Player

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
TURN = timedelta(seconds=12)


class Weekdays:
    def is_workday(self, day: date) -> bool:
        return day.isoweekday() <= 5


def paper(name: str, *, version: int = 1) -> Verified:
    record = DisclosureRecord(
        id=name,
        title=f"{name}号文件",
        document_number="",
        issuing_body="",
        written_on=None,
        published_on=date(2026, 11, 20),
        disclosure_class=DisclosureClass.PROACTIVE,
        region="512299",
        domain="",
        blocks=(),
    )
    return Verified(record, "gov/512299", version, 0, ("甲", "乙"))


class FakeReplica:
    """Holds papers; those in `bad` do not verify when they are read."""

    def __init__(self, *papers: Verified) -> None:
        self.papers = list(papers)
        self.programmes: list[Verified] = []
        self.bad: set[str] = set()

    def sequences(self) -> dict[str, int]:
        return {"gov/512299": len(self.papers)}

    def get(self, record_id: str) -> Verified:
        for one in self.papers:
            if one.record.id == record_id:
                if record_id in self.bad:
                    raise Refused(Reason.BODY_CHANGED, record_id)
                return one
        raise NotFound(record_id)

    def newest(self, kind: str, *, limit: int, offset: int = 0) -> tuple[Verified, ...]:
        held = self.papers if kind == "document" else self.programmes
        return tuple(held[offset : offset + limit])

    def tampered(self) -> tuple[tuple[str, str], ...]:
        return ()

    def notices(self) -> Notices:
        return Notices()

    def content_as_of(self) -> int:
        return 0


class Screen:
    """A player on a replica, and what its main area shows."""

    def __init__(self, *papers: Verified) -> None:
        self.replica = FakeReplica(*papers)
        self.reports: list[tuple[str, str]] = []
        self.library = Library(report=lambda *told: self.reports.append(told))
        self.library.open(self.replica)
        self.player = Player(self.library, calendar=Weekdays(), region="512299")
        self.now = NOW
        self.main = ""
        self.cues: tuple[Cue, ...] = ()

    def step(self, after: timedelta = timedelta()) -> str:
        """Return the id in the main area after this time, "" for no document."""
        self.now += after
        self.cues = self.player.step(self.now, self.library.content)
        for cue in self.cues:
            if isinstance(cue, Show) and cue.region == "main":
                card = cue.card
                self.main = card.found.record.id if isinstance(card, DocumentCard) else ""
        return self.main

    def publish(self, found: Verified) -> None:
        self.replica.papers.insert(0, found)
        self.library.reload()


def test_documents_take_turns_of_twelve_seconds() -> None:
    screen = Screen(paper("A"), paper("B"), paper("C"))

    assert [screen.step(), screen.step(TURN / 2), screen.step(TURN / 2)] == ["A", "A", "B"]
    assert [screen.step(TURN), screen.step(TURN)] == ["C", "A"]


def test_nothing_is_said_while_nothing_changes() -> None:
    screen = Screen(paper("A"), paper("B"))

    screen.step()
    assert {type(cue) for cue in screen.cues} == {Arrange, Show, RunTicker}
    screen.step(TURN / 3)

    assert screen.cues == ()


def test_a_new_document_comes_at_once_and_the_interrupted_one_after_it() -> None:
    screen = Screen(paper("A"), paper("B"), paper("C"))
    screen.step()
    screen.step(TURN)

    screen.publish(paper("N"))

    assert screen.step(timedelta(seconds=1)) == "N"
    assert [screen.step(TURN) for _ in range(3)] == ["B", "C", "N"]


def test_several_new_documents_all_get_their_turn_first() -> None:
    screen = Screen(paper("A"), paper("B"))
    screen.step()

    screen.publish(paper("M"))
    assert screen.step(timedelta(seconds=1)) == "M"
    screen.publish(paper("N"))

    assert screen.step(timedelta(seconds=1)) == "N"
    assert screen.step(TURN) == "A"


def test_a_withdrawn_document_goes_at_once_and_the_next_takes_its_place() -> None:
    screen = Screen(paper("A"), paper("B"), paper("C"))
    screen.step()
    screen.step(TURN)

    del screen.replica.papers[1]
    screen.library.reload()

    assert screen.step(timedelta(seconds=1)) == "C"


def test_a_newer_version_replaces_the_card_within_its_turn() -> None:
    screen = Screen(paper("A"), paper("B"))
    screen.step()

    screen.replica.papers[0] = paper("A", version=2)
    screen.library.reload()
    screen.step(timedelta(seconds=1))

    shown = [cue.card for cue in screen.cues if isinstance(cue, Show) and cue.region == "main"]
    assert [card.found.version for card in shown if isinstance(card, DocumentCard)] == [2]
    assert screen.step(TURN) == "B"


def test_a_document_that_does_not_verify_is_skipped_and_reported_once() -> None:
    screen = Screen(paper("A"), paper("B"), paper("C"))
    screen.step()
    screen.replica.bad.add("B")

    assert [screen.step(TURN) for _ in range(4)] == ["C", "A", "C", "A"]
    assert screen.reports == [("B", "body_changed")]


def test_when_nothing_verifies_the_screen_welcomes_instead_of_going_blank() -> None:
    screen = Screen(paper("A"), paper("B"))
    screen.replica.bad |= {"A", "B"}

    screen.step()

    shown = [cue.card for cue in screen.cues if isinstance(cue, Show) and cue.region == "main"]
    assert shown == [WelcomeCard()]
    screen.replica.bad.clear()
    assert screen.step(TURN) in {"A", "B"}


def test_an_empty_replica_welcomes_and_the_first_document_appears_at_once() -> None:
    screen = Screen()
    assert screen.step() == ""

    screen.publish(paper("A"))

    assert screen.step(timedelta(seconds=1)) == "A"


def test_a_clock_set_back_ends_the_turn_instead_of_freezing() -> None:
    screen = Screen(paper("A"), paper("B"))
    screen.step()

    assert screen.step(timedelta(hours=-9)) == "B"
    assert screen.step(TURN) == "A"


def with_programme(screen: Screen, programme: Programme) -> None:
    screen.replica.programmes = [Verified(programme, "gov/512299", 1, 0, ("甲",))]
    screen.library.reload()


def test_closing_time_shows_when_the_doors_open_and_the_morning_goes_on_where_it_stopped() -> None:
    screen = Screen(paper("A"), paper("B"), paper("C"))
    hours = OpeningHours((1, 2, 3, 4, 5), time(8, 30), time(17, 0))
    with_programme(screen, replace(default_programme("512299"), id="P1", hours=(hours,)))
    screen.step()
    screen.step(TURN)

    screen.step(timedelta(hours=10))

    closed = [cue.card for cue in screen.cues if isinstance(cue, Show)]
    assert closed == [ClosedCard("", NOW.replace(day=24, hour=8, minute=30), NOW.date())]
    assert screen.step(timedelta(hours=14)) == "C"
    assert any(isinstance(cue, Arrange) for cue in screen.cues)


def test_the_next_opening_is_worded_anew_at_midnight() -> None:
    screen = Screen(paper("A"))
    hours = OpeningHours((1, 2, 3, 4, 5), time(8, 30), time(9, 0))
    with_programme(screen, replace(default_programme("512299"), id="P1", hours=(hours,)))
    screen.step()

    screen.step(timedelta(hours=15, seconds=1))

    cards = [cue.card for cue in screen.cues if isinstance(cue, Show)]
    assert [card.today.day for card in cards if isinstance(card, ClosedCard)] == [24]


def test_a_malformed_programme_plays_the_built_in_one() -> None:
    screen = Screen(paper("A"))
    broken = replace(default_programme("512299"), regions=(Region("x", 0, 0, 0, 0, Source.CLOCK),))
    with_programme(screen, broken)

    assert screen.step() == "A"


def test_the_list_follows_the_newest_documents() -> None:
    screen = Screen(paper("A"))
    screen.step()

    screen.publish(paper("N"))
    screen.step(timedelta(seconds=1))

    lists = [
        cue.card for cue in screen.cues if isinstance(cue, Show) and isinstance(cue.card, ListCard)
    ]
    assert [[one.record.id for one in card.rows] for card in lists] == [["N", "A"]]
    assert any(isinstance(cue, RunTicker) for cue in screen.cues)


def test_before_the_agent_has_spoken_the_screen_welcomes() -> None:
    library = Library(report=lambda *_: None)
    player = Player(library, calendar=Weekdays(), region="512299")

    cues = player.step(NOW, Content())

    assert Show("main", WelcomeCard()) in cues
    assert player.leading is None
