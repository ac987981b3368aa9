"""Sync and healer over a real replica file and a controller in memory."""

import base64
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
from devices.wire.messages import Hello, Welcome
from tests.support.fake_link import FakeClock, FakeUpstream
from tests.support.signers import FEED, ZoneKeys, document


class Terminal:
    """Sync and healer over a real replica file and a controller in memory."""

    def __init__(self, folder: Path) -> None:
        self.keys = ZoneKeys()
        self.path = folder / "replica.db"
        self.clock = FakeClock()
        self.faults = FaultBook(clock=self.clock, on_change=lambda: None)
        self.upstream = FakeUpstream()
        self.disk = OneThread("test")
        self.replica = DiskReplica(self.path, self.keys.trust_root, clock=self.clock)
        self.moved: list[Hello] = []
        self.sync = Sync(
            self.replica,
            feeds=(FEED,),
            upstream=self.upstream,
            faults=self.faults,
            disk=self.disk,
            on_moved=self.moved.append,
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

    def publish(self, *numbers: int) -> None:
        for number in numbers:
            self.keys.publish(document(f"D{number:09d}", title=f"第{number}号文件"))
        self.upstream.hold(FEED, self.keys.lines, self.keys.head())

    def welcome(self, *, version: int = 1) -> Welcomed:
        policy = base64.b64encode(self.keys.policy(version=version).to_bytes()).decode()
        heads = (base64.b64encode(head_to_bytes(self.keys.head())).decode(),)
        return Welcomed(Welcome(policy, heads if self.keys.lines else ()))

    async def sequence(self) -> int:
        mark = (await self.sync.marks()).get(FEED)
        return mark.sequence if mark else 0

    def titles(self) -> list[str]:
        with closing(ReplicaReader(self.path, self.keys.trust_root)) as reader:
            found = reader.newest("document", limit=50)
        return sorted(one.record.title for one in found if isinstance(one.record, DisclosureRecord))

    def damage(self, record: str) -> None:
        with closing(apsw.Connection(str(self.path))) as disk:
            disk.execute("UPDATE entry SET line = x'00ff' WHERE record = ?", (record,))
