"""What a new terminal takes instead of the whole log: snapshots, cuts, and when they are made."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from controller.services import compaction
from tests.support.county_feed import CountyFeed, county_feed
from tests.support.fake_link import FakeClock
from tests.support.feed_terminal import FeedTerminal, noise, one_by_one, paper
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


async def test_a_new_terminal_takes_the_snapshot_and_the_tail_never_the_whole_log(
    county: CountyFeed, terminal: FeedTerminal
) -> None:
    await county.publish_batch(one_by_one(300))
    await county.publish(paper(301), paper(302))
    await county.publish(paper(7, "按新标准执行"), version=2)
    await county.withdraw("D000000008", version=2)
    await county.compaction.compact(FEED)
    await county.publish(paper(9, "按新标准执行"), version=2)

    await terminal.meet()

    expected = {one.id: one for one in one_by_one(302)}
    expected |= {one.id: one for one in (paper(7, "按新标准执行"), paper(9, "按新标准执行"))}
    del expected["D000000008"]
    assert terminal.records() == expected
    assert terminal.upstream.pages[0] == (FEED, 305)
    assert await terminal.sequence() == 305
    assert terminal.codes == []
    assert [path for path in (terminal.path.parent / "incoming").rglob("*") if path.is_file()] == []


async def test_the_order_of_the_log_is_kept_by_a_snapshot(
    county: CountyFeed, terminal: FeedTerminal, tmp_path: Path
) -> None:
    await county.publish_batch(one_by_one(50))
    (tmp_path / "other").mkdir()
    other = FeedTerminal(tmp_path / "other", county)
    await other.meet()
    await county.compaction.compact(FEED)

    await terminal.meet()

    assert terminal.newest() == other.newest()
    other.end()


async def test_a_snapshot_goes_on_where_the_link_was_cut(
    county: CountyFeed, terminal: FeedTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("content.feed.snapshot.CHUNK_BYTES", 20_000)
    await county.publish_batch([noise(number) for number in range(1, 201)])
    row = await county.compaction.compact(FEED)
    assert row is not None
    terminal.upstream.cut_after = row.size // 2

    await terminal.meet()
    assert "api_unreachable" in terminal.codes
    half = terminal.upstream.received
    await terminal.sync.catch_up_behind()

    assert len(terminal.records()) == 200
    assert half > 0
    assert terminal.upstream.received < row.size + 4000
    assert any(start > 0 for _, start in terminal.upstream.blobs)
    assert terminal.codes == []


async def test_what_was_fetched_for_a_superseded_snapshot_is_dropped(
    county: CountyFeed, terminal: FeedTerminal
) -> None:
    await county.publish_batch([noise(number) for number in range(1, 101)])
    row = await county.compaction.compact(FEED)
    assert row is not None
    terminal.upstream.cut_after = row.size // 2
    await terminal.meet()
    await county.publish(paper(500))
    await county.compaction.compact(FEED)

    await terminal.meet()

    assert len(terminal.records()) == 101
    assert [path for path in (terminal.path.parent / "incoming").rglob("*") if path.is_file()] == []


async def test_the_log_is_compacted_when_it_has_grown_past_a_third_of_the_snapshot(
    county: CountyFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compaction, "LEAST_BYTES", 2000)
    await county.publish(paper(1))
    assert not await county.compaction.is_due(FEED)

    await county.publish(*one_by_one(40)[1:])
    assert await county.compaction.is_due(FEED)
    first = await county.compaction.compact(FEED)
    assert first is not None
    assert not await county.compaction.is_due(FEED)
    head = (await county.head()).head
    assert (head.snapshot, head.snapshot_at) == (first.manifest, 40)

    await county.publish(*[paper(number) for number in range(41, 60)])
    assert await county.compaction.is_due(FEED)


async def test_a_copy_damaged_all_over_is_rebuilt_from_snapshot_and_tail(
    county: CountyFeed, terminal: FeedTerminal
) -> None:
    await county.publish_batch(one_by_one(50))
    await county.compaction.compact(FEED)
    await county.publish(paper(2, "按新标准执行"), version=2)
    await terminal.meet()
    terminal.sql("UPDATE entry SET line = x'00ff', version = 99, feed = 'gov/000000'")

    assert await terminal.sync.rebuild(FEED)

    assert len(terminal.records()) == 50
    assert terminal.records()["D000000002"] == paper(2, "按新标准执行")


async def test_a_rebuild_that_is_broken_off_leaves_no_file(
    county: CountyFeed, terminal: FeedTerminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    await county.publish(*one_by_one(3))
    await terminal.meet()
    asked = asyncio.Event()

    async def hang(*_: object) -> object:
        asked.set()
        return await asyncio.Event().wait()

    monkeypatch.setattr(terminal.upstream, "log_page", hang)
    rebuilding = asyncio.create_task(terminal.sync.rebuild(FEED))
    await asked.wait()
    incoming = terminal.path.parent / "incoming"
    assert [path for path in incoming.rglob("*") if path.is_file()]

    rebuilding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await rebuilding

    assert [path for path in incoming.rglob("*") if path.is_file()] == []
    assert len(terminal.records()) == 3
