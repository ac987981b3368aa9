"""A terminal's copy with all that works on it, over real files: what several tests of the agent's parts begin with."""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from content.feed.entry import SignedHead, head_to_bytes
from content.feed.policy import SignedPolicy, TrustRoot
from devices.agent.disk import DiskReplica, OneThread
from devices.agent.faults import FaultBook
from devices.agent.freshness import Freshness
from devices.agent.ports import ContentSource
from devices.agent.sync import Sync, Welcomed
from devices.clock import Clock
from devices.wire.messages import Welcome
from tests.support.signers import FEED


@dataclass(frozen=True)
class HeldCopy:
    """Replica, sync and freshness of one feed; `close` what was opened."""

    faults: FaultBook
    disk: OneThread
    replica: DiskReplica
    sync: Sync
    freshness: Freshness

    @classmethod
    def open(
        cls,
        path: Path,
        root: TrustRoot,
        *,
        clock: Clock,
        upstream: ContentSource,
        online: Callable[[], bool] = lambda: False,
    ) -> "HeldCopy":
        faults = FaultBook(clock=clock, on_change=lambda: None)
        disk, replica = OneThread("test"), DiskReplica(path, root, clock=clock)
        sync = Sync(
            replica,
            feeds=(FEED,),
            upstream=upstream,
            faults=faults,
            disk=disk,
            on_moved=lambda _: None,
        )
        freshness = Freshness(
            replica, feeds=(FEED,), faults=faults, disk=disk, clock=clock, online=online
        )
        return cls(faults, disk, replica, sync, freshness)

    @property
    def codes(self) -> list[str]:
        return [fault.code for fault in self.faults.all()]

    async def meet(self, policy: SignedPolicy, head: SignedHead) -> None:
        """Be welcomed by a controller with this policy and this head."""
        offered = base64.b64encode(policy.to_bytes()).decode()
        heads = (base64.b64encode(head_to_bytes(head)).decode(),)
        await self.sync.step(Welcomed(Welcome(offered, heads)))

    def close(self) -> None:
        self.disk.close()
        self.replica.close()
