"""A stick brings a terminal without a link up to date, verified exactly as from the network; what is wrong is said."""

import os
import zipfile
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from content.replica.reader import ReplicaReader
from controller.services.bundles import Bundles
from controller.services.folding import BlobFolder
from controller.store import keys as key_store
from devices.agent.bundles import BundleTaker, BundleWatch
from devices.agent.disk import DiskReplica, OneThread
from devices.agent.faults import FaultBook
from devices.agent.sync import Sync
from devices.wire.bundle_file import SUFFIX, BadBundle, BundleExists, BundleReader, BundleWriter
from tests.support.county_feed import CountyFeed, FeedUpstream, county_feed
from tests.support.fake_link import FakeClock
from tests.support.signers import FEED, document


class Policies:
    def __init__(self, county: CountyFeed) -> None:
        self._county = county

    async def signed_policy(self) -> bytes | None:
        async with self._county.database.read() as c:
            signed = await key_store.newest_policy(c)
        return signed.to_bytes() if signed else None


class Village:
    """A terminal without a link: only what a stick brings."""

    def __init__(self, folder: Path, county: CountyFeed) -> None:
        self.path = folder / "replica.db"
        self.county = county
        self.faults = FaultBook(clock=FakeClock(), on_change=lambda: None)
        self.upstream = FeedUpstream(county)
        self.upstream.up = False
        self.disk = OneThread("test")
        self.replica = DiskReplica(self.path, county.keys.trust_root, clock=FakeClock())
        self.said: list[str] = []
        self.sync = Sync(
            self.replica,
            feeds=(FEED,),
            upstream=self.upstream,
            faults=self.faults,
            disk=self.disk,
            on_moved=lambda _: None,
        )
        self.taker = BundleTaker(self.sync, faults=self.faults, tell=self.said.append)

    def records(self) -> set[str]:
        with closing(ReplicaReader(self.path, self.county.keys.trust_root)) as reader:
            return {one.record.id for one in reader.newest("document", limit=1000)}

    @property
    def codes(self) -> list[str]:
        return [fault.code for fault in self.faults.all()]


@pytest.fixture
async def county(tmp_path: Path) -> AsyncIterator[CountyFeed]:
    (tmp_path / "county").mkdir()
    async with county_feed(tmp_path / "county", clock=FakeClock()) as one:
        yield one


@pytest.fixture
async def village(tmp_path: Path, county: CountyFeed) -> AsyncIterator[Village]:
    (tmp_path / "village").mkdir()
    one = Village(tmp_path / "village", county)
    yield one
    one.disk.close()
    one.replica.close()


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    path = tmp_path / "media" / "stick"
    path.mkdir(parents=True)
    return path


async def bundled(county: CountyFeed, path: Path) -> Path:
    bundles = Bundles(
        log=county.log,
        library=county.library,
        policies=Policies(county),  # type: ignore[arg-type]
        blobs=BlobFolder(county.blobs),
    )
    await bundles.write(path, (FEED,))
    return path


async def test_a_new_terminal_is_filled_from_a_stick_alone(
    county: CountyFeed, village: Village, stick: Path
) -> None:
    await county.publish_batch([document(f"D{number:09d}") for number in range(60)])
    await county.compaction.compact(FEED)
    await county.publish(document("D000000100"), document("D000000101"))
    path = await bundled(county, stick / f"a{SUFFIX}")

    taken = await village.taker.take(path)

    assert taken.good
    assert len(village.records()) == 62
    assert village.said == ["U 盘内容包校验通过，已更新 1 个频道，可以拔出 U 盘。"]
    assert village.codes == ["bundle_taken"]


async def test_one_that_is_a_little_behind_the_snapshot_is_brought_up_to_date(
    county: CountyFeed, village: Village, stick: Path
) -> None:
    await county.publish_batch([document(f"D{number:09d}") for number in range(60)])
    first = await bundled(county, stick / f"a{SUFFIX}")
    assert (await village.taker.take(first)).good
    await county.publish(document("D000000100"))
    await county.compaction.compact(FEED)
    await county.publish(document("D000000101"))

    taken = await village.taker.take(await bundled(county, stick / f"b{SUFFIX}"))

    assert taken.good
    assert len(village.records()) == 62


async def test_the_same_stick_again_and_an_older_one_change_nothing_and_say_so(
    county: CountyFeed, village: Village, stick: Path
) -> None:
    await county.publish(document("D000000001"))
    old = await bundled(county, stick / f"a{SUFFIX}")
    await county.publish(document("D000000002"))
    new = await bundled(county, stick / f"b{SUFFIX}")

    await village.taker.take(new)
    again = await village.taker.take(new)
    older = await village.taker.take(old)

    assert "已是最新" in again.sentence
    assert "比终端已有的内容旧" in older.sentence
    assert village.records() == {"D000000001", "D000000002"}


