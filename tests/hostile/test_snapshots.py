"""Attacks with snapshots and batches, by whoever holds the log key and the controller's disk."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from content.feed.body import body_bytes
from content.feed.entry import head_to_bytes
from content.feed.kept import kept_from_bytes, kept_to_bytes
from content.feed.packing import pack_plain
from devices.agent.sync import HeadHeard, Poll
from tests.support.county_feed import CountyFeed, county_feed
from tests.support.fake_link import FakeClock
from tests.support.feed_terminal import FeedTerminal, one_by_one, paper
from tests.support.signers import FEED

pytestmark = pytest.mark.hostile


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


async def test_a_batch_with_one_record_that_is_not_newer_changes_nothing(
    county: CountyFeed, terminal: FeedTerminal
) -> None:
    await county.publish(paper(3), paper(1))
    await county.publish(paper(3, "按新标准执行"), version=2)
    await terminal.meet()
    async with county.database.write() as c:
        await c.exec_driver_sql("UPDATE log_line SET version = 0 WHERE sequence = 3")
        await c.exec_driver_sql("UPDATE log_line SET record = 'D000000009' WHERE sequence = 3")
    await county.publish_batch([paper(1, "按新标准执行"), paper(3, "免收费用")], version=2)
    before = terminal.records()

    await terminal.meet()

    assert terminal.records() == before
    assert await terminal.sequence() == 3
    assert "entry_refused:not_newer" in terminal.codes


async def test_a_chunk_that_is_not_what_its_name_says_is_refused_and_the_log_is_taken(
    county: CountyFeed, terminal: FeedTerminal
) -> None:
    await county.publish(*one_by_one(20))
    await county.compaction.compact(FEED)
    for blob in county.blobs.iterdir():
        blob.write_bytes(blob.read_bytes()[:-1] + b"?")
    terminal.upstream.lies = True

    await terminal.meet()

    assert any(code.startswith("snapshot_refused") for code in terminal.codes)
    assert terminal.records() == {one.id: one for one in one_by_one(20)}


async def test_a_snapshot_that_drops_a_record_without_its_deletion_is_refused(
    county: CountyFeed, terminal: FeedTerminal
) -> None:
    """A stolen controller names, with its log key, a snapshot in which an unwelcome document is missing."""
    await county.publish(paper(1), paper(2))
    await terminal.meet()
    async with county.database.write() as c:
        await c.exec_driver_sql("DELETE FROM log_line WHERE record = 'D000000001'")
        await c.exec_driver_sql("UPDATE log_line SET sequence = 900 WHERE record = 'D000000002'")
    await county.compaction.compact(FEED)

    await terminal.sync.step(HeadHeard(FEED, head_to_bytes(await county.head())))

    assert set(terminal.records()) == {"D000000001", "D000000002"}
    assert "snapshot_refused:not_newer" in terminal.codes


async def test_one_changed_record_in_a_snapshot_voids_it(
    county: CountyFeed, terminal: FeedTerminal
) -> None:
    await county.publish_batch(one_by_one(5))
    forged = body_bytes(paper(3, "免收一切费用"))
    async with county.database.write() as c:
        (row,) = await c.exec_driver_sql("SELECT line FROM log_line WHERE sequence = 3")
        entry = kept_from_bytes(row[0])
        evil = replace(
            entry,
            statement=replace(entry.statement, size=len(forged)),
            packed=pack_plain(forged).data,
        )
        await c.exec_driver_sql(
            "UPDATE log_line SET line = ? WHERE sequence = 3", (kept_to_bytes(evil),)
        )
        await c.exec_driver_sql("DELETE FROM feed_wire")
    await county.compaction.compact(FEED)

    await terminal.meet()
    await terminal.sync.step(Poll())

    good = {one.id: one for one in one_by_one(5)}
    assert terminal.records().items() <= good.items()
    assert any(code.startswith("snapshot_refused") for code in terminal.codes)
