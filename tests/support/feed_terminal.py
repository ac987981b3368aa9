"""A terminal's sync and healer over a real replica, and papers for it."""

import base64
import hashlib
from contextlib import closing
from pathlib import Path

import apsw

from content.disclosure.record import DisclosureRecord
from content.feed.entry import head_to_bytes
from content.replica.reader import ReplicaReader
from devices.agent.disk import DiskReplica, OneThread
from devices.agent.faults import FaultBook
from devices.agent.healer import Healer
from devices.agent.sync import Sync, Welcomed
from devices.wire.messages import Welcome
from tests.support.county_feed import CountyFeed, FeedUpstream
from tests.support.fake_link import FakeClock
from tests.support.signers import FEED, document


def paper(number: int, words: str = "按原标准执行") -> DisclosureRecord:
    text = "；".join(f"第{part}项{words}，由乡镇人民政府（街道办事处）受理" for part in range(12))
    return document(f"D{number:09d}", title=f"第{number}号文件", number="", text=text)


def noise(number: int) -> DisclosureRecord:
    """A document that hardly gets smaller."""
    words = "".join(hashlib.sha256(f"{number} {at}".encode()).hexdigest() for at in range(8))
    return document(f"D{number:09d}", title=f"第{number}号文件", number="", text=words)


class FeedTerminal:
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


def one_by_one(count: int, words: str = "按原标准执行") -> list[DisclosureRecord]:
    return [paper(number, words) for number in range(1, count + 1)]
