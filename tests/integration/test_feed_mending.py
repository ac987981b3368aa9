"""What was damaged on disk is made whole again, at the terminal and at the controller."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from devices.agent.healer import LEAST_S
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


async def test_a_blob_that_was_changed_on_the_controllers_disk_is_made_again(
    county: CountyFeed, terminal: FeedTerminal
) -> None:
    await county.publish_batch(one_by_one(50))
    await county.compaction.compact(FEED)
    whole = {path.name: path.read_bytes() for path in county.blobs.iterdir()}
    for number, path in enumerate(sorted(county.blobs.iterdir())):
        if number % 2:
            path.unlink()
        else:
            path.write_bytes(b"changed")

    assert await county.compaction.scrub(FEED) > 0
    assert {path.name: path.read_bytes() for path in county.blobs.iterdir()} == whole
    assert await county.compaction.scrub(FEED) == 0
    await terminal.meet()
    assert len(terminal.records()) == 50


async def test_a_damaged_record_is_mended_alone(county: CountyFeed, terminal: FeedTerminal) -> None:
    await county.publish(*one_by_one(20))
    await terminal.meet()
    terminal.upstream.pages.clear()
    terminal.sql("UPDATE entry SET line = x'00ff', version = 99 WHERE record = 'D000000004'")

    await terminal.healer.suspect("D000000004")
    await terminal.healer.turn()

    assert terminal.records() == {one.id: one for one in one_by_one(20)}
    assert terminal.upstream.pages == []


async def test_two_healings_keep_their_distance(county: CountyFeed, terminal: FeedTerminal) -> None:
    await county.publish(paper(1))
    await terminal.meet()
    terminal.sql("UPDATE entry SET line = x'00ff'")
    terminal.upstream.up = False
    await terminal.healer.suspect("D000000001")
    await terminal.healer.turn()
    terminal.upstream.up = True
    await terminal.healer.turn()
    assert terminal.records() == {}

    terminal.clock.pass_(LEAST_S)
    await terminal.healer.turn()

    assert terminal.records() == {"D000000001": paper(1)}
