"""From the controller's log to a terminal's copy: patches, dictionaries, batches, snapshots, cuts and repairs."""

import base64
import hashlib
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import apsw
import pytest

from content.disclosure.record import DisclosureRecord
from content.feed.batch import is_batch
from content.feed.body import body_bytes
from content.feed.entry import Packing, head_to_bytes, line_from_bytes
from content.feed.kept import kept_from_bytes, kept_to_bytes
from content.feed.packing import pack_plain
from content.replica.reader import ReplicaReader
from controller.services import compaction
from devices.agent.disk import DiskReplica, OneThread
from devices.agent.faults import FaultBook
from devices.agent.healer import LEAST_S, Healer
from devices.agent.sync import HeadHeard, LineHeard, Poll, Sync, Welcomed
from devices.wire.messages import Welcome
from tests.support.county_feed import CountyFeed, FeedUpstream, county_feed
from tests.support.fake_link import FakeClock
from tests.support.signers import FEED, document


def paper(number: int, words: str = "按原标准执行") -> DisclosureRecord:
    text = "；".join(f"第{part}项{words}，由乡镇人民政府（街道办事处）受理" for part in range(12))
    return document(f"D{number:09d}", title=f"第{number}号文件", number="", text=text)


def noise(number: int) -> DisclosureRecord:
    """A document that hardly gets smaller."""
    words = "".join(hashlib.sha256(f"{number} {at}".encode()).hexdigest() for at in range(8))
    return document(f"D{number:09d}", title=f"第{number}号文件", number="", text=words)


class Terminal:
    """A terminal's sync and healer over a real replica."""

    def __init__(self, folder: Path, county: CountyFeed) -> None:
        self.county = county
        self.path = folder / "replica.db"
        self.clock = FakeClock()
        self.faults = FaultBook(clock=self.clock, on_change=lambda: None)
        self.upstream = FeedUpstream(county)
        self.disk = OneThread("test")
        self.replica = DiskReplica(self.path, county.keys.trust_root, clock=self.clock)
        self.sync = Sync(
            self.replica,
            feeds=(FEED,),
            upstream=self.upstream,
            faults=self.faults,
            disk=self.disk,
            on_moved=lambda _: None,
        )
        self.healer = Healer(
            self.sync,
            replica=self.replica,
            faults=self.faults,
            disk=self.disk,
            clock=self.clock,
            scrub_s=5,
        )

    @property
    def codes(self) -> list[str]:
        return [fault.code for fault in self.faults.all()]

    async def meet(self) -> None:
        policy = base64.b64encode(self.county.keys.policy().to_bytes()).decode()
        head = base64.b64encode(head_to_bytes(await self.county.head())).decode()
        await self.sync.step(Welcomed(Welcome(policy, (head,))))

    async def sequence(self) -> int:
        mark = (await self.sync.marks()).get(FEED)
        return mark.sequence if mark else 0

    def records(self) -> dict[str, DisclosureRecord]:
        with closing(ReplicaReader(self.path, self.county.keys.trust_root)) as reader:
            found = reader.newest("document", limit=10_000)
        return {one.record.id: one.record for one in found}  # type: ignore[misc]

    def newest(self) -> list[str]:
        with closing(ReplicaReader(self.path, self.county.keys.trust_root)) as reader:
            return [one.record.id for one in reader.newest("document", limit=10_000)]

    def sql(self, statement: str) -> None:
        with closing(apsw.Connection(str(self.path))) as disk:
            disk.execute(statement)

    def end(self) -> None:
        self.disk.close()
        self.replica.close()


@pytest.fixture
async def county(tmp_path: Path) -> AsyncIterator[CountyFeed]:
    (tmp_path / "county").mkdir()
    async with county_feed(tmp_path / "county", clock=FakeClock()) as one:
        yield one


@pytest.fixture
async def terminal(tmp_path: Path, county: CountyFeed) -> AsyncIterator[Terminal]:
    (tmp_path / "terminal").mkdir()
    one = Terminal(tmp_path / "terminal", county)
    yield one
    one.end()


