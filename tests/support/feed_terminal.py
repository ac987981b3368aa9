"""A terminal's sync and healer over a real replica, and papers for it."""

import hashlib
from contextlib import closing
from pathlib import Path

import apsw

from content.disclosure.record import DisclosureRecord
from content.replica.reader import ReplicaReader
from devices.agent.healer import Healer
from tests.support.county_feed import CountyFeed, FeedUpstream
from tests.support.fake_link import FakeClock
from tests.support.held_copy import HeldCopy
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
        self.upstream = FeedUpstream(county)
        self.copy = HeldCopy.open(
            self.path, county.keys.trust_root, clock=self.clock, upstream=self.upstream
        )
        self.faults, self.sync = self.copy.faults, self.copy.sync
        self.disk, self.replica = self.copy.disk, self.copy.replica
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
        return self.copy.codes

    async def meet(self) -> None:
        await self.copy.meet(self.county.keys.policy(), await self.county.head())

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
        self.copy.close()


def one_by_one(count: int, words: str = "按原标准执行") -> list[DisclosureRecord]:
    return [paper(number, words) for number in range(1, count + 1)]
