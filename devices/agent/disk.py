"""The replica in its own thread: calls are made one after the other and never block the event loop."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import ParamSpec, TypeVar

import apsw

from content.errors import NotFound
from content.feed.entry import Entry, SignedHead
from content.feed.opening import ReadBlob
from content.feed.policy import Policy, TrustRoot
from content.feed.snapshot import Manifest
from content.feed.verify import Refused
from content.programme.emergency import KIND
from content.replica.reader import ReplicaReader
from content.replica.shelf import held_policy, open_shelf
from content.replica.withheld import keep_back
from content.replica.witness import Contradiction
from content.replica.writer import Line, ReplicaWriter, open_writer
from devices.agent.blobs import BlobStore
from devices.agent.ports import NotPossible, Replica
from devices.clock import Clock
from devices.wire.messages import FeedMark, Hello

P = ParamSpec("P")
T = TypeVar("T")


class DiskReplica:
    """The replica file, for reading and writing. For one thread at a time; opened at the first use."""

    def __init__(self, path: Path, root: TrustRoot, *, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._root = root
        self._writer: ReplicaWriter | None = None
        self._reader = ReplicaReader(path, root)
        self._withheld: tuple[str, ...] | None = None
        self.incoming = BlobStore(path.with_name("incoming"))

    def close(self) -> None:
        """Close the file."""
        self._reader.close()
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def policy_version(self) -> int:
        """See devices.agent.ports.Replica."""
        return self._guarded(lambda writer: writer.policy_version())

    def accept_policy(self, data: bytes) -> Policy:
        """See devices.agent.ports.Replica."""
        return self._guarded(lambda writer: writer.accept_policy(data))

    def marks(self) -> dict[str, tuple[int, str]]:
        """See devices.agent.ports.Replica."""
        return self._guarded(lambda writer: writer.marks())

    def apply(self, feed: str, lines: Iterable[Line]) -> int:
        """See devices.agent.ports.Replica."""
        return self._guarded(lambda writer: writer.apply(feed, lines, now=self._now()))

    def apply_snapshot(self, manifest: Manifest, read: ReadBlob) -> None:
        """See devices.agent.ports.Replica."""
        self._guarded(lambda writer: writer.apply_snapshot(manifest, read, now=self._now()))

    def keep_dictionary(self, data: bytes) -> None:
        """See devices.agent.ports.Replica."""
        self._guarded(lambda writer: writer.keep_dictionary(data))

    def newest_head(self, feed: str) -> SignedHead | None:
        """See devices.agent.ports.Replica."""
        return self._guarded(lambda writer: writer.witness.newest_head(feed))

    def check_rival(self, line: Line) -> None:
        """See devices.agent.ports.Replica."""
        self._guarded(lambda writer: writer.check_rival(line, now=self._now()))

    def as_of(self) -> dict[str, int]:
        """See devices.agent.ports.Replica."""
        return self._guarded(lambda writer: writer.witness.as_of())

    def contradictions(self) -> tuple[Contradiction, ...]:
        """See devices.agent.ports.Replica."""
        return self._guarded(lambda writer: writer.witness.contradictions())

    def clock_floor(self) -> int:
        """See devices.agent.ports.Replica."""
        return self._guarded(lambda writer: writer.witness.clock_floor())

    def mend(self, record: str, entries: Sequence[Entry]) -> None:
        """See devices.agent.ports.Replica."""
        self._guarded(lambda writer: writer.mend(record, entries))

    def note_head(self, signed: SignedHead) -> None:
        """See devices.agent.ports.Replica."""
        self._guarded(lambda writer: writer.note_head(signed, now=self._now()))

    def withhold(self, records: Sequence[str]) -> None:
        """See devices.agent.ports.Replica; said again to a file that is begun anew."""
        self._withheld = tuple(records)
        self._guarded(lambda _: self._keep_back())

    def _keep_back(self) -> None:
        with closing(open_shelf(self._path, writable=True)) as shelf:
            keep_back(shelf, self._withheld or ())

    def order_keys(self, feeds: Sequence[str]) -> dict[str, bytes]:
        """Return key id -> raw public key of those that may order these feeds, by the policy in use."""
        return self._guarded(lambda _: self._order_keys(feeds))

    def has_emergencies(self, feed: str) -> bool:
        """See devices.agent.following.Policies."""
        policy = self._guarded(lambda _: self._held())
        rule = policy.rule(feed) if policy is not None else None
        return rule is not None and rule.carries(KIND)

    def _held(self) -> Policy | None:
        with closing(open_shelf(self._path, writable=False)) as shelf:
            return held_policy(shelf, self._root)

    def _order_keys(self, feeds: Sequence[str]) -> dict[str, bytes]:
        policy = self._held()
        if policy is None:
            return {}
        rules = [rule for feed in feeds if (rule := policy.rule(feed)) is not None]
        keys = ((name, policy.key(name)) for rule in rules for name in rule.log_keys)
        return {name: bytes.fromhex(key.public) for name, key in keys if key is not None}

    def is_sound(self, record: str) -> bool:
        """See devices.agent.ports.Replica."""
        return self._guarded(lambda _: self._verifies(record))

    def rebuild(
        self,
        feed: str,
        lines: Iterable[Line],
        *,
        snapshot: tuple[Manifest, ReadBlob] | None = None,
    ) -> int:
        """See devices.agent.ports.Replica."""
        return self._guarded(
            lambda writer: writer.rebuild(feed, lines, now=self._now(), snapshot=snapshot)
        )

    def scrub(self, *, after: str, limit: int) -> tuple[str, tuple[tuple[str, str], ...]]:
        """See devices.agent.ports.Replica."""
        return self._guarded(lambda _: self._reader.scrub(after=after, limit=limit))

    def _verifies(self, record: str) -> bool:
        try:
            self._reader.get(record)
        except NotFound:
            return True
        except Refused:
            return False
        return True

    def _now(self) -> int:
        return int(self._clock.now().timestamp())

    def _guarded(self, act: Callable[[ReplicaWriter], T]) -> T:
        """Do it; a damaged file is closed, so that the next use sets it aside and begins anew."""
        try:
            if self._writer is None:
                self._writer = open_writer(self._path, self._root)
                if self._withheld is not None:
                    self._keep_back()
            return act(self._writer)
        except (apsw.CorruptError, apsw.NotADBError) as error:
            self.close()
            raise NotPossible("damaged") from error
        except apsw.Error as error:
            raise NotPossible(type(error).__name__) from error


def held_of(replica: Replica) -> Hello:
    """Return what a replica holds, as it is said to the controller. Blocking."""
    applied = {feed: FeedMark(*mark) for feed, mark in replica.marks().items()}
    return Hello(policy=replica.policy_version(), applied=applied)


class OneThread:
    """Runs blocking calls one after the other in one thread."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)

    async def __call__(self, act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run one call and return what it returns."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: act(*args, **kwargs))

    def close(self) -> None:
        """Wait for the call that runs and take no more."""
        self._pool.shutdown(wait=True, cancel_futures=True)
