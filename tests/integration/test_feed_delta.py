"""From the controller's log to a terminal's copy in few bytes: patches, batches, dictionaries."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from content.feed.batch import is_batch
from content.feed.body import body_bytes
from content.feed.entry import Packing, line_from_bytes
from controller.services import compaction
from devices.agent.sync import LineHeard
from tests.support.county_feed import CountyFeed, county_feed
from tests.support.fake_link import FakeClock
from tests.support.feed_terminal import FeedTerminal, one_by_one, paper
from tests.support.signers import FEED


@pytest.fixture
async def county(tmp_path: Path) -> AsyncIterator[CountyFeed]:
    (tmp_path / "county").mkdir()
    async with county_feed(tmp_path / "county", clock=FakeClock()) as one:
        yield one


@pytest.fixture
async def terminal(tmp_path: Path, county: CountyFeed) -> AsyncIterator[FeedTerminal]:
    (tmp_path / "terminal").mkdir()
    one = FeedTerminal(tmp_path / "terminal", county)
    yield one
    one.end()


async def test_a_correction_travels_as_the_change_to_what_is_held(
    county: CountyFeed, terminal: FeedTerminal
) -> None:
    await county.publish(paper(1))
    await terminal.meet()
    await county.publish(paper(1, "按新标准执行"), version=2)

    (wire,) = await county.log.page(FEED, 2)
    assert line_from_bytes(wire).entry.packing is Packing.PATCH
    await terminal.sync.step(LineHeard(FEED, wire))

    assert terminal.records() == {"D000000001": paper(1, "按新标准执行")}
    assert terminal.upstream.plain == []
    assert len(wire) < len(body_bytes(paper(1))) // 3


async def test_a_terminal_without_the_version_before_asks_for_the_whole(
    county: CountyFeed, terminal: FeedTerminal
) -> None:
    await county.publish(paper(1))
    await terminal.meet()
    terminal.sql("UPDATE entry SET line = x'00ff'")
    await county.publish(paper(1, "按新标准执行"), version=2)

    await terminal.meet()

    assert terminal.upstream.plain == [2]
    assert terminal.records() == {"D000000001": paper(1, "按新标准执行")}
    assert terminal.codes == []


async def test_a_hundred_corrections_under_one_signature_are_applied_as_one(
    county: CountyFeed, terminal: FeedTerminal
) -> None:
    await county.publish_batch(one_by_one(100))
    await terminal.meet()
    await county.publish_batch(one_by_one(100, "按新标准执行"), version=2)

    (wire,) = await county.log.page(FEED, 101)
    assert is_batch(wire)
    await terminal.sync.step(LineHeard(FEED, wire))

    assert await terminal.sequence() == 200
    assert terminal.records() == {one.id: one for one in one_by_one(100, "按新标准执行")}
    assert len(wire) < 100 * 64
    assert terminal.codes == []


async def test_a_batch_whose_bases_are_gone_is_fetched_whole(
    county: CountyFeed, terminal: FeedTerminal
) -> None:
    await county.publish_batch(one_by_one(10))
    await terminal.meet()
    terminal.sql("UPDATE entry SET line = x'00ff' WHERE record = 'D000000004'")
    await county.publish_batch(one_by_one(10, "按新标准执行"), version=2)

    await terminal.meet()

    assert terminal.upstream.plain == [11]
    assert terminal.records() == {one.id: one for one in one_by_one(10, "按新标准执行")}


async def test_a_dictionary_is_fetched_once_and_new_records_come_smaller(
    county: CountyFeed, terminal: FeedTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "LEAST_TO_LEARN", 100)
    await county.publish_batch(one_by_one(500))
    await county.compaction.compact(FEED)
    await terminal.meet()
    await county.publish(paper(3001), paper(3002))

    wires = await county.log.page(FEED, 501)
    assert {line_from_bytes(wire).entry.packing for wire in wires} == {Packing.DICTIONARY}
    terminal.upstream.blobs.clear()
    await terminal.meet()

    assert {"D000003001", "D000003002"} <= set(terminal.records())
    assert len(terminal.upstream.blobs) == 1
    assert terminal.upstream.plain == []


async def test_a_dictionary_that_cannot_be_had_is_done_without(
    county: CountyFeed, terminal: FeedTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "LEAST_TO_LEARN", 100)
    await county.publish_batch(one_by_one(500))
    await county.compaction.compact(FEED)
    await terminal.meet()
    await county.publish(paper(3001))
    for blob in county.blobs.iterdir():
        blob.unlink()

    await terminal.meet()

    assert "D000003001" in terminal.records()
    assert terminal.upstream.plain == [501]
