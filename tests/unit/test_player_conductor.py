"""A screen's run without its window: agent's words in, cues and reports out."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from devices.ipc.messages import Glass, LinkState, ReplicaChanged, Tampered, ToAgent, Welcome
from signage.conductor import AGENT_AWAY_S, Conductor
from signage.cues import DocumentCard, Show
from signage.library import Replica
from signage.place import NOWHERE, Place, place_at
from tests.unit.test_player_rotation import NOW, FakeReplica, Weekdays, paper

CONTACT = int(NOW.timestamp()) - 600


class FakeClock:
    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed


@dataclass
class FakeAgent:
    here: bool = True
    heard: list[ToAgent] = field(default_factory=list)

    def send(self, message: ToAgent) -> bool:
        if self.here:
            self.heard.append(message)
        return self.here

    @property
    def glasses(self) -> list[Glass]:
        return [one for one in self.heard if isinstance(one, Glass)]


class Bench:
    def __init__(self, place: Place | None = None) -> None:
        self.clock = FakeClock()
        self.agent = FakeAgent()
        self.replica = FakeReplica(paper("A"), paper("B"))
        self.conductor = Conductor(
            clock=self.clock,
            calendar=Weekdays(),
            open_replica=self._open,
            send=self.agent.send,
            place=place or Place(),
        )

    def _open(self, place: Place) -> Replica:
        assert place.replica is not None
        return self.replica

    def step(self) -> str:
        """Step, report as the app does, and return the document on the glass."""
        self.conductor.step()
        if self.conductor.take_glass():
            self.conductor.glass_drawn("f00d")
        leading = self.conductor.player.leading
        return leading.record.id if leading else ""


def welcome(region: str = "512299") -> Welcome:
    return Welcome(
        terminal="t1",
        site="大厅",
        region=region,
        zone="z",
        public_url="https://zone.example",
        replica="/nowhere/replica.db",
        trust_root={"keys": [], "threshold": 1},
        attended=True,
        has_printer=False,
    )


def test_before_the_agent_speaks_something_is_shown_and_after_it_the_documents() -> None:
    bench = Bench()
    assert bench.step() == ""

    bench.conductor.receive(welcome())

    assert bench.step() == "A"


def test_what_is_drawn_is_reported_with_the_sequences_it_was_made_from() -> None:
    bench = Bench()
    bench.conductor.receive(welcome())

    bench.step()

    assert bench.agent.glasses[-1] == Glass(
        sequences={"gov/512299": 2}, item="A", version=1, frame="f00d"
    )


def test_nothing_is_reported_twice() -> None:
    bench = Bench()
    bench.conductor.receive(welcome())
    bench.step()
    count = len(bench.agent.glasses)

    bench.step()

    assert len(bench.agent.glasses) == count


def test_a_new_sequence_is_reported_even_if_the_picture_stays() -> None:
    bench = Bench()
    bench.conductor.receive(welcome())
    bench.step()
    count = len(bench.agent.glasses)

    bench.conductor.receive(ReplicaChanged(sequences={"gov/512299": 3}))
    bench.step()

    assert len(bench.agent.glasses) == count + 1


def test_a_report_that_did_not_arrive_is_made_again() -> None:
    bench = Bench()
    bench.conductor.receive(welcome())
    bench.agent.here = False
    bench.step()
    assert bench.agent.glasses == []

    bench.agent.here = True
    bench.step()

    assert len(bench.agent.glasses) == 1


def test_an_entry_changed_on_disk_is_not_shown_and_reported_again_to_a_new_agent() -> None:
    bench = Bench()
    bench.replica.bad.add("A")
    bench.conductor.receive(welcome())

    assert bench.step() == "B"
    told = Tampered(record="A", reason="body_changed")
    assert bench.agent.heard.count(told) == 1
    bench.conductor.receive(welcome())
    assert bench.agent.heard.count(told) == 2


def test_a_lost_link_says_up_to_when_the_content_is() -> None:
    bench = Bench()
    bench.conductor.receive(welcome())
    assert bench.conductor.complete_until is None

    bench.conductor.receive(LinkState(online=False, last_contact=CONTACT))

    assert bench.conductor.is_stale
    assert bench.conductor.complete_until == NOW - timedelta(seconds=600)
    assert bench.step() == "A"


def test_a_lost_agent_counts_as_a_lost_link_after_a_while() -> None:
    bench = Bench()
    bench.conductor.receive(welcome())
    bench.conductor.agent_is(here=True)

    bench.clock.passed = AGENT_AWAY_S + 1
    bench.conductor.agent_is(here=False)

    assert bench.conductor.is_stale
    assert bench.conductor.complete_until is None
    assert bench.step() == "A"


def test_a_bad_region_plays_the_built_in_programme() -> None:
    bench = Bench()
    bench.conductor.receive(welcome(region="nonsense"))

    assert bench.step() == "A"
    assert bench.conductor.place.region == NOWHERE


def test_a_welcome_without_a_trust_root_changes_nothing() -> None:
    bench = Bench()
    bench.conductor.receive(welcome())
    broken = Welcome(
        terminal="t",
        site="",
        region="512299",
        zone="z",
        public_url="",
        replica="/x",
        trust_root={"keys": 7},
        attended=True,
        has_printer=False,
    )

    bench.conductor.receive(broken)

    assert bench.step() == "A"


def test_a_start_without_the_agent_reads_what_enrolment_wrote(tmp_path: Path) -> None:
    assert place_at(tmp_path) == Place()
    (tmp_path / "terminal.toml").write_text("id = 7", "utf-8")
    assert place_at(tmp_path) == Place()

    known = Place(region="512299", replica=tmp_path / "replica.db")

    assert Bench(known).step() == "A"


def test_cues_show_each_document_with_its_place() -> None:
    bench = Bench()
    bench.conductor.receive(welcome())

    cards = [cue.card for cue in bench.conductor.step() if isinstance(cue, Show)]

    places = [(card.place, card.of) for card in cards if isinstance(card, DocumentCard)]
    assert places == [(1, 2)]
    assert bench.conductor.complete_until is None
