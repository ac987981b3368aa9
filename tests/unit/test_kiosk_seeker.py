"""Searching beside the screen: late, out of turn, after a wipe, in error."""

import gc
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from threading import enumerate as threads

import pytest
from typing_extensions import override

from content.replica.curated_reader import CuratedReader
from content.replica.ports import Results
from content.replica.writer import open_writer
from kiosk.flows.kiosk import Kiosk
from kiosk.flows.search import SearchFlow, SearchState, SearchView
from kiosk.flows.seeking import Ask
from kiosk.flows.session import SessionSettings
from kiosk.flows.surround import Place
from kiosk.seeker import BesideSeeker
from kiosk.words import Words
from tests.support.fake_kiosk import (
    FakeAgent,
    FakeClock,
    FakeContent,
    make_ports,
    some_records,
    welcome,
)
from tests.support.signers import FEED, ZoneKeys, item

PATIENCE_S = 20.0
NOW = 1_790_000_000


class SlowContent(FakeContent):
    """Searches only as far as the test lets it."""

    def __init__(self) -> None:
        super().__init__(some_records())
        self.gate, self.begun = Event(), Event()
        self.gate.set()
        self.error: Exception | None = None

    @override
    def search(self, text: str, *, limit: int = 6, offset: int = 0) -> Results:
        self.begun.set()
        assert self.gate.wait(PATIENCE_S)
        if self.error is not None:
            raise self.error
        return super().search(text, limit=limit, offset=offset)

    def hold(self) -> None:
        self.begun.clear()
        self.gate.clear()


class Beside:
    """A search flow whose seeker works beside it."""

    def __init__(self) -> None:
        self.content, self.words = SlowContent(), Words.load()
        self.ended = Event()
        self.seeker = BesideSeeker(self.content, self.words, at_end=self.ended.set)
        self.flow = SearchFlow(self.words, seeker=self.seeker)
        self.now = 0.0

    def type(self, text: str) -> None:
        """Type, and pause long enough to be taken at one's word."""
        self.flow.type(text, self.now)
        self.now += 1
        self.flow.tick(self.now)

    def done(self) -> None:
        """Wait until the seeker has nothing left to do, then let the flow hear."""
        self.content.gate.set()
        self.seeker._pool.submit(int).result(PATIENCE_S)
        self.now += 1
        self.flow.tick(self.now)


@pytest.fixture
def beside() -> Iterator[Beside]:
    one = Beside()
    yield one
    one.content.gate.set()
    one.flow.close()


def test_of_fast_typing_only_the_last_is_searched_and_shown(beside: Beside) -> None:
    beside.content.hold()
    beside.type("推")
    assert beside.content.begun.wait(PATIENCE_S)
    for text in ("推进", "最", "最低", "最低生", "最低生活"):
        beside.type(text)
    while_waiting = beside.flow.view

    beside.done()

    assert while_waiting.rows == ()
    assert beside.content.queries == ["推", "最低生活"]
    assert beside.flow.view.query == "最低生活"
    assert {row.kind for row in beside.flow.view.rows} == {"item"}


def test_an_answer_to_what_stands_no_longer_in_the_field_is_not_shown(beside: Beside) -> None:
    beside.type("推进")
    beside.done()
    beside.content.hold()
    beside.type("没有的词")
    assert beside.content.begun.wait(PATIENCE_S)
    beside.flow.type("没有的词语", beside.now)

    beside.content.gate.set()
    beside.seeker._pool.submit(int).result(PATIENCE_S)
    heard = beside.flow.tick(beside.now)

    assert not heard
    assert beside.flow.view.state is SearchState.RESULTS
    assert beside.flow.view.query == "没有的词语"


def test_nothing_is_said_not_to_be_found_while_it_is_looked_for(beside: Beside) -> None:
    beside.type("没有的词")
    beside.done()
    states = [beside.flow.view.state]
    beside.content.hold()

    beside.flow.type("最低", beside.now)
    states.append(beside.flow.view.state)
    beside.now += 1
    beside.flow.tick(beside.now)
    states.append(beside.flow.view.state)
    beside.done()

    states.append(beside.flow.view.state)

    assert states == [
        SearchState.NOTHING,
        SearchState.SEEKING,
        SearchState.SEEKING,
        SearchState.RESULTS,
    ]


def test_after_a_wipe_during_a_search_nothing_of_it_is_shown_or_held(beside: Beside) -> None:
    beside.content.hold()
    beside.type("某某某甲的推进")
    assert beside.content.begun.wait(PATIENCE_S)
    beside.type("某某某甲的最低")

    beside.flow.wipe()
    assert not beside.flow.is_waiting
    beside.done()
    gc.collect()

    assert beside.flow.view == SearchView(SearchState.LOADING)
    assert "某某某甲" not in repr(vars(beside.flow)) + repr(vars(beside.seeker))
    assert [one for one in gc.get_objects() if isinstance(one, Ask)] == []
    assert "某某某甲的最低" not in beside.content.queries