async def test_a_stick_of_another_zone_brings_nothing(
    county: CountyFeed, village: Village, stick: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    async with county_feed(tmp_path / "other", clock=FakeClock()) as other:
        await other.publish(document("D000000666", title="假文件"))
        path = await bundled(other, stick / f"a{SUFFIX}")

    taken = await village.taker.take(path)

    assert not taken.good
    assert village.records() == set()
    assert village.codes == ["bundle_refused"]
    assert village.said[0].startswith("U 盘内容包没有全部采用")


async def test_any_flipped_byte_of_a_stick_is_refused_or_harmless(
    county: CountyFeed, village: Village, stick: Path
) -> None:
    await county.publish(document("D000000001"))
    await village.taker.take(await bundled(county, stick / f"a{SUFFIX}"))
    await county.publish_batch([document(f"D{number:09d}") for number in range(2, 6)])
    good = (await bundled(county, stick / f"b{SUFFIX}")).read_bytes()
    whole = {f"D{number:09d}" for number in range(1, 6)}

    for at in range(0, len(good), 97):
        bad = bytearray(good)
        bad[at] ^= 0x55
        (stick / f"c{SUFFIX}").write_bytes(bytes(bad))
        await village.taker.take(stick / f"c{SUFFIX}")
        assert village.records() in ({"D000000001"}, whole)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"x" * 5000])
async def test_what_is_no_bundle_is_said_in_one_sentence(
    village: Village, stick: Path, data: bytes
) -> None:
    (stick / f"a{SUFFIX}").write_bytes(data)

    taken = await village.taker.take(stick / f"a{SUFFIX}")

    assert taken.sentence == "内容包无法读取或已损坏，终端没有改动。请重新制作内容包后再试。"


def test_a_bundle_that_would_grow_when_read_is_refused_unread(stick: Path) -> None:
    path = stick / f"bomb{SUFFIX}"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("policy", b"\0" * 50_000_000)

    with pytest.raises(BadBundle):
        BundleReader(path)


def test_a_bundle_that_could_not_be_finished_has_no_name(stick: Path) -> None:
    path = stick / f"a{SUFFIX}"

    def pull_the_stick() -> None:
        with BundleWriter(path) as bundle:
            bundle.policy(b"x")
            raise RuntimeError("the stick was pulled")

    with pytest.raises(RuntimeError):
        pull_the_stick()

    assert list(stick.iterdir()) == []
    path.write_bytes(b"mine")
    with pytest.raises(BundleExists):
        BundleWriter(path)


async def test_a_stick_that_is_put_in_is_taken_once_and_the_result_is_left_on_it(
    county: CountyFeed, village: Village, stick: Path
) -> None:
    await county.publish(document("D000000001"))
    watch = BundleWatch(village.taker, folders=(stick.parent,))
    await watch.look()
    await bundled(county, stick / f"a{SUFFIX}")

    for _ in range(4):
        await watch.look()

    assert len(village.said) == 1
    assert "校验通过" in (stick / "a.结果.txt").read_text("utf-8")


async def test_a_bundle_that_is_still_being_copied_is_left_alone(
    county: CountyFeed, village: Village, stick: Path
) -> None:
    await county.publish(document("D000000001"))
    whole = (await bundled(county, stick / f"a{SUFFIX}")).read_bytes()
    (stick / f"a{SUFFIX}").write_bytes(whole[:100])
    watch = BundleWatch(village.taker, folders=(stick,))
    await watch.look()
    (stick / f"a{SUFFIX}").write_bytes(whole)
    await watch.look()
    assert village.said == []

    await watch.look()

    assert village.records() == {"D000000001"}


async def test_a_stick_that_is_pulled_out_can_be_put_in_again(
    county: CountyFeed, village: Village, stick: Path
) -> None:
    await county.publish(document("D000000001"))
    data = (await bundled(county, stick / f"a{SUFFIX}")).read_bytes()
    watch = BundleWatch(village.taker, folders=(stick, stick / "never mounted"))
    for present in (True, True, False, True, True):
        (stick / f"a{SUFFIX}").unlink(missing_ok=True)
        if present:
            (stick / f"a{SUFFIX}").write_bytes(data)

            os.utime(stick / f"a{SUFFIX}", (1, 1))
        await watch.look()

    assert len(village.said) == 2