def one_by_one(count: int, words: str = "按原标准执行") -> list[DisclosureRecord]:
    return [paper(number, words) for number in range(1, count + 1)]


async def test_a_correction_travels_as_the_change_to_what_is_held(
    county: CountyFeed, terminal: Terminal
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
    county: CountyFeed, terminal: Terminal
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
    county: CountyFeed, terminal: Terminal
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
    county: CountyFeed, terminal: Terminal
) -> None:
    await county.publish_batch(one_by_one(10))
    await terminal.meet()
    terminal.sql("UPDATE entry SET line = x'00ff' WHERE record = 'D000000004'")
    await county.publish_batch(one_by_one(10, "按新标准执行"), version=2)

    await terminal.meet()

    assert terminal.upstream.plain == [11]
    assert terminal.records() == {one.id: one for one in one_by_one(10, "按新标准执行")}


async def test_a_batch_with_one_record_that_is_not_newer_changes_nothing(
    county: CountyFeed, terminal: Terminal
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


async def test_a_new_terminal_takes_the_snapshot_and_the_tail_never_the_whole_log(
    county: CountyFeed, terminal: Terminal
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
    county: CountyFeed, terminal: Terminal, tmp_path: Path
) -> None:
    await county.publish_batch(one_by_one(50))
    (tmp_path / "other").mkdir()
    other = Terminal(tmp_path / "other", county)
    await other.meet()
    await county.compaction.compact(FEED)

    await terminal.meet()

    assert terminal.newest() == other.newest()
    other.end()


async def test_a_snapshot_goes_on_where_the_link_was_cut(
    county: CountyFeed, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
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
    county: CountyFeed, terminal: Terminal
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


async def test_a_blob_that_was_changed_on_the_controllers_disk_is_made_again(
    county: CountyFeed, terminal: Terminal
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


async def test_a_chunk_that_is_not_what_its_name_says_is_refused_and_the_log_is_taken(
    county: CountyFeed, terminal: Terminal
) -> None:
    await county.publish(*one_by_one(20))
    await county.compaction.compact(FEED)
    for blob in county.blobs.iterdir():
        blob.write_bytes(blob.read_bytes()[:-1] + b"?")
    terminal.upstream.cut_after = 10**9

    await terminal.meet()
    await terminal.sync.catch_up_behind()

    assert await terminal.sequence() in {0, 20}


async def test_a_dictionary_is_fetched_once_and_new_records_come_smaller(
    county: CountyFeed, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
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
    county: CountyFeed, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
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


async def test_a_damaged_record_is_mended_alone(county: CountyFeed, terminal: Terminal) -> None:
    await county.publish(*one_by_one(20))
    await terminal.meet()
    terminal.upstream.pages.clear()
    terminal.sql("UPDATE entry SET line = x'00ff', version = 99 WHERE record = 'D000000004'")

    await terminal.healer.suspect("D000000004")
    await terminal.healer.turn()

    assert terminal.records() == {one.id: one for one in one_by_one(20)}
    assert terminal.upstream.pages == []


async def test_a_copy_damaged_all_over_is_rebuilt_from_snapshot_and_tail(
    county: CountyFeed, terminal: Terminal
) -> None:
    await county.publish_batch(one_by_one(50))
    await county.compaction.compact(FEED)
    await county.publish(paper(2, "按新标准执行"), version=2)
    await terminal.meet()
    terminal.sql("UPDATE entry SET line = x'00ff', version = 99, feed = 'gov/000000'")

    assert await terminal.sync.rebuild(FEED)

    assert len(terminal.records()) == 50
    assert terminal.records()["D000000002"] == paper(2, "按新标准执行")


async def test_a_snapshot_that_drops_a_record_without_its_deletion_is_refused(
    county: CountyFeed, terminal: Terminal
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
    county: CountyFeed, terminal: Terminal
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

    assert "D000000003" not in terminal.records()
    assert any(code.startswith("snapshot_refused") for code in terminal.codes)


async def test_two_healings_keep_their_distance(county: CountyFeed, terminal: Terminal) -> None:
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