def test_the_next_visitor_searches_while_the_last_ones_search_still_runs(beside: Beside) -> None:
    beside.content.hold()
    beside.type("推进")
    assert beside.content.begun.wait(PATIENCE_S)
    beside.flow.wipe()
    beside.flow.begin()
    beside.type("最低")

    beside.done()

    assert (beside.flow.view.query, beside.flow.view.total) == ("最低", 7)


def test_an_error_is_said_usefully_and_the_next_search_works(
    beside: Beside, caplog: pytest.LogCaptureFixture
) -> None:
    beside.content.error = RuntimeError("某某某甲")
    with caplog.at_level(logging.ERROR):
        beside.type("推进")
        beside.done()
    failed = beside.flow.view
    beside.content.error = None
    beside.type("最低")
    beside.done()

    assert (failed.state, failed.rows) == (SearchState.FAILED, ())
    assert beside.words("search.failed_ways")
    assert [record.getMessage() for record in caplog.records] == ["search failed"]
    assert "某某某甲" not in caplog.text + repr([vars(one) for one in caplog.records])
    assert beside.flow.view.state is SearchState.RESULTS


def test_a_failed_search_says_nothing_about_the_text_typed_next(beside: Beside) -> None:
    beside.content.error = RuntimeError()
    beside.type("推进")
    beside.done()
    beside.flow.type("推进工", beside.now)

    assert beside.flow.view.state is SearchState.SEEKING


def test_another_copy_takes_over_in_the_midst_of_a_search(beside: Beside) -> None:
    beside.content.hold()
    beside.type("最低")
    assert beside.content.begun.wait(PATIENCE_S)
    old, ended = beside.seeker, beside.ended
    beside.content.gate.set()
    other = FakeContent(some_records()[:3])
    beside.seeker = BesideSeeker(other, beside.words, at_end=lambda: None)

    beside.flow.use(beside.seeker)
    beside.flow.refresh()
    beside.done()

    assert ended.is_set()
    assert old.found() is None
    assert beside.flow.view.state is SearchState.NOTHING
    assert other.queries == ["最低"]


def test_closing_ends_the_thread_and_lets_go_of_the_copy(beside: Beside) -> None:
    beside.type("最低")
    beside.flow.close()

    assert beside.ended.is_set()
    assert not [one for one in threads() if one.name.startswith("search") and one.is_alive()]


def test_pages_and_answers_come_the_same_way(beside: Beside) -> None:
    beside.type("推进")
    beside.done()
    beside.flow.turn(1)
    beside.done()
    second = beside.flow.view
    beside.flow.typing_done()
    beside.done()

    assert (second.page, len(second.rows)) == (2, 2)
    assert beside.flow.view.rows == second.rows


def test_fewer_rows_that_fit_are_heeded_while_the_first_answer_is_on_its_way(
    beside: Beside,
) -> None:
    beside.content.hold()
    beside.type("推进")
    beside.flow.fit(4)
    beside.done()

    assert (len(beside.flow.view.rows), beside.flow.view.pages) == (4, 2)


def test_an_answer_after_the_screen_was_left_moves_nobody() -> None:
    agent, clock, content = FakeAgent(), FakeClock(), SlowContent()
    words = Words.load()
    seeker = BesideSeeker(content, words, at_end=lambda: None)
    ports = replace(make_ports(agent, clock, content), open_seeker=lambda _, __: seeker)
    kiosk = Kiosk(words, ports=ports, settings=SessionSettings())
    kiosk.receive(welcome())
    content.hold()
    kiosk.open_search("推进")
    assert content.begun.wait(PATIENCE_S)
    kiosk.go_home()
    content.gate.set()
    seeker._pool.submit(int).result(PATIENCE_S)
    kiosk.tick()

    assert kiosk.place is Place.HOME
    kiosk.open_search()
    seeker._pool.submit(int).result(PATIENCE_S)
    kiosk.tick()
    assert kiosk.search.view.query == "推进"
    kiosk.close()


def test_an_item_that_was_just_applied_is_found_beside_the_screen(tmp_path: Path) -> None:
    keys = ZoneKeys()
    writer = open_writer(tmp_path / "replica.db", keys.trust_root)
    writer.accept_policy(keys.policy().to_bytes())
    reader = CuratedReader(tmp_path / "replica.db", keys.trust_root, region="519900")
    seeker = BesideSeeker(reader, Words.load(), at_end=reader.close)
    totals = []
    for number, title in ((1, "残疾人证办理"), (2, "残疾人补贴")):
        keys.publish(item(f"T{number:09}", title, aliases=()))
        writer.apply(FEED, keys.lines[-1:], now=NOW)
        seeker.seek(Ask("残疾人", 1, 6))
        seeker._pool.submit(int).result(PATIENCE_S)
        found = seeker.found()
        assert found is not None
        totals.append(found.total)
    seeker.close()
    writer.close()

    assert totals == [1, 2]
